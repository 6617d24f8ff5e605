#include "experiments/runner/study_library.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "sim/catalog/plain_text.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;

fs::path studies_folder() {
  if (const char* folder = std::getenv("TWOSTAGE_STUDIES"); folder && *folder) return folder;
  return home_folder() / "experiments" / "studies";
}

}  // namespace

fs::path home_folder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path installed = program.parent_path().parent_path() / "share" / "twostage";
  return !error && fs::is_directory(installed) ? installed : fs::path(TWOSTAGE_HOME);
}

std::vector<std::string> study_names() {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(studies_folder(), error))
    if (fs::exists(entry.path() / "study.toml")) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

StudyFile find_study(const std::string& name_or_path) {
  if (name_or_path.find('/') != std::string::npos || name_or_path.ends_with(".toml")) {
    fs::path path = name_or_path;
    if (fs::is_directory(path)) path /= "study.toml";
    if (!fs::exists(path)) throw InputError("", path.string() + ": no such study file");
    const fs::path whole = fs::absolute(path).lexically_normal();
    const bool in_folder = whole.filename() == "study.toml";
    const std::string name = (in_folder ? whole.parent_path().filename() : whole.stem()).string();
    if (plain_text(name) != name)  // it becomes part of the file, its figures and its page
      throw InputError("", path.string() +
                               ": the name of a study is UTF-8 without control characters; rename " +
                               (in_folder ? "its folder" : "the file"));
    return {name, path};
  }
  if (name_or_path.find('.') != std::string::npos && fs::exists(name_or_path))
    throw InputError("", name_or_path + ": no study file; the name of a study file ends in .toml");
  const fs::path path = studies_folder() / name_or_path / "study.toml";
  if (name_or_path.empty() || !fs::exists(path))
    throw InputError("", unknown_name("study", name_or_path, study_names()) +
                             (study_names().empty() ? "none in " + studies_folder().string() : ""));
  return {name_or_path, path};
}

Study load_study(const std::string& name_or_path, const std::string& preset,
                 const std::vector<std::string>& arguments) {
  const StudyFile file = find_study(name_or_path);
  std::ifstream stream(file.path, std::ios::binary);
  if (!stream) throw InputError("", file.path.string() + ": cannot be read");
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  std::vector<Argument> parsed;
  for (const std::string& argument : arguments) parsed.push_back(parse_argument(argument));
  return parse_study(file.name, text, file.path.string(), preset, parsed);
}

}  // namespace twostage
