// Losses of a policy on preference data, as functions of log pi on edges, with their derivatives there.
//   pairs: a loss of the margins Delta = scale (log pi/pi_ref (first) - log pi/pi_ref (second))
//   SFT:   -sum_i log pi(xi+_i)
#pragma once

#include <memory>

#include "sim/loss/margin_loss.hpp"
#include "sim/preference/preference_data.hpp"

namespace twostage {

class PolicyLoss {
 public:
  virtual ~PolicyLoss() = default;
  // Adds the derivative to `d_log_policy`.
  virtual double evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) = 0;
};

class LogRatioLoss : public PolicyLoss {
 public:
  LogRatioLoss(const World& world, PairTable table, double scale, std::unique_ptr<MarginLoss> shape);
  double evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) override;

  const PairTable& table() const { return table_; }
  // Second derivative of the loss in each margin, at the last policy.
  std::span<const double> curvature() const { return curvature_; }
  double scale() const { return scale_; }
  MarginLoss& shape() { return *shape_; }
  // The size of what one pair adds to a derivative in log pi.
  double slope_scale() const { return scale_ * shape_->slope_scale(); }

 private:
  PairTable table_;
  double scale_;
  std::unique_ptr<MarginLoss> shape_;
  std::vector<double> reference_margin_;  // log pi_ref(first) - log pi_ref(second)
  std::vector<double> margin_, slope_, curvature_;
};

// sum_i softplus(-Delta_i), Delta_i = beta (log pi/pi_ref (xi+_i) - log pi/pi_ref (xi-_i))
class DpoLoss final : public LogRatioLoss {
 public:
  DpoLoss(const World& world, PairTable table, double beta)
      : LogRatioLoss(world, std::move(table), beta, std::make_unique<LogisticLoss>()) {}
};

class SftLoss final : public PolicyLoss {
 public:
  SftLoss(const World& world, const PreferenceData& data);
  double evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) override;

 private:
  std::vector<double> count_;  // [edges] how often the chosen completions cross it
};

}  // namespace twostage
