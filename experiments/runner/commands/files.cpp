// info, verify, reproduce, export: questions to a result file.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "experiments/runner/batches.hpp"
#include "experiments/runner/columns.hpp"
#include "experiments/runner/commands/commands.hpp"
#include "experiments/runner/run.hpp"
#include "results/store/content_hash.hpp"
#include "results/store/csv.hpp"
#include "results/store/describe.hpp"
#include "results/store/sha256.hpp"
#include "results/store/store.hpp"
#include "sim/catalog/plain_text.hpp"

namespace twostage {
namespace {

std::string text_attribute(const Dataset& data, std::string_view name) {
  const auto it = data.attributes.find(name);
  const auto* text = it == data.attributes.end() ? nullptr : std::get_if<std::string>(&it->second);
  return text ? *text : "";
}

}  // namespace

int info_command(const std::string& file) {
  describe(read_dataset(file), std::cout);
  return 0;
}

// Reading checks HDF5's checksums and the content hash; the rest is what a result of a study must have.
int verify_command(const std::string& file) {
  const Dataset data = read_dataset(file);
  const Study study = stored_study(file, data);
  const auto& configuration = std::get<std::vector<std::string>>(data.variable("configuration").data).at(0);
  if (text_attribute(data, "config_hash") != sha256(configuration))
    throw StoreError(file, "its configuration does not match its config_hash");
  const auto due = replicates_due(study, data);
  const Dataset shape = result_shape(study, columns_of(study), *std::ranges::max_element(due));
  for (const Variable& variable : shape.variables) {
    if (!data.has_variable(variable.name))
      throw StoreError(file, "variable '" + variable.name + "' is missing");
    if (data.variable(variable.name).dimensions != variable.dimensions)
      throw StoreError(file, "variable '" + variable.name + "' has other dimensions than its study");
  }
  for (const Dimension& dimension : shape.dimensions)
    if (data.dimension(dimension.name).size() != dimension.size())
      throw StoreError(file, "dimension '" + dimension.name + "' has another length than its study");
  const std::size_t missing = count_missing(study, data, file);
  fmt::print("{}: sound{}\ncontent_hash {}\n", plain_text(file),
             missing == 0 ? "" : fmt::format(", a part: {} results are elsewhere", missing),
             content_hash(data));
  return 0;
}

int reproduce_command(const std::string& file, int threads) {
  const Dataset before = read_dataset(file);
  const Study study = stored_study(file, before);
  if (const std::size_t missing = count_missing(study, before, file); missing > 0)
    throw StoreError(
        file, fmt::format("is a part of a study ({} of its results are elsewhere); merge the parts first",
                          missing));
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("twostage-{}", getpid());
  RunOptions options;
  options.out = folder / "again.h5";
  options.command = "reproduce";
  options.threads = threads;
  options.force = true;
  const RunOutcome outcome = run_study(study, options);
  if (outcome == RunOutcome::interrupted) {
    std::filesystem::remove_all(folder);
    return 130;
  }
  const std::string again = content_hash(read_dataset(options.out));
  std::filesystem::remove_all(folder);
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
