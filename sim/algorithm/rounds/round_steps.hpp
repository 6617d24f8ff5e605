// What a RoundMaker makes, in steps: one along the gradient of its loss (step_rule.hpp) instead of a fit to
// its optimum. Who a loss is made of is either who the policy was before the first step, for all steps
// (2503.01067 draws one batch, once), or who it is before each.
#pragma once

#include <memory>

#include "sim/algorithm/rounds/rounds_course.hpp"

namespace twostage {

enum class Refresh { never, every_step };  // of the loss

// The course (kinds `gradient` and `adam`) of what `maker` makes. It ends with its budget, or where a step
// changes nothing or leads nowhere. Nothing is claimed of minima.
std::unique_ptr<Learner> round_steps(const ArmSpec& spec, const ArmInput& input,
                                     std::unique_ptr<RoundMaker> maker, Refresh refresh,
                                     RoundStart start = {});

}  // namespace twostage
