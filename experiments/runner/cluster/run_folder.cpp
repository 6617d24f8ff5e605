#include "experiments/runner/cluster/run_folder.hpp"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <string_view>

#include "experiments/runner/result/provenance.hpp"
#include "experiments/runner/study/configuration_diff.hpp"
#include "results/file/atomic_write.hpp"
#include "results/file/regular_file.hpp"
#include "results/file/sha256.hpp"
#include "results/file/store_error.hpp"

namespace twostage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTitle = "twostage run folder\n";

// A line of the header. Commands may hold ends of lines, which would begin another one.
std::string line(std::string_view key, std::string value) {
  for (char& c : value)
    if (c == '\n' || c == '\r') c = ' ';
  return fmt::format("{} {}\n", key, value);
}

std::string marker_text(const Study& study, const RunFolder::Entry& entry) {
  const std::string configuration = configuration_text(study);
  return std::string(kTitle) + line("build", build_id()) + line("study", study.name) +
         line("configuration", sha256(configuration)) + line("shards", std::to_string(entry.shards)) +
         line("command", entry.command) + line("study_file", entry.study_file) + "\n" + configuration;
}

// Another program may have put something there, or a person.
void require_empty(const fs::path& folder) {
  for (const auto& item : fs::directory_iterator(folder)) {
    const std::string name = item.path().filename();
    if (name == RunFolder::kLogs || target_of_temporary(name) == RunFolder::kMarker) continue;
    if (fs::exists(folder / RunFolder::kMarker)) return;  // which came meanwhile
    throw StoreError(folder, fmt::format("is no run folder (it holds '{}', and no {}); give another one",
                                         name, RunFolder::kMarker));
  }
}

// The first of those who come writes it.
void write_first(const fs::path& path, const std::string& text) {
  try {
    atomic_write(path, text, Existing::keep);
  } catch (const StoreError&) {
    if (!fs::exists(path)) throw;
  }
}

}  // namespace

RunFolder::RunFolder(fs::path folder, const Study& study, const Entry& entry) : path_(std::move(folder)) {
  const fs::path marker = path_ / kMarker;
  if (!fs::exists(marker)) {
    std::error_code error;
    fs::create_directories(path_, error);
    if (error) throw StoreError(path_, "cannot make the folder: " + error.message());
    require_empty(path_);
    write_first(marker, marker_text(study, entry));
  }
  read();
  require_this_study(study);
  require_this_build();
}

RunFolder::RunFolder(fs::path folder) : path_(std::move(folder)) {
  if (!fs::exists(path_ / kMarker))
    throw StoreError(path_, fmt::format("is no run folder: it holds no {}", kMarker));
  read();
}

void RunFolder::require_usable(const fs::path& folder, const Study& study) {
  if (fs::exists(folder / kMarker)) {
    const RunFolder there(folder);
    there.require_this_study(study);
    there.require_this_build();
  } else if (fs::is_directory(folder)) {
    require_empty(folder);
  } else if (fs::exists(folder)) {
    throw StoreError(folder, "is no folder; give another one");
  }
}

void RunFolder::read() {
  const fs::path marker = path_ / kMarker;
  const std::string text = read_text_file(marker);
  const std::string_view view = text;
  const auto damaged = [&](const std::string& why) { throw StoreError(marker, "is damaged: " + why); };
  const auto end = view.find("\n\n");
  if (!view.starts_with(kTitle) || end == std::string_view::npos) damaged("it does not begin as it should");
  std::map<std::string_view, std::string_view> lines;
  for (auto at = kTitle.size(); at < end;) {
    const std::string_view next = view.substr(at, view.find('\n', at) - at);
    const auto blank = next.find(' ');
    if (blank == std::string_view::npos) damaged("a line without a value");
    lines[next.substr(0, blank)] = next.substr(blank + 1);
    at += next.size() + 1;
  }
  for (const char* key : {"build", "study", "configuration", "shards", "command", "study_file"})
    if (!lines.contains(key)) damaged(fmt::format("it has no line '{}'", key));
  const std::string configuration(view.substr(end + 2));
  if (sha256(configuration) != lines["configuration"])
    damaged("its configuration does not match the hash in it");
  const std::string_view shards = lines["shards"];
  const auto [stop, error] = std::from_chars(shards.data(), shards.data() + shards.size(), entry_.shards);
  if (error != std::errc{} || stop != shards.data() + shards.size() || entry_.shards < 1)
    damaged("its number of shards is none");
  build_ = lines["build"];
  entry_.command = lines["command"];
  entry_.study_file = lines["study_file"];
  study_ = parse_study(std::string(lines["study"]), configuration, marker.string(), "", {});
}

void RunFolder::require_this_study(const Study& study) const {
  const std::string there = identity_text(study_), here = identity_text(study);
  if (there == here) return;
  throw StoreError(path_, fmt::format("holds work of another configuration, {:.8} there and {:.8} here ({}); "
                                      "give another folder",
                                      sha256(configuration_text(study_)), sha256(configuration_text(study)),
                                      configuration_difference(there, here)));
}

void RunFolder::require_this_build() const {
  if (const std::string here = build_id(); build_ != here)
    throw StoreError(path_,
                     fmt::format("holds work of another build: {} there, {} here; use that program, or "
                                 "another folder",
                                 build_, here));
}

fs::path RunFolder::script() const {
  fs::path name = path_.lexically_normal();
  if (name == "." || name.filename() == "..") name = fs::absolute(path_).lexically_normal();
  if (!name.has_filename()) name = name.parent_path();  // "run/"
  return name += ".sh";
}

}  // namespace twostage
