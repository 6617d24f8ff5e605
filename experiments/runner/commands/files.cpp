// info, verify, reproduce, export: questions to a result file.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "experiments/runner/claim_record.hpp"
#include "experiments/runner/commands/commands.hpp"
#include "experiments/runner/result_file.hpp"
#include "experiments/runner/run.hpp"
#include "results/store/content_hash.hpp"
#include "results/store/csv.hpp"
#include "results/store/describe.hpp"
#include "results/store/store.hpp"
#include "sim/catalog/plain_text.hpp"

namespace twostage {
namespace {

std::string text_attribute(const Dataset& data, std::string_view name) {
  const auto it = data.attributes.find(name);
  const auto* text = it == data.attributes.end() ? nullptr : std::get_if<std::string>(&it->second);
  return text ? *text : "";
}

// A new one that nobody else can write into, for as long as this lives.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "twostage-XXXXXX").string();
    if (!mkdtemp(name.data()))
      throw StoreError(name, fmt::format("cannot be made: {}", std::strerror(errno)));
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

int info_command(const std::string& file) {
  describe(read_dataset(file), std::cout);
  return 0;
}

// Reading is the check.
int verify_command(const std::string& file) {
  const ResultFile result = read_result(file);
  stored_claims(file, result.data);
  fmt::print("{}: sound{}\ncontent_hash {}\n", plain_text(file),
             result.missing == 0 ? "" : fmt::format(", a part: {} results are elsewhere", result.missing),
             content_hash(result.data));
  return 0;
}

int reproduce_command(const std::string& file, int threads) {
  const auto [path, study, before, missing] = read_result(file);
  if (missing > 0)
    throw StoreError(
        file, fmt::format("is a part of a study ({} of its results are elsewhere); merge the parts first",
                          missing));
  const TemporaryFolder folder;
  RunOptions options;
  options.out = folder.path() / "again.h5";
  options.command = "reproduce";
  options.threads = threads;
  options.claims = stored_claims(file, before);
  if (run_study(study, options) == RunOutcome::interrupted) return 130;
  const std::string again = content_hash(read_result(options.out).data);
  const std::string stored = content_hash(before);
  if (again == stored) {
    fmt::print("{}: reproduced, content_hash {}\n", plain_text(file), again);
    return 0;
  }
  fmt::print("{}: NOT reproduced\nstored {}\nagain  {}\n", plain_text(file), stored, again);
  fmt::print("stored by {} ({})\n", plain_text(text_attribute(before, "compiler")),
             plain_text(text_attribute(before, "source")));
  return 1;
}

int export_command(const std::string& file, const std::string& variable) {
  Dataset data = read_dataset(file);
  if (!is_saved_cell(data)) data = checked_result(file, std::move(data)).data;
  if (variable.empty()) {
    std::erase_if(data.variables, [](const Variable& v) { return v.dimensions.empty(); });
    write_csv(data, std::cout);
    return 0;
  }
  std::vector<std::string> names;
  for (const Variable& v : data.variables) names.push_back(v.name);
  if (!data.has_variable(variable)) throw InputError("variable", unknown_name("variable", variable, names));
  if (const auto& dimensions = data.variable(variable).dimensions; !dimensions.empty())
    write_csv(data, dimensions, std::cout, variable);
  return 0;
}

}  // namespace twostage
