// What is known of an estimate without penalty: whether there is one, and whether it is one point. Algorithms
// choose from this what applies to them.
#pragma once

#include "sim/algorithm/arm.hpp"
#include "sim/loss/margin_loss.hpp"
#include "sim/model/score_model.hpp"

namespace twostage {

// Without a penalty and without a course: a minimum of the loss alone is asked for.
bool stands_alone(const ArmSpec& spec);

// The exact test (sim/existence/existence.hpp) for a Bradley-Terry likelihood
// - of a reward in a linear class;
KnownExistence existence_of_reward(const ArmSpec& spec, const ArmInput& input);
// - of log-ratio margins: over all policies, through the dense reward they are isomorphic to; over plans,
//   through the rewards that they plan for; and where margins are affine in theta. No exact test elsewhere.
KnownExistence existence_of_policy(const ArmSpec& spec, const ArmInput& input);
// For a loss that is quadratic in those margins, under the same conditions: its minimum is attained, and is
// one point if the comparisons, won as well as lost, see every direction of the class.
KnownExistence existence_of_least_squares(const ArmSpec& spec, const ArmInput& input);

// For a loss of the pairs that is minus the log-likelihood of the chosen completions and something more that
// is never negative and does not rise where that likelihood rises for ever: over all policies, and where
// margins are affine in theta, it is attained, and at one point, where that likelihood is
// (sim/existence/choices.hpp).
KnownExistence existence_with_choices(const ArmSpec& spec, const ArmInput& input);

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
// A loss that is at least minus the log-likelihood of the chosen completions is attained where that
// likelihood has one maximum; elsewhere nobody knows, and the fit is disowned.
void judge_by_choices(const ArmSpec& spec, const ArmInput& input, ArmResult& result);
// A loss that costs without end wherever that of dpo does is attained where the latter has one minimum;
// elsewhere likewise.
void disown_unless_margins_are_unique(const ArmSpec& spec, const ArmInput& input, ArmResult& result);
// Nothing tells a minimum from a descent without end: the fit is disowned.
void disown_unjudged(const ArmSpec& spec, const ArmInput& input, ArmResult& result);

// Whether the exact tests of margins above apply to the arm's class.
bool margins_are_tested(const ArmSpec& spec, const World& world);

// Without a penalty and without a course, an algorithm that can tell whether it has an estimate only where
// the exact tests above apply refuses any other class: InputError. For Algorithm::check.
void require_known_margins(const ArmSpec& spec, const World& world);
// The same for one that can tell it of single choices, which those of plans are no function of.
void require_known_choices(const ArmSpec& spec, const World& world);

}  // namespace twostage
