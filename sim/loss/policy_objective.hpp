// Loss + penalty of a policy as a function of its parameters: theta -> scores -> log pi (softmax over the
// reference) -> loss, and the same way back. Serves every policy class, Planned(R) included, whose pullback
// goes through the planner.
#pragma once

#include "sim/loss/policy_loss.hpp"
#include "sim/minimise/smooth_function.hpp"
#include "sim/model/score_model.hpp"
#include "sim/penalty/policy_penalty.hpp"

namespace twostage {

class PolicyObjective final : public num::SmoothFunction {
 public:
  PolicyObjective(const ScoreModel& model, const World& world, PolicyLoss& loss, const Penalty& penalty);

  std::size_t dimension() const override { return model_.parameters(); }
  double evaluate(std::span<const double> theta, std::span<double> gradient) override;

  // At the last evaluation: log pi, and the derivative of loss + penalty in log pi, each edge on its own
  // (without a ridge, which is a function of theta).
  std::span<const double> log_policy() const { return log_policy_; }
  std::span<const double> d_log_policy() const { return d_log_policy_; }

 private:
  const ScoreModel& model_;
  const World& world_;
  PolicyLoss& loss_;
  PolicyPenalty penalty_;
  double ridge_;
  std::vector<double> scores_, log_policy_, d_log_policy_;
};

// log pi of a policy class at theta.
std::vector<double> policy_at(const ScoreModel& model, const World& world, std::span<const double> theta);

// beta log pi/pi_ref, the reward implicit in a policy.
std::vector<double> implicit_reward(const World& world, std::span<const double> log_policy, double beta);

}  // namespace twostage
