// From a run folder to the file that one run on one machine would have written.
#pragma once

#include "experiments/runner/cluster/run_folder.hpp"
#include "experiments/runner/run/run.hpp"

namespace twostage {

// Writes options.out and its record; the folder stays as it is. InputError naming what is missing and the
// command that makes it; StoreError when the folder is of another build, or something is in the way.
RunOutcome merge_folder(const RunFolder& folder, const RunOptions& options);

}  // namespace twostage
