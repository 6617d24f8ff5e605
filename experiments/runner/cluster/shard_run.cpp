#include "experiments/runner/cluster/shard_run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>

#include "experiments/runner/cluster/run_folder.hpp"
#include "experiments/runner/run/stages.hpp"
#include "experiments/runner/study/same_points.hpp"
#include "experiments/runner/terminal/interrupt.hpp"
#include "experiments/runner/terminal/say.hpp"

namespace twostage {
namespace {

// Where this process is: the name that Slurm gave to the node, else that of the machine, and how many times
// Slurm has started the task anew.
std::string place_text() {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  const char* node = std::getenv("SLURMD_NODENAME");
  const char* restarts = std::getenv("SLURM_RESTART_COUNT");
  return std::string(node ? node : host) + (restarts ? std::string(", restart ") + restarts : "");
}

}  // namespace

RunOutcome run_shard(const Study& study, const RunOptions& options, const std::filesystem::path& path,
                     const std::string& command) {
  const Interrupt interrupt;
  const Footprint largest = check_study(study, options);
  const RunFolder folder(path, study,
                         {.shards = options.shards, .command = command, .study_file = options.study_file});
  const int threads = thread_count(options);
  say("{}: shard {}/{} on {}, {} thread{}, {}\n", study.name, options.shard, options.shards, place_text(),
      threads, threads == 1 ? "" : "s", folder.build());
  const Columns columns = columns_of(study);
  // Which replicates a precision asks for is told from a table. Otherwise no shard needs one, which would be
  // that of the whole study.
  std::optional<ResultTable> table;
  if (study.precision) table.emplace(study, columns, memory_budget(options));
  const WorkDone done =
      do_work({.study = study, .columns = columns, .options = options, .folder = path, .largest = largest},
              table ? &*table : nullptr);
  report_errors(study, done.errors, "in the batches");
  say("{}: {}{} new replicates, {} kept{}\n", path.string(), done.all ? "" : "stopped; ", done.made,
      done.resumed, done.failed == 0 ? "" : fmt::format(", {} fits failed", done.failed));
  if (done.gave_up) return RunOutcome::failed_cells;
  if (!done.all) {
    if (!Interrupt::terminated()) return RunOutcome::interrupted;
    if (done.made > 0) return RunOutcome::terminated;
    say("no batch was done in this time; give more of it{}\n",
        study.batch == 1 ? ""
                         : fmt::format(", or make the batches smaller (batch={}, in another folder)",
                                       (study.batch + 9) / 10));
    return RunOutcome::without_progress;
  }
  return done.failed == 0 ? RunOutcome::complete : RunOutcome::failed_cells;
}

}  // namespace twostage
