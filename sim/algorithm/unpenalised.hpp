// What is known of an estimate without penalty: whether there is one, and whether it is one point. Algorithms
// choose from this what applies to them.
#pragma once

#include "sim/algorithm/arm.hpp"
#include "sim/loss/margin_loss.hpp"
#include "sim/model/score_model.hpp"

namespace twostage {

// The exact test (sim/existence/existence.hpp) for a Bradley-Terry likelihood
// - of a reward: every class is linear;
KnownExistence existence_of_reward(const ArmSpec& spec, const ArmInput& input);
// - of log-ratio margins: over all policies, through the dense reward they are isomorphic to; over plans,
//   through the rewards that they plan for; and where margins are affine in theta. No exact test elsewhere.
KnownExistence existence_of_policy(const ArmSpec& spec, const ArmInput& input);
// For a loss that is quadratic in those margins, under the same conditions: its minimum is attained, and is
// one point if the comparisons, won as well as lost, see every direction of the class.
KnownExistence existence_of_least_squares(const ArmSpec& spec, const ArmInput& input);

// Completes a fit of the likelihood alone: a point that is no minimum, or one of many, is not passed off as
// the estimate.
void judge_unpenalised(const Algorithm& algorithm, const ArmSpec& spec, const ArmInput& input,
                       ArmResult& result);

// What the numbers say where no exact test applies, for Algorithm::judge. A Bradley-Terry likelihood is
// judged by its loss: in a linear class one below log 2 a pair means that every margin is positive, so that
// theta separates the data.
void judge_reward(const ArmSpec& spec, const ArmInput& input, ArmResult& result);
// A policy is judged by whether the fit has settled (sim/fit/settling.hpp), for margins of `scale` that cost
// what `loss` says. False: nothing is told, because the class holds every policy, is too large or has logits
// that are not linear in theta.
bool judge_by_settling(const ArmSpec& spec, const ArmInput& input, double scale, MarginLoss& loss,
                       ArmResult& result);
void judge_policy_by_loss(const ArmSpec& spec, const ArmInput& input, ArmResult& result);
// Fewer comparisons than dimensions leave some of those unseen.
void judge_by_counting(const ScoreModel& model, const PairTable& table, ArmResult& result);

}  // namespace twostage
