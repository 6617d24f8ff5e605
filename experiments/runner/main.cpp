// The command line: what can be typed, and one exit code for each kind of outcome.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <system_error>

#include "experiments/runner/commands/commands.hpp"
#include "experiments/runner/result/provenance.hpp"
#include "experiments/runner/study/study_size.hpp"
#include "experiments/runner/terminal/say.hpp"
#include "sim/catalog/settings.hpp"

namespace {

using namespace twostage;

void add_study(CLI::App* command, StudyChoice& choice) {
  command->add_option("study", choice.study, "name of a study (see `list studies`) or path of a study file")
      ->required();
  command->add_option("overrides", choice.overrides,
                      "key=value: any key but titles and claims; a list makes an axis");
  command->add_option("--preset", choice.preset, "which replicates and presets of the study")
      ->capture_default_str();
}

std::string joined(int argc, char** argv) {
  std::string out;
  for (int i = 0; i < argc; ++i) out += (i ? " " : "") + std::string(i ? argv[i] : "twostage");
  return out;
}

// Takes what follows `--` in `slurm ... -- --partition=long` away from the arguments, for sbatch.
std::vector<std::string> split_off_further(int& argc, char** argv) {
  if (argc < 2 || std::string_view(argv[1]) != "slurm") return {};
  char** const end = argv + argc;
  char** const at =
      std::find_if(argv + 2, end, [](const char* word) { return std::string_view(word) == "--"; });
  if (at == end) return {};
  argc = static_cast<int>(at - argv);
  return {at + 1, end};
}

// What is printed is written only now: a full disk or a closed descriptor shows here, not at each print.
void flush_output() {
  std::cout.flush();
  errno = 0;
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0 || !std::cout)
    throw InputError("", std::string("standard output: cannot write") +
                             (errno ? std::string(": ") + std::strerror(errno) : ""));
}

// A mistake in the arguments in one line, with the nearest valid word.
std::string usage_message(const CLI::App& app, const CLI::ParseError& error) {
  const auto commands = app.get_subcommands();
  const std::string name = commands.empty() ? "" : commands.front()->get_name();
  const auto words = commands.empty() ? app.remaining() : commands.front()->remaining();
  std::string what = error.what();
  if (commands.empty() && !words.empty() && !words.front().starts_with("-")) {
    std::vector<std::string> valid;
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
      valid.push_back(sub->get_name());
    what = unknown_name("command", words.front(), valid);
  } else if (commands.empty() && words.empty()) {
    what = "which command?";
  } else if (!words.empty() && words.front().starts_with("-")) {
    std::vector<std::string> valid;
    for (const CLI::Option* option : (commands.empty() ? &app : commands.front())->get_options())
      if (!option->get_group().empty() && option->nonpositional())
        valid.push_back("--" + option->get_lnames().front());
    what = unknown_name("option", words.front(), valid);
  }
  return (name.empty() ? "" : name + ": ") + what + " (`twostage " + (name.empty() ? "" : name + " ") +
         "--help` explains)";
}

// Options' values: what is wrong with them, "" when nothing is.
std::string no_path(const std::string& text) {
  return text.empty() ? "the path is empty" : "";
}
std::string no_picture(const std::string& text) {
  const std::string ending = std::filesystem::path(text).extension().string();
  return ending == ".png" || ending == ".svg" || ending == ".pdf"
             ? ""
             : "'" + text + "' does not end in .png, .svg or .pdf";
}
std::string no_part(const std::string& text) {  // such as "$K" of a script that never set it
  return text.empty() ? "the part is empty; write k/n, for example 2/3" : "";
}
std::string no_positive_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool good =
      error == std::errc() && end == text.data() + text.size() && std::isfinite(value) && value > 0;
  return good ? "" : "'" + text + "' is no number above 0";
}
std::string no_level(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (whole && value > 0 && value < 1) return "";
  const std::string hint = whole && value > 1 && value < 100
                               ? fmt::format("; did you mean {:.10g}?", value / 100)
                               : ", such as 0.95";
  return "'" + text + "' is no level between 0 and 1" + hint;
}
auto no_choice(std::vector<std::string> valid) {
  return [valid = std::move(valid)](const std::string& text) {
    return std::ranges::count(valid, text) > 0 ? "" : unknown_name("format", text, valid);
  };
}

