// The script that runs a study as a Slurm job array and merges what it made. Nothing is submitted here: the
// text is printed, and `bash SCRIPT` on a login node submits it.
//
// What it settles, and why (each was seen on a Slurm 22.05):
//   the number of shards   is a constant: SLURM_ARRAY_TASK_COUNT is another one when single tasks are
//                          submitted again
//   the folder of logs     is made first: without it a job fails and leaves no message anywhere
//   exec                   lets signals reach the program, --signal=B: sends them there before the time is up
//   --kill-on-invalid-dep  ends a merge whose array failed, which would wait for ever otherwise
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/runner/study/study.hpp"

namespace twostage {

// Slurm takes array indices up to 1000 unless its MaxArraySize was raised.
inline constexpr int kMostShards = 1000;

struct SlurmJob {
  std::string name;                 // of the job
  std::vector<std::string> run;     // the command of a shard, without --shard
  std::vector<std::string> merge;   // the command that comes after
  std::string logs;                 // the folder for them, an absolute path
  std::string script;               // where the text will lie
  int shards = 1;                   // 1 to kMostShards
  int at_most = 16;                 // of them at a time
  int cpus = 1;                     // of each
  int minutes = 60;                 // of each
  std::vector<std::string> sbatch;  // further arguments, which come last
  bool until_done = false;          // a task that its time ran out for is queued again
};

// InputError when a path cannot be said to Slurm, or a further argument undoes what the script settles.
std::string slurm_script(const SlurmJob& job);

// So many shards that each has a quarter of an hour of `seconds`, the work of one processor; not more than
// have something to do, and than kMostShards.
int shards_for(double seconds, int cpus, const Study& study);

}  // namespace twostage
