// Arguments that a user gives to sbatch, beside those of the script (slurm_script.hpp). sbatch takes the last
// of two that say the same, so some of them would make another array of it, or a merge that does not wait.
#pragma once

#include <string>
#include <vector>

namespace twostage {

// InputError that names the first word which the script settles itself, or which sbatch would take for a
// script.
void check_sbatch_words(const std::vector<std::string>& words, bool until_done);

}  // namespace twostage
