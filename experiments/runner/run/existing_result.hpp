// A result that lies where a run is to write, and what it is good for: nothing is left to do, only titles and
// claims are to be renewed, or it holds the first replicates of a run that asks for more of them. Anything
// else is refused.
//
// Replicates are raised in place when nothing but their number differs. Replicate r of a point is a function
// of the study's name, its seed and r, so those that are there are those that a run from nothing would make,
// and the raised file has the bytes of that run. Not raised are:
//   a part of a study   its replicates would be dealt anew: merge first
//   a precision         which points get more is told from the first replicates; more of these would be
//                       another rule, and might have asked for fewer
//   a lower number      numbers that somebody may have seen are not taken away
#pragma once

#include <optional>

#include "experiments/runner/result/result_file.hpp"
#include "experiments/runner/run/run.hpp"
#include "experiments/runner/run/run_place.hpp"

namespace twostage {

struct ExistingResult {
  std::optional<RunOutcome> done;      // nothing is left to compute
  std::optional<ResultFile> to_raise;  // the first replicates of this run
};

// Writes only in a `place` of its own; without one nothing is `done` while something is to be written.
// StoreError when the result is of no use.
ExistingResult existing_result(const Study& study, const RunOptions& options, RunPlace* place);

// How many replicates of each point a run would keep of the result that is there: 0 when there is none, or it
// is complete. StoreError when its replicates differ from the study's and cannot be raised.
std::int64_t replicates_to_keep(const Study& study, const RunOptions& options);

}  // namespace twostage
