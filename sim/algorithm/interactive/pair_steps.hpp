// What a PairMaker makes, in steps: each asks for the pairs of a round of its own and goes one step along the
// gradient of their mean loss (step_rule.hpp), the pairs held fixed: nothing is differentiated through what
// they were drawn from. Online DPO as it is run (Guo et al. 2402.04792); its exact map and rates are in
// theory/bounds/online_dpo_rates.hpp.
#pragma once

#include <memory>

#include "sim/algorithm/interactive/pair_rounds.hpp"

namespace twostage {

// The course (kinds `gradient` and `adam`) from theta = 0. It ends with its budget, or where a step changes
// nothing. Nothing is claimed of minima: the loss is another one at every step. World and source are referred
// to.
std::unique_ptr<Learner> pair_steps(const ArmSpec& spec, const ArmInput& input,
                                    std::unique_ptr<PairMaker> maker);

// Rounds of fits or steps, as the arm's course says.
std::unique_ptr<Learner> pair_course(const ArmSpec& spec, const ArmInput& input,
                                     std::unique_ptr<PairMaker> maker);

}  // namespace twostage
