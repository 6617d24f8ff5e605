// What all offline losses of log-ratio margins have in common: a policy class is fitted to the pairs in its
// own logits (sim/fit/policy_fit.hpp), and of a whole set of minima the member of least penalty is returned
// (sim/fit/flat_set.hpp).
#pragma once

#include "sim/algorithm/arm.hpp"
#include "sim/loss/policy_loss.hpp"

namespace twostage {

// `loss` is of the input's table; beta scales the reward that the result reports, beta log pi/pi_ref.
ArmResult fit_log_ratios(const ArmSpec& spec, const ArmInput& input, LogRatioLoss& loss, double beta);

}  // namespace twostage
