// Arms that say nothing of prompts without data, in studies that measure policies there: those whose classes
// give each prompt parameters of its own. Their policy is the reference on such prompts, which people are
// told.
#pragma once

#include <string>

#include "experiments/runner/study/study.hpp"

namespace twostage {

// Empty where there is no such arm at any point that measures other prompts than those with data. Told from
// the recipes alone.
std::string unseen_prompts(const Study& study);

// On stderr.
void say_unseen_prompts(const Study& study);

}  // namespace twostage
