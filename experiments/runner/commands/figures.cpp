// figures, report: the drawing scripts, called with the right Python.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "experiments/runner/commands/commands.hpp"
#include "experiments/runner/python.hpp"
#include "experiments/runner/run.hpp"
#include "experiments/runner/say.hpp"
#include "experiments/runner/study_library.hpp"
#include "results/store/atomic_write.hpp"
#include "results/store/store.hpp"
#include "results/verdict/report.hpp"
#include "sim/catalog/plain_text.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;

fs::path result_of(const std::string& study, const std::string& preset) {
  return fs::path("results/out") / study / (preset + ".h5");
}

// Returns their table.
std::string write_verdicts(const fs::path& file) {
  const Dataset data = read_dataset(file);
  const Study study = stored_study(file, data);
  const auto verdicts =
      judge(data, study.claims, study.alpha, study.name, static_cast<std::uint64_t>(study.seed));
  atomic_write(sidecar(file, ".verdicts.json"), verdicts_json(study.name, study.alpha, verdicts));
  std::ostringstream table;
  table << plain_text(study.name + ": " + study.title) << "\n";
  print_verdicts(table, verdicts);
  return table.str();
}

}  // namespace

int figures_command(const std::string& file_or_study, const std::string& preset) {
  const bool is_file =
      file_or_study.ends_with(".h5") || (fs::exists(file_or_study) && !fs::is_directory(file_or_study));
  const fs::path file = is_file ? fs::path(file_or_study) : result_of(find_study(file_or_study).name, preset);
  if (!is_file && !fs::exists(file))
    throw StoreError(file,
                     "no such result; `twostage run " + file_or_study + " --preset " + preset + "` makes it");
  const std::string study = stored_study(file, read_dataset(file)).name;
  if (const auto known = study_names(); std::ranges::find(known, study) == known.end())
    throw StoreError(file, "is of study '" + study + "', which has no figure; these have: " +
                               fmt::format("{}", fmt::join(known, ", ")));
  const fs::path script = find_study(study).path.parent_path() / "figure.py";
  if (!fs::exists(script))
    throw InputError("", "study '" + study + "' has no figure (" + script.string() + ")");
  const fs::path out = sidecar(file, ".figures");  // a folder for each result: presets keep theirs
  const std::string python = find_python({"matplotlib", "xarray", "h5netcdf", "numpy"});
  if (run_program(python_command(python, script, {file.string(), out.string()})) != 0)
    throw InputError("", script.string() + " could not draw " + file.string());
  return 0;
}

int report_command(const std::string& preset, const std::string& out, bool verdicts) {
  const std::string python = find_python({"jinja2", "xarray", "h5netcdf"});
  std::vector<std::string> arguments = {out};
  std::vector<std::string> absent;
  std::string tables;
  for (const std::string& study : study_names()) {
    const fs::path file = result_of(study, preset);
    if (!fs::exists(file)) {
      absent.push_back(study);
      continue;
    }
    if (!tables.empty()) tables += "\n";
    tables += write_verdicts(file);
    arguments.push_back(file.string());
  }
  if (arguments.size() == 1)
    throw InputError("",
                     fmt::format("no results of preset '{}' in results/out; `twostage run STUDY --preset {}` "
                                 "makes them",
                                 preset, preset));
  for (const std::string& study : absent)
    say("report: no result of study '{}' at preset '{}'\n", study, preset);
  if (run_program(python_command(python, home_folder() / "results/report/report.py", arguments)) != 0)
    throw InputError("", "the report could not be written to " + out);
  if (verdicts) fmt::print("{}", tables);
  return 0;
}

}  // namespace twostage
