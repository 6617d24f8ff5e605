// The logistic loss of a policy on pairs of completions that are not sampled but weighed:
//   sum_prompts rho sum_{y, z} W(y, z) softplus(-beta (u(y) - u(z))),   u = log pi/pi_ref of a completion,
// W(y, z) the probability that y and z are the pair and y is preferred.
#pragma once

#include "sim/completions/completions.hpp"
#include "sim/loss/policy_loss.hpp"

namespace twostage {

// Pairs of completions in all, at most: a number each.
inline constexpr double kMostCompletionPairs = 1 << 21;

class CompletionPairLoss final : public PolicyLoss {
 public:
  // `preferred`: for each prompt with weight a square matrix [its completions x its completions], row by row.
  // The world is referred to.
  CompletionPairLoss(const World& world, Completions completions, std::vector<std::vector<double>> preferred,
                     double beta);

  double evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) override;
  double slope_scale() const override { return beta_; }

 private:
  const World& world_;
  Completions completions_;
  std::vector<std::vector<double>> preferred_;
  double beta_;
  std::vector<double> reference_, log_ratio_, pull_;  // [completions]
  std::vector<double> margin_, missed_, won_, lost_;  // of a completion and those before it
};

}  // namespace twostage