int command_line(int argc, char** argv) {
  CLI::App app{
      "twostage: when does a reward model plus RL beat direct preference optimization? An exact laboratory."};
  app.require_subcommand(1);
  app.set_version_flag("--version", version());
  std::function<int()> chosen;
  const auto command = [&](const char* name, const char* help, std::function<int()> action) {
    CLI::App* sub = app.add_subcommand(name, help);
    sub->callback([&chosen, action = std::move(action)] { chosen = action; });
    return sub;
  };

  std::string what;
  bool paper = false;
  CLI::App* list = command("list", "what a study may be made of, and which studies there are",
                           [&] { return list_command(paper ? "paper" : what); });
  CLI::Option* kind = list->add_option(
      "kind", what,
      "worlds, samplers, classes, algorithms, courses, penalties, metrics, bounds, studies or "
      "paper; all when absent");
  list->add_flag("--paper", paper, "the paper's claims, and which studies answer them")->excludes(kind);

  StudyChoice shown;
  add_study(command("show", "a study as it would run, every default filled in",
                    [&] { return show_command(shown); }),
            shown);

  PredictArguments predicted;
  CLI::App* predict = command("predict", "who wins and by how much, by theory, without simulating",
                              [&] { return predict_command(predicted); });
  add_study(predict, predicted.choice);
  predict->add_option("--regret", predicted.regret, "the regret to count pairs for [a tenth of the headroom]")
      ->check(no_positive_number);
  predict
      ->add_option(
          "--worlds", predicted.worlds,
          "worlds to average over, where each replicate draws its own [20, shared among the settings]")
      ->check(CLI::Range(1, 100000));

  predict->add_flag("--sampler", predicted.sampler,
                    "what the pair sampler is worth: against the best design, and its coverage");
  predict->add_flag("--all", predicted.all, "every setting of a study that has more than 20");
  predict->add_flag("--json", predicted.json, "the numbers of every point and arm, as JSON");

  RunArguments run;
  run.command = joined(argc, argv);
  CLI::App* sub =
      command("run", "run a study; resumes what was interrupted", [&] { return run_command(run); });
  add_study(sub, run.choice);
  CLI::Option* out =
      sub->add_option("--out", run.out, "result file [results/out/STUDY/PRESET.h5]")->check(no_path);
  CLI::Option* into =
      sub->add_option("--into", run.into, "instead: a folder that the shards share, to be merged")
          ->check(no_path)
          ->excludes(out);
  sub->add_option("--threads", run.threads, "worker threads [as many as there are cores for]")
      ->check(CLI::Range(1, 4096));
  sub->add_option("--memory", run.memory, "what the run may use, for example 4G [half of the machine]");
  sub->add_option("--shard", run.shard, "k/n: only this part, to be merged")->check(no_part);
  sub->add_flag("--dry-run", run.dry_run, "replicates, memory and time, without running")->excludes(into);
  sub->add_flag("--force", run.force, "start over, replacing what is there")->excludes(into);
  sub->add_flag("--keep-going,!--fail-fast", run.keep_going, "finish the others when a fit fails [yes]");
  sub->add_option("--shuffle", run.shuffle, "order of the batches, which changes nothing (for tests)")
      ->group("");
  sub->add_option("--die-after", run.die_after, "kill -9 itself after so many batches (for tests)")
      ->group("");
  sub->add_option("--die-at", run.die_at, "kill -9 itself at this of the last steps (for tests)")->group("");

  MergeArguments merged;
  merged.command = run.command;
  sub = command("merge", "shards into the file that one run would have written",
                [&] { return merge_command(merged); });
  sub->add_option("files", merged.files, "result files of all shards, or the folder they share")->required();
  sub->add_option("--out", merged.out, "the whole")->required()->check(no_path);
  sub->add_flag("--force", merged.force, "replace an existing file");

  std::string run_folder;
  command("status", "what the folder that shards share holds, lacks, and how to go on",
          [&] { return status_command(run_folder); })
      ->add_option("folder", run_folder, "of `run --into` or `slurm --out`")
      ->required();

  SlurmArguments slurm;
  slurm.sbatch = split_off_further(argc, argv);
  sub = command("slurm", "a script that runs a study as a Slurm job array; submits nothing",
                [&] { return slurm_command(slurm); });
  add_study(sub, slurm.choice);
  sub->add_option("--out", slurm.out, "folder of the run; the result is beside it, with .h5")
      ->required()
      ->check(no_path);
  sub->add_option("--shards", slurm.shards, "tasks of the array; auto: of a quarter of an hour each")
      ->capture_default_str();
  sub->add_option("--at-most", slurm.at_most, "tasks at a time")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  sub->add_option("--cpus", slurm.cpus, "of each task")->capture_default_str()->check(CLI::Range(1, 4096));
  sub->add_option("--time", slurm.minutes, "of each task, in minutes")
      ->capture_default_str()
      ->check(CLI::Range(2, 525600));
  sub->add_flag("--until-done", slurm.until_done, "queue a task again that its time ran out for");
  sub->footer("What follows a -- is passed to sbatch: `twostage slurm STUDY --out RUN -- --partition=long`");

  std::string file;
  bool json = false;
  bool strict = false;
  sub = command("verdicts", "what the claims come to", [&] { return verdicts_command(file, json, strict); });
  sub->add_option("file", file, "result file")->required();
  sub->add_flag("--json", json, "as JSON");
  sub->add_flag("--strict", strict, "exit code 1 unless every claim is upheld");

  TableArguments tabled;
  sub = command("table", "estimates with their intervals, point by point",
                [&] { return table_command(tabled); });
  sub->add_option("file", tabled.file, "result file")->required();
  sub->add_option("estimands", tabled.estimands,
                  "what to estimate, as in claims: \"regret['dpo']\", \"ratio(regret['dpo'], regret['rm'])\"")
      ->required();
  sub->add_option("--by", tabled.by, "axes that make rows [all that have more than one value]")
      ->delimiter(',')
      ->allow_extra_args(false);
  sub->add_option("--where", tabled.where, "which points, as in claims: \"pairs >= 400 and horizon == 2\"");
  sub->add_option("--level", tabled.level, "of each interval by itself")
      ->capture_default_str()
      ->check(no_level);
  sub->add_option("--format", tabled.format, "text, csv or json")
      ->capture_default_str()
      ->check(no_choice({"text", "csv", "json"}));

  FiguresArguments drawn;
  sub = command("figures", "draw the figure of each result", [&] { return figures_command(drawn); });
  sub->add_option("files", drawn.files_or_studies, "result files, or names of studies")->required();
  sub->add_option("--preset", drawn.preset, "whose result, given a study")->capture_default_str();
  sub->add_option("--for", drawn.medium, "where it is shown: its width and size of type")
      ->capture_default_str()
      ->check(CLI::IsMember({"page", "neurips", "icml", "column", "slides"}));
  sub->add_option("--formats", drawn.formats, "which files, separated by commas [pdf,svg,png]")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"pdf", "svg", "png"}));
  sub->add_flag("--plain", drawn.plain, "the default figure instead of the study's own");

  ReportArguments report;
  sub = command("report", "HTML page of results", [&] { return report_command(report); });
  sub->add_option("files", report.files, "result files [all of the preset in results/out]");
  sub->add_option("--preset", report.preset, "whose results, without files")->capture_default_str();
  sub->add_option("--out", report.out, "folder")->capture_default_str()->check(no_path);
  sub->add_flag("--verdicts", report.verdicts, "print the verdicts too");

  command("info", "what a result file holds", [&] { return info_command(file); })
      ->add_option("file", file, "result file")
      ->required();
  command("verify", "check a result file", [&] { return verify_command(file); })
      ->add_option("file", file, "result file")
      ->required();

  int threads = 0;
  sub = command("reproduce", "run a result's configuration again and compare",
                [&] { return reproduce_command(file, threads); });
  sub->add_option("file", file, "result file")->required();
  sub->add_option("--threads", threads, "worker threads [one for each core]")->check(CLI::Range(1, 4096));

  std::string variable;
  bool csv = false;
  sub = command("export", "a result as comma-separated values on stdout",
                [&] { return export_command(file, variable); });
  sub->add_option("file", file, "result file")->required();
  sub->add_flag("--csv", csv, "the format (the only one)");
  sub->add_option("--variable", variable,
                  "these variables only, separated by commas [all that fit axes x replicate x arm]");

  ExplainArguments explain;
  sub = command("explain", "who won one replicate, by how much and why",
                [&] { return explain_command(explain); });
  add_study(sub, explain.choice);
  sub->add_option("--replicate", explain.replicate, "which one [0]")
      ->check(CLI::Range(std::int64_t{0}, kMostReplicates));
  sub->add_flag("--details", explain.details, "the world, the data and every arm, step by step");
  sub->add_option("--save", explain.save,
                  "store the whole replicate (experiments/runner/REPLICATE_FORMAT.md)")
      ->check(no_path);
  sub->add_option(
         "--picture", explain.picture,
         "draw it, for worlds that have a picture (maze, summary): a file that ends in .png, .svg or .pdf")
      ->check(no_picture);
  sub->add_flag("--force", explain.force, "save over existing files");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      app.exit(error);
      flush_output();
      return 0;
    }
    say("twostage: {}\n", usage_message(app, error));
    return 2;
  }
  const int code = chosen();
  flush_output();
  return code;
}

}  // namespace

// Everything a user can cause is one line on stderr and exit code 2.
int main(int argc, char** argv) {
  keep_standard_descriptors();
  std::signal(SIGXFSZ, SIG_IGN);  // a file too large is an error of its write, not the end of the process
  try {
    return command_line(argc, argv);
  } catch (const InputError& error) {
    say("twostage: {}\n", error.what());
    return 2;
  } catch (const std::filesystem::filesystem_error& error) {
    say("twostage: {}: {}\n", error.path1().empty() ? "temporary folder" : error.path1().c_str(),
        error.code().message());
    return 2;
  } catch (const std::system_error& error) {  // of a print
    say("twostage: standard output: {}\n", error.code().message());
    return 2;
  } catch (const std::bad_alloc&) {
    say("twostage: out of memory; use fewer --threads or a smaller world\n");
    return 2;
  } catch (const std::exception& error) {
    say("twostage: internal error: {}\n", error.what());
    return 1;
  } catch (...) {
    say("twostage: internal error\n");
    return 1;
  }
}
