// What algorithms have in common whose loss is any function of the policy (Algorithm::loss): the fit of a
// policy class by descent, the course, the loss of held-out pairs, and what can be told of fits without
// penalty.
#pragma once

#include "sim/algorithm/arm.hpp"
#include "sim/algorithm/learner.hpp"
#include "sim/loss/policy_loss.hpp"
#include "sim/model/score_model.hpp"

namespace twostage {

// What is proved of a loss. convex: as a function of the rewards that policies are optimal for, and of theta
// where logits are linear and margins affine in theta. Then a stationary point is global under the penalties
// that are convex, too.
enum class Shape { convex, unknown };

// Whether a stationary point of a convex loss is global over the arm's class, under its penalty.
bool stationary_is_global(const ArmSpec& spec, const World& world, const ScoreModel& model);

// Minimises loss + penalty by L-BFGS, from several starts where no proof says that one suffices.
ArmResult fit_by_descent(const ArmSpec& spec, const ArmInput& input, Shape shape);
// The same of the class `model` and a loss at hand; `global`: a stationary point is proved to be so.
ArmResult fit_by_descent(const ArmSpec& spec, const ArmInput& input, const ScoreModel& model,
                         PolicyLoss& loss, bool global);

// So many iterations from theta = 0, to look where it leads.
ArmResult short_descent(const ArmSpec& spec, const ArmInput& input, PolicyLoss& loss, int iterations);

// For Algorithm::learner and Algorithm::held_out_loss.
std::unique_ptr<Learner> course_of_loss(const ArmSpec& spec, const ArmInput& input);
double loss_of_held_out(const ArmSpec& spec, const World& world, const ArmResult& fit,
                        const PreferenceData& held_out);

// Whether loss + penalty falls without bound along the ray from 0 through theta, where margins have left
// every curve behind: equal falls, of one step and of the next.
bool falls_for_ever(const ArmSpec& spec, const ArmInput& input, PolicyLoss& loss,
                    std::span<const double> theta);

// Judges a fit of margins without penalty by where it stands: a margin beyond `far` is one that a descent
// left on a plateau or a slope, not one that it found a minimum at; else it is one of many where the pairs do
// not see every direction of the class.
void judge_by_margins(const ArmSpec& spec, const ArmInput& input, LogRatioLoss& loss, double far,
                      ArmResult& result);

}  // namespace twostage
