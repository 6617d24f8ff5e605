// What people are told before a study is run, because values of it will say less than they may think.
#pragma once

#include <string>

#include "experiments/runner/study/study.hpp"

namespace twostage {

// Arms that say nothing of prompts without data, at points that measure policies there: those whose classes
// give each prompt parameters of its own. Their policy is the reference on such prompts. Empty where there
// are none. Told from the recipes alone.
std::string unseen_prompts(const Study& study);

// The first stated at_kl at which an arm's plans may have ended (sim/algorithm/reach.hpp), and where they
// end. Empty where there is none, and where no measure asks. For a study that was checked: the worlds of
// points are made, the first of those that are drawn anew in each replicate.
std::string plans_may_end(const Study& study);

// All that there is to tell, on stderr.
void say_notes(const Study& study);

}  // namespace twostage
