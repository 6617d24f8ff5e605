// The work of a run in its two stages: the study's replicates of every point, then those that a precision
// asks for. Batches that lie finished in a folder are loaded; the others are computed on all cores and
// written there.
#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "experiments/runner/result/result_table.hpp"
#include "experiments/runner/run/run.hpp"

namespace twostage {

struct Work {
  const Study& study;
  const Columns& columns;
  const RunOptions& options;
  std::filesystem::path folder;  // of finished batches
  Footprint largest;             // replicate
  std::int64_t from = 0;         // the first replicate of each point that is due
};

struct WorkDone {
  std::size_t replicates = 0;  // not found finished ...
  std::size_t made = 0;        // ... and finished now
  std::size_t resumed = 0;     // found finished
  std::size_t failed = 0;      // fits among both
  std::vector<ReplicateError> errors;
  bool gave_up = false;  // at the first failure, because the options say so
  bool all = false;      // nothing of this shard is left
};

// `table` gets every batch of this shard. Null where nobody needs them in memory and the study states no
// precision (std::invalid_argument otherwise). Ends early when Interrupt says so.
WorkDone do_work(const Work& work, ResultTable* table);

}  // namespace twostage
