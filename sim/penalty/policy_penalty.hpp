// Penalty of a policy pi, through its implicit reward beta log pi/pi_ref (penalty.hpp). With l = log
// pi/pi_ref:
//   reference-kl     lambda sum_s mu_ref(s) KL(pi_ref(.|s) || pi(.|s)),
//   variance         lambda / 2 E_s0 Var_ref(l | s0),      pooled-variance: over prompts jointly.
// Ridge belongs to a parametrisation and is added by the objective that owns theta.
#pragma once

#include "sim/penalty/penalty.hpp"
#include "sim/world/world.hpp"

namespace twostage {

class PolicyPenalty {
 public:
  PolicyPenalty(const World& world, const Penalty& penalty);

  // Adds the derivative in log pi, each edge on its own, to `d_log_policy`.
  double evaluate(std::span<const double> log_policy, std::span<double> d_log_policy);

 private:
  const World& world_;
  Penalty penalty_;
  std::vector<double> reference_mass_;  // [edges] mu_ref
  std::vector<double> log_ratio_;
};

}  // namespace twostage
