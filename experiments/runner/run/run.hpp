// Running a study: check, resume what is finished, compute the rest on all cores, write one file.
#pragma once

#include <filesystem>

#include "experiments/runner/replicate/check_points.hpp"
#include "experiments/runner/result/provenance.hpp"
#include "results/file/atomic_write.hpp"

namespace twostage {

struct RunOptions {
  std::filesystem::path out = {};
  std::string preset = {};
  std::string command = {};     // as typed, for the sidecar
  std::string study_file = {};  // where the study was read, for the sidecar
  int threads = 0;              // 0: as many as there are processors for (processors.hpp)
  double memory = 0;            // bytes for the whole run; 0: half of what the machine has
  int shard = 1;                // this part ...
  int shards = 1;               // ... of so many
  bool force = false;           // start over, whatever is there
  bool keep_going = true;       // a failed replicate does not end the run
  std::string claims = {};      // the record of the run that this one repeats; empty: the study's claims
  // For tests: the order of the batches (0: as dealt), and after how many of them the process kills itself as
  // kill -9 would (0: never).
  std::uint64_t shuffle = 0;
  std::size_t die_after = 0;
  std::string die_at = {};  // likewise, at one of the last steps (run_place.cpp)
};

enum class RunOutcome { complete, failed_cells, interrupted, terminated, without_progress };

// Of a program that ended so: 0, 1, 130 (by SIGINT), 75 (by SIGTERM: the same command goes on) and, where
// many work in a folder, 78 (by SIGTERM before a batch was done: in the same time it would come no further).
int exit_code(RunOutcome outcome);

// Messages go to stderr. InputError for everything the user can repair.
RunOutcome run_study(const Study& study, const RunOptions& options);

// All that can be wrong before anything runs, claims included. Returns what the largest replicate takes.
Footprint check_study(const Study& study, const RunOptions& options, Asked asked = Asked::simulation);

// Replicates, batches, memory, and the time they will take, on stdout: two replicates of each strand are
// timed.
void dry_run(const Study& study, const RunOptions& options);

// Attributes and configuration of a finished dataset, then the file. Replicates that another program computed
// keep its name: provenance that the dataset has is not replaced by this program's. A record of claims is in
// the dataset.
void write_result(const std::filesystem::path& path, const Study& study, Dataset data,
                  Existing existing = Existing::replace);

// Arms of replicates of a result that came to this status.
std::size_t count_status(const Dataset& data, ArmStatus wanted);
// Fits without an optimum and fits without numbers, counted in the record.
void count_unfinished(const Dataset& result, RunRecord& record);
// ", 3 fits did not converge, 1 fit came to no finite numbers"; empty where there are none.
std::string unfinished_text(const RunRecord& record);

// "pairs = 20, replicate 3, arm 'dpo': why".
std::string error_text(const Study& study, const ReplicateError& error);
// The first of them on stderr; `where` the others are.
void report_errors(const Study& study, const std::vector<ReplicateError>& errors, std::string_view where);

int thread_count(const RunOptions& options);
double memory_budget(const RunOptions& options);  // bytes
// What one worker may use for its replicate: its share of what the results and their file leave of the
// memory.
double replicate_budget(const Study& study, const RunOptions& options);

}  // namespace twostage
