// Work on all cores. Workers take strands of batches from a common list and share nothing else; finished
// batches are handed to the calling thread, which is therefore the only one that touches files.
#pragma once

#include <functional>

#include "experiments/runner/replicate/strand.hpp"

namespace twostage {

struct Schedule {
  int threads = 1;
  std::function<bool()> stop;  // asked between strands; true: begin no other and return
  std::function<void()> tick;  // called several times a second while waiting
};

// `work` runs on the worker threads, `sink` on the calling one, in the order of completion. A strand that
// `work` breaks off (it returns nothing) is the last of its thread. Returns whether all batches were done. An
// exception from either, or from a function of the schedule, ends the run: the workers finish what they have
// begun, nothing more is sunk, and the exception is rethrown.
bool run_strands(const std::vector<Strand>& strands, const Schedule& schedule,
                 const std::function<std::optional<std::vector<BatchResult>>(const Strand&)>& work,
                 const std::function<void(const BatchResult&)>& sink);

}  // namespace twostage
