// What all offline losses of log-ratio margins have in common: a policy class is fitted to pairs in its own
// logits,
//   minimise loss(Delta) + penalty(pi),   Delta_i = scale (log pi/pi_ref (xi+_i) - log pi/pi_ref (xi-_i)).
// Where the loss is convex in Delta there are proofs. Over all policies (tabular) saddle-free Newton descends
// in the logits, and a stationary point is global where sim/fit/tabular_policies.hpp proves it, as it is
// where margins are affine in theta, since the loss is then convex. Over the plans of rewards (planned) the
// loss is evaluated on the log-probabilities that the planner returns and differentiated through the planner;
// it is convex in the rewards. Other policy classes, and all of them under a loss that is not convex or takes
// means over completions of different lengths, are minimised from several starts, and the certificate says
// stationary.
//
// With the reward fit it shares no objective, only general minimisers, linear algebra and sweeps over the
// graph, so that the equality of both routes is a test.
#pragma once

#include "sim/algorithm/arm.hpp"
#include "sim/loss/policy_loss.hpp"

namespace twostage {

// `loss` is of the input's table; beta scales the reward that the result reports, beta log pi/pi_ref.
ArmResult fit_log_ratios(const ArmSpec& spec, const ArmInput& input, LogRatioLoss& loss, double beta);

}  // namespace twostage
