#pragma once

#include <memory>

#include "sim/algorithm/learner.hpp"
#include "sim/loss/policy_loss.hpp"

namespace twostage {

// The course of a policy class under a loss of the policy, from theta = 0: steps (step_rule.hpp) along the
// gradient of loss + penalty, a sum of as many terms as there are pairs, as often as they count.
// `beta` scales the reward that the result reports, beta log pi/pi_ref; `slope_scale` is the size of what one
// pair adds to a derivative: a gradient is small beside that. World and source are referred to.
std::unique_ptr<Learner> policy_course(const ArmSpec& spec, const ArmInput& input,
                                       std::unique_ptr<PolicyLoss> loss, double beta, double slope_scale);

}  // namespace twostage
