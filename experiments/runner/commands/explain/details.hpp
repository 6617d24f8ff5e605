// The whole walk through one replicate: the world and its best completions, the first pairs, and for each arm
// the fitted reward, the policy and every measure.
#pragma once

#include "experiments/runner/replicate/whole_cell.hpp"

namespace twostage {

void tell_details(const WholeCell& cell);

}  // namespace twostage
