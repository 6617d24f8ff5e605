#include "experiments/runner/study/study_library.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "experiments/runner/study/study_reader.hpp"
#include "experiments/runner/terminal/say.hpp"
#include "results/file/regular_file.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;

fs::path studies_folder() {
  if (const char* folder = std::getenv("TWOSTAGE_STUDIES"); folder && *folder) return folder;
  return home_folder() / "experiments" / "studies";
}

fs::path teaching_folder() {
  return home_folder() / "experiments" / "teaching";
}

// In alphabetical order.
std::vector<std::string> studies_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (fs::exists(entry.path() / "study.toml")) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

// The name that the file states. Before files stated one, it was that of the folder of a study.toml, else
// that of the file: what to write to keep the numbers of such a time.
std::string stated_name(const fs::path& path, const std::string& text) {
  const Node document = read_toml(text, path.string());
  const fs::path whole = fs::absolute(path).lexically_normal();
  const std::string folder = whole.parent_path().filename().string();
  const Member* name = find_member(*document.table(), "name");
  if (!name)
    fail_at({path.string(), 1, 1}, "name",
            "a study file needs 'name', by which its random numbers are addressed; add the line `name = \"" +
                (whole.filename() == "study.toml" ? folder : whole.stem().string()) +
                "\"` to keep the numbers it has had");
  std::string stated = read_name(*name);
  std::error_code error;
  if (whole.filename() == "study.toml" && stated != folder &&
      fs::equivalent(whole.parent_path().parent_path(), studies_folder(), error))
    fail_at(name->node.place, "name",
            "a study of the library is named as its folder, '" + folder + "', not '" + stated + "'");
  return stated;
}

StudyFile read_file(const fs::path& path) {
  std::string text = read_text_file(path);
  std::string name = stated_name(path, text);
  const fs::path folder = fs::absolute(path).lexically_normal().parent_path();
  std::error_code error;
  std::string results =
      fs::equivalent(folder.parent_path(), teaching_folder(), error) ? folder.filename().string() : name;
  return {std::move(name), std::move(results), path, std::move(text)};
}

std::optional<PaperClaim> named_by_paper(const std::string& name) {
  for (PaperClaim& claim : paper_claims())
    if (claim.name == name && !claim.studies.empty()) return std::move(claim);
  return std::nullopt;
}

// "; also horizon, maze"
std::string others_of(const PaperClaim& claim) {
  std::string out;
  for (std::size_t k = 1; k < claim.studies.size(); ++k)
    out += (k == 1 ? "; also " : ", ") + claim.studies[k];
  return out;
}

}  // namespace

fs::path home_folder() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path installed = program.parent_path().parent_path() / "share" / "twostage";
  return !error && fs::is_directory(installed) ? installed : fs::path(TWOSTAGE_HOME);
}

std::vector<PaperClaim> paper_claims() {
  const fs::path path = home_folder() / "experiments" / "paper.toml";
  std::vector<PaperClaim> out;
  if (!fs::exists(path)) return out;
  const Node document = read_toml(read_text_file(path), path.string());
  const Member* rows = find_member(*document.table(), "claims");
  if (!rows || !rows->node.list()) return out;
  for (const Node& row : *rows->node.list()) {
    const Member* name = find_member(*row.table(), "name");
    if (!name) continue;
    PaperClaim claim{.name = std::get<std::string>(name->node.value), .studies = {}};
    for (const char* key : {"agree", "differ", "see"})
      if (const Member* named = find_member(*row.table(), key))
        for (const Node& entry : *named->node.list()) {
          std::string study = std::get<std::string>(entry.value);
          study = study.substr(0, study.find(':'));
          if (std::ranges::find(claim.studies, study) == claim.studies.end())
            claim.studies.push_back(std::move(study));
        }
    out.push_back(std::move(claim));
  }
  return out;
}

std::vector<std::string> study_names() {
  return studies_in(studies_folder());
}

StudyFile find_study(const std::string& name_or_path) {
  if (name_or_path.find('/') != std::string::npos || name_or_path.ends_with(".toml")) {
    fs::path path = name_or_path;
    if (fs::is_directory(path)) path /= "study.toml";
    if (!fs::exists(path)) throw InputError("", path.string() + ": no such study file");
    return read_file(path);
  }
  if (name_or_path.find('.') != std::string::npos && fs::exists(name_or_path))
    throw InputError("", name_or_path + ": no study file; the name of a study file ends in .toml");
  fs::path path = studies_folder() / name_or_path / "study.toml";
  if (!fs::exists(path))
    if (const auto claim = named_by_paper(name_or_path)) {
      say("{} of the paper: study {}{}\n", name_or_path, claim->studies.front(), others_of(*claim));
      return find_study(claim->studies.front());
    }
  if (!fs::exists(path)) path = teaching_folder() / name_or_path / "study.toml";
  std::vector<std::string> valid = study_names();
  for (std::string& name : studies_in(teaching_folder())) valid.push_back(std::move(name));
  if (name_or_path.empty() || !fs::exists(path))
    throw InputError("", unknown_name("study", name_or_path, valid) +
                             (study_names().empty() ? "none in " + studies_folder().string() : ""));
  return read_file(path);
}

Study load_study(const std::string& name_or_path, const std::string& preset,
                 const std::vector<std::string>& arguments) {
  const StudyFile file = find_study(name_or_path);
  std::vector<Argument> parsed;
  for (const std::string& argument : arguments) parsed.push_back(parse_argument(argument));
  return parse_study(file.name, file.text, file.path.string(), preset, parsed);
}

}  // namespace twostage
