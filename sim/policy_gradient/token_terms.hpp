// What the estimators of a policy gradient share: tokens' log-ratios, rewards less the KL, KL terms of
// tokens.
#pragma once

#include <span>
#include <vector>

#include "sim/policy_gradient/policy_gradient.hpp"

namespace twostage {

// [edges] the reward, less beta log pi/pi_ref where the KL is counted in it.
void reward_to_climb(const LearningTask& task, KlTerm kl, std::span<const double> log_policy,
                     std::span<double> out);

// d/dlog pi of the KL term of one token, over beta: 0 where there is none or it is counted in the reward.
double kl_slope(KlTerm kl, double log_ratio);

// direction[e] += P(xi crosses e) (r(e) + V(successor) - V(source)) factor: the gradient of factor E_pi[sum
// of r], which `reward` [edges] does not take for a function of the policy.
void add_return_gradient(const World& world, std::span<const double> log_policy,
                         std::span<const double> reward, double factor, std::span<double> direction);

}  // namespace twostage
