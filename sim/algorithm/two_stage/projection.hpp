// A reward fitted to the pairs, its exact plan, and the member of a policy class that is nearest to it by
// some divergence.
#pragma once

#include <functional>
#include <memory>

#include "sim/algorithm/arm.hpp"
#include "sim/minimise/smooth_function.hpp"
#include "sim/model/score_model.hpp"

namespace twostage {

// The divergence from `log_plan` [edges] as a function of the class's parameters, of order one per prompt,
// the prompts weighed as in `world`. Over all policies its stationary points have to be the plan.
using MakeDivergence = std::function<std::unique_ptr<num::SmoothFunction>(
    const ScoreModel& policies, const World& world, std::span<const double> log_plan)>;

// As many starting points as the option `starts` says, where no proof says that one suffices; on the prompts
// that the option `prompts` names (learned_prompts.hpp).
ArmResult fit_and_project(const ArmSpec& spec, const ArmInput& input, const MakeDivergence& make);

// What algorithms that do so answer alike.
Algorithm projecting(std::string target, decltype(Algorithm::run) run);

}  // namespace twostage
