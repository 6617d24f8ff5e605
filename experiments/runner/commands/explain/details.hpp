// The whole walk through one replicate: the world and its best completions, the first pairs, and for each arm
// the fitted reward, the policy and every measure.
#pragma once

#include "experiments/runner/replicate/whole_replicate.hpp"

namespace twostage {

void tell_details(const WholeReplicate& replicate);

}  // namespace twostage
