// How long the work of a run takes, told from two timed replicates of each strand, or of as many strands as a
// few seconds suffice for.
#pragma once

#include <vector>

#include "experiments/runner/replicate/batch.hpp"
#include "experiments/runner/run/pilot.hpp"
#include "experiments/runner/run/run.hpp"

namespace twostage {

struct WorkEstimate {
  Pilot pilot;
  std::size_t predictions = 0;  // due
  std::size_t fits = 0;         // due

  // Of one processor, when every fit is made so many times.
  double seconds(double as_often = 1) const;
  double seconds_each() const;  // fit
};

// `batches`: the work that is due.
WorkEstimate estimate_work(const Study& study, const RunOptions& options, const std::vector<Batch>& batches);

}  // namespace twostage
