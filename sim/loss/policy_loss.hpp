// Losses of a policy on preference data, as functions of log pi on edges, with their derivatives there.
//   DPO: sum_i softplus(-Delta_i), Delta_i = beta (log pi/pi_ref (xi+_i) - log pi/pi_ref (xi-_i))
//   SFT: -sum_i log pi(xi+_i)
#pragma once

#include "sim/preference/preference_data.hpp"

namespace twostage {

class PolicyLoss {
 public:
  virtual ~PolicyLoss() = default;
  // Adds the derivative to `d_log_policy`.
  virtual double evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) = 0;
};

class DpoLoss final : public PolicyLoss {
 public:
  DpoLoss(const World& world, PairTable table, double beta);
  double evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) override;

  const PairTable& table() const { return table_; }
  // Second derivative of the loss in Delta_k, at the last policy.
  std::span<const double> curvature() const { return curvature_; }
  double beta() const { return beta_; }

 private:
  PairTable table_;
  double beta_;
  std::vector<double> reference_margin_;  // log pi_ref(first) - log pi_ref(second)
  std::vector<double> margin_;            // Delta
  std::vector<double> softplus_;          // softplus(-Delta)
  std::vector<double> win_, lose_;        // sigmoid(Delta), sigmoid(-Delta)
  std::vector<double> curvature_;
};

class SftLoss final : public PolicyLoss {
 public:
  SftLoss(const World& world, const PreferenceData& data);
  double evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) override;

 private:
  std::vector<double> count_;  // [edges] how often the chosen completions cross it
};

}  // namespace twostage
