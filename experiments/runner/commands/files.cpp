// info, verify, reproduce, export: questions to a result file.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <string_view>

#include "experiments/runner/commands/commands.hpp"
#include "experiments/runner/result/claim_record.hpp"
#include "experiments/runner/result/result_file.hpp"
#include "experiments/runner/run/run.hpp"
#include "experiments/runner/terminal/printing.hpp"
#include "experiments/runner/terminal/say.hpp"
#include "experiments/runner/terminal/shell_word.hpp"
#include "results/dataset/content_hash.hpp"
#include "results/dataset/csv.hpp"
#include "results/dataset/describe.hpp"
#include "results/file/temporary_folder.hpp"
#include "results/store/store.hpp"
#include "sim/catalog/plain_text.hpp"

namespace twostage {
namespace {

std::string text_attribute(const Dataset& data, std::string_view name) {
  const auto it = data.attributes.find(name);
  const auto* text = it == data.attributes.end() ? nullptr : std::get_if<std::string>(&it->second);
  return text ? *text : "";
}

// The variables that were named, separated by commas; a name may hold one itself.
std::vector<std::string> chosen_variables(const Dataset& data, const std::string& text) {
  if (data.has_variable(text)) return {text};
  std::vector<std::string> all;
  for (const Variable& v : data.variables) all.push_back(v.name);
  std::vector<std::string> chosen;
  std::istringstream names(text);
  for (std::string name; std::getline(names, name, ',');) {
    if (!data.has_variable(name)) throw InputError("variable", unknown_name("variable", name, all));
    if (std::ranges::count(chosen, name) > 0)
      throw InputError("variable", fmt::format("--variable names '{}' twice", name));
    chosen.push_back(std::move(name));
  }
  return chosen;
}

// "lies over (degree, replicate, arm)"
std::string lies_over(const std::vector<std::string>& dimensions) {
  if (dimensions.empty()) return "has no dimension";
  return fmt::format("lies over ({})", fmt::join(dimensions, ", "));
}

CsvTable table_of(const Dataset& data, std::vector<std::string> variables) {
  const auto& dimensions = data.variable(variables.front()).dimensions;
  for (const std::string& name : variables)
    if (const auto& others = data.variable(name).dimensions; others != dimensions)
      throw InputError("variable",
                       fmt::format("--variable: '{}' {} and '{}' {}; one table needs equal dimensions",
                                   variables.front(), lies_over(dimensions), name, lies_over(others)));
  return {dimensions, std::move(variables)};
}

}  // namespace

int info_command(const std::string& file) {
  describe(read_dataset(file), std::cout, output_width());
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
  const RunOutcome outcome = run_study(study, options);
  if (outcome == RunOutcome::interrupted || outcome == RunOutcome::terminated) return exit_code(outcome);
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

int export_command(const std::string& file, const std::string& variables) {
  Dataset data = read_dataset(file);
  if (!is_saved_cell(data)) data = checked_result(file, std::move(data)).data;
  if (!variables.empty()) {
    write_csv(data, table_of(data, chosen_variables(data, variables)), std::cout);
    return 0;
  }
  write_csv(data, main_table(data), std::cout);
  std::cout.flush();
  if (!std::cout) return 0;  // which `main` says
  for (const CsvTable& other : other_tables(data))
    say("not in this table: {}, {}; `twostage export {} --variable {}` prints {}\n",
        fmt::format("{}", fmt::join(other.variables, ", ")),
        other.dimensions.empty() ? "without a dimension"
                                 : fmt::format("over ({})", fmt::join(other.dimensions, ", ")),
        shell_word(file), shell_word(fmt::format("{}", fmt::join(other.variables, ","))),
        other.variables.size() == 1 ? "it" : "them");
  return 0;
}

}  // namespace twostage
