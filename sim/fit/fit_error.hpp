// The error of a fitted reward, from the optimiser's certificate: what the step that it would take next
// (num::Minimum::step) changes of the reward, on edges, less the mean of each prompt under the reference. At
// the rounding floor that step is noise of the size that separates the fit from the optimum.
#pragma once

#include <span>
#include <vector>

#include "sim/model/score_model.hpp"

namespace twostage {

// Of a reward class, linear or at theta; and of the implicit reward of a policy class at theta. Empty for no
// step, or one that is not finite: the optimiser cannot tell.
std::vector<double> reward_error(const LinearModel& model, const World& world, std::span<const double> step);
std::vector<double> reward_error(const ScoreModel& model, const World& world, std::span<const double> theta,
                                 std::span<const double> step);
std::vector<double> policy_error(const ScoreModel& model, const World& world, std::span<const double> theta,
                                 std::span<const double> step, double beta);

// Of two fits, one after the other.
void add_error(std::vector<double>& error, const std::vector<double>& further);

}  // namespace twostage
