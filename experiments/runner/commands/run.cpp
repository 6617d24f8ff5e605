// run: a study on all cores, or one shard of it, or an estimate of what it takes.
#include "experiments/runner/run/run.hpp"

#include <fmt/format.h>

#include <charconv>

#include "experiments/runner/cluster/shard_run.hpp"
#include "experiments/runner/commands/commands.hpp"
#include "experiments/runner/study/study_library.hpp"
#include "experiments/runner/terminal/shell_word.hpp"
#include "results/file/sha256.hpp"

namespace twostage {
namespace {

double parse_bytes(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string unit(static_cast<const char*>(end), text.data() + text.size());
  const double factor = unit.empty() || unit == "B"   ? 1
                        : unit == "K" || unit == "KB" ? 1e3
                        : unit == "M" || unit == "MB" ? 1e6
                        : unit == "G" || unit == "GB" ? 1e9
                                                      : 0;
  constexpr double least = 1e6;
  constexpr double most = 1e15;  // more than any machine has; above, a slip of the pen
  if (error != std::errc{} || factor == 0 || !(value > 0))  // NaN is not
    throw InputError("memory", "--memory " + text + " is no size; write for example 4G or 500M");
  if (value * factor > most)
    throw InputError("memory", "--memory " + text + " is more than 1000000G; write for example 4G or 500M");
  if (value * factor < least)
    throw InputError("memory", "--memory " + text + " is less than 1M; write for example 4G or 500M");
  return value * factor;
}

void parse_shard(const std::string& text, RunOptions& options) {
  const auto slash = text.find('/');
  const auto number = [&](std::string_view part, int& out) {
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), out);
    return error == std::errc{} && end == part.data() + part.size();
  };
  const std::string_view view = text;
  if (slash == std::string::npos || !number(view.substr(0, slash), options.shard) ||
      !number(view.substr(slash + 1), options.shards) || options.shards < 1 || options.shard < 1 ||
      options.shard > options.shards)
    throw InputError("shard", "--shard " + text + " is no part; write k/n with 1 <= k <= n, for example 2/3");
}

// Overrides make another configuration, and so another file beside the preset's.
std::filesystem::path default_out(const Study& study, const std::string& folder,
                                  const RunArguments& arguments, const RunOptions& options) {
  std::string name = arguments.choice.preset;
  if (!arguments.choice.overrides.empty()) name += fmt::format("-{:.8}", sha256(configuration_text(study)));
  if (options.shards > 1) name += fmt::format(".shard-{}-of-{}", options.shard, options.shards);
  return std::filesystem::path("results/out") / folder / (name + ".h5");
}

}  // namespace

int run_command(const RunArguments& arguments) {
  const Study study = load_study(arguments.choice.study, arguments.choice.preset, arguments.choice.overrides);
  RunOptions options;
  options.preset = arguments.choice.preset;
  options.command = arguments.command;
  const StudyFile file = find_study(arguments.choice.study);
  options.study_file = std::filesystem::absolute(file.path).lexically_normal().string();
  options.threads = arguments.threads;
  options.force = arguments.force;
  options.keep_going = arguments.keep_going;
  options.shuffle = arguments.shuffle;
  options.die_after = arguments.die_after;
  options.die_at = arguments.die_at;
  if (!arguments.memory.empty()) options.memory = parse_bytes(arguments.memory);
  if (!arguments.shard.empty()) parse_shard(arguments.shard, options);
  if (!arguments.into.empty()) {
    return exit_code(
        run_shard(study, options, arguments.into, shell_words(run_command_of(arguments.choice))));
  }
  if (arguments.out.empty()) check_study(study, options);  // its defaults are in the name
  options.out = arguments.out.empty() ? default_out(study, file.results, arguments, options)
                                      : std::filesystem::path(arguments.out);
  if (arguments.dry_run) {
    dry_run(study, options);
    return 0;
  }
  return exit_code(run_study(study, options));
}

std::vector<std::string> run_command_of(const StudyChoice& choice) {
  const bool file = choice.study.find('/') != std::string::npos || choice.study.ends_with(".toml");
  std::vector<std::string> out = {
      "twostage", "run",
      file ? std::filesystem::absolute(choice.study).lexically_normal().string() : choice.study};
  out.insert(out.end(), choice.overrides.begin(), choice.overrides.end());
  out.insert(out.end(), {"--preset", choice.preset});
  return out;
}

}  // namespace twostage
