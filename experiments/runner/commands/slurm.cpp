// slurm: a study as a Slurm job array. Prints the script that submits it, and submits nothing.
#include <fmt/format.h>

#include <charconv>
#include <filesystem>

#include "experiments/runner/cluster/run_folder.hpp"
#include "experiments/runner/cluster/sbatch_words.hpp"
#include "experiments/runner/cluster/slurm_script.hpp"
#include "experiments/runner/commands/commands.hpp"
#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/run/estimate.hpp"
#include "experiments/runner/study/study_library.hpp"
#include "experiments/runner/terminal/progress.hpp"
#include "experiments/runner/terminal/say.hpp"
#include "results/file/store_error.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;

// Tells too how long a shard will take, on stderr.
int shards_of(const SlurmArguments& arguments, const Study& study, const RunOptions& options) {
  int shards = 0;
  const std::string& text = arguments.shards;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), shards);
  const bool number = error == std::errc{} && end == text.data() + text.size();
  if (text != "auto" && !(number && shards >= 1 && shards <= kMostShards))
    throw InputError("shards",
                     fmt::format("--shards {} is neither auto nor a number from 1 to {}, the highest "
                                 "index that Slurm takes",
                                 text, kMostShards));
  const WorkEstimate estimate = estimate_work(study, options, batches_of(study));
  const double seconds = estimate.seconds();
  if (!number) shards = shards_for(seconds, arguments.cpus, study);
  const double each = seconds / (static_cast<double>(shards) * arguments.cpus);
  say("{}: {} shard{} of {} {}{}\n", study.name, shards, shards == 1 ? "" : "s",
      estimate.pilot.broken_off ? "more than" : "about", duration_text(each),
      shards > most_shards(study) ? fmt::format("; only {} of them have work", most_shards(study)) : "");
  if (each > 60.0 * arguments.minutes && !arguments.until_done)
    say("that is more than --time {}: give more, or --until-done\n", arguments.minutes);
  return shards;
}

// The program by its full path: what a node finds under its name may be another one.
std::string program() {
  std::error_code error;
  const fs::path path = fs::read_symlink("/proc/self/exe", error);
  return error ? "twostage" : path.string();
}

fs::path without_slash(const fs::path& path) {
  const fs::path whole = fs::absolute(path).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

}  // namespace

int slurm_command(const SlurmArguments& arguments) {
  check_sbatch_words(arguments.sbatch, arguments.until_done);
  const StudyChoice& choice = arguments.choice;
  const Study study = load_study(choice.study, choice.preset, choice.overrides);
  RunOptions options;
  options.threads = arguments.cpus;
  check_study(study, options);
  const fs::path folder = without_slash(arguments.out);
  RunFolder::require_usable(folder, study);
  fs::path result = folder, script = folder;
  result += ".h5";
  script += ".sh";
  // After all the work the merge would find it in its way.
  if (fs::exists(result) && !fs::exists(folder / RunFolder::kMarker))
    throw StoreError(result, "exists, and is not of this run; give another --out");
  std::vector<std::string> run = run_command_of(choice);
  run.front() = program();
  run.insert(run.end(), {"--into", folder.string()});
  const SlurmJob job{.name = study.name,
                     .run = std::move(run),
                     .merge = {program(), "merge", folder.string(), "--out", result.string()},
                     .logs = (folder / RunFolder::kLogs).string(),
                     .script = script.string(),
                     .shards = shards_of(arguments, study, options),
                     .at_most = arguments.at_most,
                     .cpus = arguments.cpus,
                     .minutes = arguments.minutes,
                     .sbatch = arguments.sbatch,
                     .until_done = arguments.until_done};
  fmt::print("{}", slurm_script(job));
  return 0;
}

}  // namespace twostage
