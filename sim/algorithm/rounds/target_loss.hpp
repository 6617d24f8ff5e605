// The cross-entropy of a policy to a law of completions that has edge occupancies mu: -sum_e mu(e) log pi(e).
// Its minimum over a class is the projection of that law by forward KL.
#pragma once

#include "sim/loss/policy_loss.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {

class TargetLoss final : public PolicyLoss {
 public:
  explicit TargetLoss(std::vector<double> occupancy) : occupancy_(std::move(occupancy)) {}
  double evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) override {
    num::axpy(-1, occupancy_, d_log_policy);
    return -num::dot(occupancy_, log_policy);
  }

 private:
  std::vector<double> occupancy_;  // [edges]
};

}  // namespace twostage
