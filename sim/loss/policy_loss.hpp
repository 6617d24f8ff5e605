// Losses of a policy on preference data, as functions of log pi on edges, with their derivatives there.
//   margins: a loss of Delta = scale (log pi/pi_ref (first) - log pi/pi_ref (second))
//   pairs:   a loss of the two log-probabilities of each pair
//   SFT:     -sum_i log pi(xi+_i)
#pragma once

#include <memory>

#include "sim/loss/margin_loss.hpp"
#include "sim/preference/preference_data.hpp"
#include "sim/world/world.hpp"

namespace twostage {

class PolicyLoss {
 public:
  virtual ~PolicyLoss() = default;
  // Adds the derivative to `d_log_policy`.
  virtual double evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) = 0;
  // The size of what one pair adds to a derivative in log pi.
  virtual double slope_scale() const { return 1; }
};

// What margins are measured from: log pi/pi_ref, or log pi alone.
enum class Origin { reference, none };
// What a completion counts by: the sum over its tokens, or their mean, which is the sum over |xi|.
enum class Tokens { sum, mean };

class LogRatioLoss : public PolicyLoss {
 public:
  LogRatioLoss(const World& world, PairTable table, double scale, std::unique_ptr<MarginLoss> shape,
               Origin origin = Origin::reference, Tokens tokens = Tokens::sum);
  double evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) override;

  const PairTable& table() const { return table_; }
  // The margins at the last policy, and the second derivative of the loss in each.
  std::span<const double> margins() const { return margin_; }
  std::span<const double> curvature() const { return curvature_; }
  // Whether both completions of every pair count alike: means over equally many tokens are sums at a smaller
  // scale. Elsewhere the soft value of a prompt does not cancel within a pair, and margins are none of a
  // reward.
  bool one_scale() const { return weight_.empty(); }
  double scale() const { return scale_; }  // the largest
  MarginLoss& shape() { return *shape_; }
  double slope_scale() const override { return scale_ * shape_->slope_scale(); }
  // The derivatives of a margin in log pi of its two completions, the second with its sign turned.
  struct Weights {
    double first, second;
  };
  Weights weights(std::size_t row) const {
    return one_scale() ? Weights{.first = scale_, .second = scale_} : weight_[row];
  }

 private:
  double margin(std::size_t row) const;  // at the log-probabilities that are there

  PairTable table_;
  double scale_;
  std::unique_ptr<MarginLoss> shape_;
  std::vector<Weights> weight_;           // [rows] scale / |xi|; empty: scale
  std::vector<double> log_probability_;   // [completions]
  std::vector<double> reference_margin_;  // log pi_ref(first) - log pi_ref(second), so weighed, or 0
  std::vector<double> margin_, slope_, curvature_;
};

// sum_i softplus(-Delta_i), Delta_i = beta (log pi/pi_ref (xi+_i) - log pi/pi_ref (xi-_i))
class DpoLoss final : public LogRatioLoss {
 public:
  DpoLoss(const World& world, PairTable table, double beta)
      : LogRatioLoss(world, std::move(table), beta, std::make_unique<LogisticLoss>()) {}
};

// One pair as a function of the log-probabilities of its two completions.
struct LogProbabilities {
  double policy;     // log pi(xi)
  double reference;  // log pi_ref(xi)
  double tokens;     // |xi|
};
struct PairCost {
  double value;
  double d_chosen;    // derivative in log pi(xi+)
  double d_rejected;  // in log pi(xi-)
};

class PairLoss : public PolicyLoss {
 public:
  PairLoss(const World& world, PairTable table);
  double evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) override;

  virtual PairCost cost(const LogProbabilities& chosen, const LogProbabilities& rejected) const = 0;

  const PairTable& table() const { return table_; }

 private:
  PairTable table_;
  std::vector<LogProbabilities> of_completion_;  // at the last policy
};

class SftLoss final : public PolicyLoss {
 public:
  SftLoss(const World& world, const PreferenceData& data);
  // Of a law of completions that crosses edges so often, [edges]: its least value over a class is at the
  // projection of that law by forward KL.
  explicit SftLoss(std::vector<double> occupancy) : count_(std::move(occupancy)) {}
  double evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) override;

 private:
  std::vector<double> count_;  // [edges] how often the chosen completions cross it
};

}  // namespace twostage
