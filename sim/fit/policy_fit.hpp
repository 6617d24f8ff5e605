// The policy of a class with the least loss of log-ratio margins,
//   minimise loss(Delta) + penalty(pi),   Delta_i = scale (log pi/pi_ref (xi+_i) - log pi/pi_ref (xi-_i)),
// in the policy's own logits. Where the loss is convex in Delta there are proofs. Over all policies (tabular)
// saddle-free Newton descends in the logits, and a stationary point is global where tabular_policies.hpp
// proves it, as it is where margins are affine in theta, since the loss is then convex. Over the plans of
// rewards (planned) the loss is evaluated on the log-probabilities that the planner returns and
// differentiated through the planner; it is convex in the rewards. Other policy classes, and all of them
// under a loss that is not convex or takes means over completions of different lengths, are minimised from
// several starts, and the certificate says stationary: by L-BFGS, in turns with Newton's method where logits
// are linear (linear_policies.hpp).
//
// With the reward fit it shares no objective, only general minimisers, linear algebra and sweeps over the
// graph, so that the equality of both routes is a test.
#pragma once

#include "sim/fit/certificate.hpp"
#include "sim/fit/multi_start.hpp"
#include "sim/loss/policy_loss.hpp"
#include "sim/model/score_model.hpp"
#include "sim/penalty/penalty.hpp"

namespace twostage {

struct PolicyFit {
  std::vector<double> theta;
  std::vector<double> log_policy;  // [edges]
  Certificate certificate;
  std::vector<double> edge_error;  // as in ArmResult
};

// `loss` is of a table made of so many pairs; beta is the temperature of the reward whose error is told.
PolicyFit fit_policy(const ScoreModel& model, const World& world, LogRatioLoss& loss, std::size_t pairs,
                     const Penalty& penalty, double beta, const Starts& starts);

}  // namespace twostage
