#include "experiments/runner/result/provenance.hpp"

#include <Eigen/src/Core/util/Macros.h>
#include <H5public.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <libdeflate.h>
#include <unistd.h>

#include <algorithm>
#include <boost/version.hpp>
#include <ctime>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "results/dataset/content_hash.hpp"
#include "results/file/replaceable.hpp"
#include "results/file/sha256.hpp"

namespace twostage {
namespace {

std::string compiler() {
#if defined(__clang__)
  return std::string("clang ") + __clang_version__;
#else
  return std::string("g++ ") + __VERSION__;
#endif
}

std::string now_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

// The start of a record, which opens with its result.
constexpr const char* kResultKey = "{\n  \"result\": ";

std::string json_text(const nlohmann::ordered_json& json, int indent) {
  // Names of files are bytes, not always UTF-8.
  return json.dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

// "a; b" names a, and b.
bool names_among_others(const std::string& all, const std::string& one) {
  return all.starts_with(one + "; ") || all.ends_with("; " + one) ||
         all.find("; " + one + "; ") != std::string::npos;
}

// A list of an earlier record; empty where there is none, or no record that can be read.
nlohmann::ordered_json list_in(const nlohmann::ordered_json& record, const char* key) {
  const bool there = record.is_object() && record.contains(key) && record.at(key).is_array();
  return there ? record.at(key) : nlohmann::ordered_json::array();
}

}  // namespace

std::string version() {
  return TWOSTAGE_VERSION;
}

std::string build_id() {
  static const std::string id = [] {
    Sha256 hash;
    std::ifstream program("/proc/self/exe", std::ios::binary);
    std::string block(1 << 20, '\0');
    while (program.read(block.data(), static_cast<std::streamsize>(block.size())) || program.gcount() > 0)
      hash.update({block.data(), static_cast<std::size_t>(program.gcount())});
    return fmt::format("twostage {}, revision {}, program {:.16}", version(), revision(), hash.hex());
  }();
  return id;
}

Attributes file_attributes(const Study& study) {
  return {
      {"Conventions", std::string("CF-1.10")},
      {"title", study.title},
      {"source", "twostage " + version()},
      {"references", study.source},
      {"study", study.name},
      {"question", study.question},
      {"config_hash", sha256(configuration_text(study))},
      {"rng", std::string("Philox4x64-10, addressed streams")},
      {"seed", study.seed},
      {"compiler", compiler()},
      {"flags", std::string(TWOSTAGE_COMPILER_FLAGS)},
      {"libraries", fmt::format("Eigen {}.{}.{}, Boost {}.{}.{}, HDF5 {}.{}.{}, libdeflate {}",
                                EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION,
                                BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100,
                                H5_VERS_MAJOR, H5_VERS_MINOR, H5_VERS_RELEASE, LIBDEFLATE_VERSION_STRING)}};
}

void join_provenance(Dataset& whole, const std::vector<Attributes>& parts) {
  std::map<std::string, std::set<std::string>> found;
  for (const Attributes& part : parts)
    for (const auto& [name, value] : part)
      if (const auto* text = std::get_if<std::string>(&value); text && is_provenance(name))
        found[name].insert(*text);
  for (auto& [name, texts] : found) {
    // What already names several, as the whole of an earlier time does, says nothing new.
    std::erase_if(texts, [&, all = texts](const std::string& text) {
      return std::ranges::any_of(all,
                                 [&](const std::string& other) { return names_among_others(other, text); });
    });
    whole.attributes[name] = fmt::format("{}", fmt::join(texts, "; "));
  }
}

std::filesystem::path sidecar(const std::filesystem::path& result, const std::string& suffix) {
  std::filesystem::path path = result;
  if (path.extension() == ".h5") path.replace_extension();
  return path += suffix;
}

std::string run_record_text(const std::filesystem::path& result, const Study& study, const RunRecord& record,
                            const std::string& former) {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  const auto before = nlohmann::ordered_json::parse(former, nullptr, false);
  nlohmann::ordered_json errors = list_in(before, "warnings");
  for (const ReplicateError& error : record.errors)
    errors.push_back({{"point", point_text(study, error.point)},
                      {"replicate", error.replicate},
                      {"arm", error.arm},
                      {"message", error.message}});
  nlohmann::ordered_json json = {{"result", result.filename().string()},
                                 {"date", now_utc()},
                                 {"host", host},
                                 {"version", version()},
                                 {"revision", revision()},
                                 {"study_file", record.study_file},
                                 {"command", record.command},
                                 {"preset", record.preset},
                                 {"threads", record.threads},
                                 {"seconds", record.seconds},
                                 {"replicates", record.replicates},
                                 {"replicates_resumed", record.resumed},
                                 {"not_converged", record.not_converged},
                                 {"non_finite", record.non_finite},
                                 {"warnings", errors}};
  if (record.raised_from > 0) {
    json["raised_from"] = list_in(before, "raised_from");
    json["raised_from"].push_back(record.raised_from);
  }
  return json_text(json, 2) + "\n";
}

bool is_run_record(const std::filesystem::path& path, const std::filesystem::path& result) {
  if (!begins_with_all(path, {"\"date\": ", "\"host\": ", "\"version\": ", "\"command\": "})) return false;
  const std::string its_result = kResultKey + json_text(result.filename().string(), -1);
  // Records of earlier versions do not name their result.
  return !begins_with_all(path, {kResultKey}) || begins_with_all(path, {its_result});
}

}  // namespace twostage
