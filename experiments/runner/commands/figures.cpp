// figures, report: the drawing scripts, called with the right Python.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "experiments/runner/commands/commands.hpp"
#include "experiments/runner/commands/python.hpp"
#include "experiments/runner/result/judgement.hpp"
#include "experiments/runner/result/result_file.hpp"
#include "experiments/runner/run/run.hpp"
#include "experiments/runner/study/study_library.hpp"
#include "experiments/runner/terminal/printing.hpp"
#include "experiments/runner/terminal/say.hpp"
#include "results/file/atomic_write.hpp"
#include "results/file/replaceable.hpp"
#include "results/store/store.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;

fs::path result_of(const std::string& study, const std::string& preset) {
  return fs::path("results/out") / study / (preset + ".h5");
}

// Returns their table.
std::string write_verdicts(const fs::path& file) {
  const Judgement judgement = judge_file(file);
  const fs::path out = sidecar(file, ".verdicts.json");
  require_replaceable(out, [](const fs::path& path) {
    return begins_with_all(path, {"\"study\": ", "\"alpha\": ", "\"verdicts\": "});
  });
  remove_stale_temporaries(out);
  atomic_write(out, json(judgement));
  std::ostringstream table;
  print(table, judgement, output_width());
  return table.str();
}

// The file of a result's study: the one that the run was given, as its record says; else the library's of
// that name; else one that lies beside the result. "" when there is none of these.
fs::path study_file_of(const fs::path& result, const std::string& study) {
  std::ifstream record(sidecar(result, ".run.json"));
  const auto json = nlohmann::json::parse(record, nullptr, false);
  if (json.is_object())
    if (const auto known = json.find("study_file"); known != json.end() && known->is_string())
      if (fs::path path = known->get<std::string>(); fs::is_regular_file(path)) return path;
  if (const auto names = study_names(); std::ranges::find(names, study) != names.end())
    return find_study(study).path;
  for (const std::string& name : {study + ".toml", std::string("study.toml")})
    if (fs::path path = result.parent_path() / name; fs::is_regular_file(path)) return path;
  return {};
}

// NAME.figure.py for NAME.toml, so that studies can share a folder, or figure.py; "" without either.
fs::path script_beside(const fs::path& study_file) {
  if (study_file.empty()) return {};
  for (const fs::path& name :
       {fs::path(study_file).replace_extension(".figure.py").filename(), fs::path("figure.py")})
    if (fs::path path = study_file.parent_path() / name; fs::is_regular_file(path)) return path;
  return {};
}

// The replicates of the study at full size; 0 when that cannot be told.
std::int64_t replicates_asked(const fs::path& study_file) try {
  return study_file.empty() ? 0 : load_study(fs::absolute(study_file).string(), "paper", {}).replicates;
} catch (const InputError&) {
  return 0;
}

// A result file, or that of a study in results/out.
fs::path result_given(const std::string& name, const std::string& preset) {
  if (name.ends_with(".h5") || (fs::exists(name) && !fs::is_directory(name))) return name;
  fs::path file = result_of(find_study(name).name, preset);
  if (!fs::exists(file))
    throw StoreError(file, "no such result; `twostage run " + name + " --preset " + preset + "` makes it");
  return file;
}

// The results in results/out; says which studies have none.
std::vector<fs::path> results_of(const std::string& preset) {
  std::vector<fs::path> files;
  std::vector<std::string> absent;
  for (const std::string& study : study_names()) {
    const fs::path file = result_of(study, preset);
    if (fs::exists(file))
      files.push_back(file);
    else
      absent.push_back(study);
  }
  if (files.empty())
    throw InputError("",
                     fmt::format("no results of preset '{}' in results/out; `twostage run STUDY --preset {}` "
                                 "makes them, `twostage report FILE...` takes others",
                                 preset, preset));
  for (const std::string& study : absent)
    say("report: no result of study '{}' at preset '{}'\n", study, preset);
  return files;
}

}  // namespace

int figures_command(const FiguresArguments& arguments) {
  std::vector<std::string> given = {"--for", arguments.medium, "--formats",
                                    fmt::format("{}", fmt::join(arguments.formats, ",")), "--"};
  for (const std::string& name : arguments.files_or_studies) {
    const fs::path file = result_given(name, arguments.preset);
    const fs::path study_file = study_file_of(file, read_result(file).study.name);
    const fs::path script = arguments.plain ? fs::path() : script_beside(study_file);
    const fs::path out = sidecar(file, ".figures");  // a folder for each result: presets keep theirs
    given.insert(given.end(), {file.string(), out.string(), script.string(),
                               std::to_string(replicates_asked(study_file))});
  }
  const std::string python = find_python({"matplotlib", "xarray", "h5py", "numpy"});
  if (run_program(python_command(python, home_folder() / "results/figures/draw.py", given)) != 0)
    throw InputError("", arguments.files_or_studies.size() == 1 ? "could not draw " + given[5]
                                                                : "not every figure could be drawn");
  return 0;
}

int report_command(const ReportArguments& arguments) {
  const std::string python = find_python({"jinja2", "xarray", "h5py"});
  std::vector<std::string> given = {arguments.out};
  std::vector<fs::path> files(arguments.files.begin(), arguments.files.end());
  if (files.empty()) files = results_of(arguments.preset);
  std::string tables;
  for (const fs::path& file : files) {
    if (!tables.empty()) tables += "\n";
    tables += write_verdicts(file);
    given.push_back(file.string());
  }
  if (run_program(python_command(python, home_folder() / "results/report/report.py", given)) != 0)
    throw InputError("", "the report could not be written to " + arguments.out);
  if (arguments.verdicts) fmt::print("{}", tables);
  return 0;
}

}  // namespace twostage
