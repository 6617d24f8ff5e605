// What result files say of their variables: named values by CF flags, numbers by the bounds of their
// definitions.
#include "experiments/runner/replicate/columns.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "experiments/runner/replicate/whole_replicate.hpp"
#include "experiments/runner/run/run.hpp"
#include "experiments/runner/study/study_library.hpp"
#include "results/dataset/csv.hpp"
#include "results/store/store.hpp"
#include "tests/support/process.hpp"
#include "tests/support/studies.hpp"
#include "theory/prediction/forecasts.hpp"

namespace twostage {
namespace {

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

// Every metric and prediction with named values, and status.
std::vector<std::string> named() {
  std::vector<std::string> names{"status"};
  for (const auto* registry : {&metrics(), &forecasts()})
    for (const auto& entry : registry->entries())
      if (!entry.extra.flag_meanings.empty()) names.push_back(entry.name);
  return names;
}

// As CF asks: bytes, with as many meanings as values, among them every value that is stored.
void expect_flags(const Dataset& data, std::size_t at_least) {
  std::size_t found = 0;
  for (const Variable& variable : data.variables) {
    const auto* bytes = std::get_if<std::vector<std::uint8_t>>(&variable.data);
    const auto expected = named();
    const bool has_names = std::ranges::find(expected, variable.name) != expected.end();
    EXPECT_EQ(has_names, bytes != nullptr) << variable.name;
    EXPECT_EQ(has_names, variable.attributes.contains("flag_values")) << variable.name;
    if (!bytes || !has_names) continue;
    ++found;
    const auto& values = std::get<std::vector<std::uint8_t>>(variable.attributes.at("flag_values"));
    EXPECT_EQ(values.size(), words(std::get<std::string>(variable.attributes.at("flag_meanings"))).size())
        << variable.name;
    for (const std::uint8_t value : *bytes)
      EXPECT_NE(std::ranges::find(values, value), values.end()) << variable.name << " holds " << int{value};
  }
  EXPECT_GE(found, at_least);
}

Dataset small_result(const test::ScratchFolder& folder) {
  RunOptions options;
  options.out = folder / "r.h5";
  options.threads = 1;
  EXPECT_EQ(run_study(test::small_study({{"measures", "win_rate_bt,win_rate,rm_population_accuracy,ended"}}),
                      options),
            RunOutcome::complete);
  return read_dataset(options.out);
}

TEST(Columns, NamedValuesCarryTheirNames) {
  const test::ScratchFolder folder;
  expect_flags(small_result(folder), named().size());
}

// The file of one replicate, as `explain --save` writes it.
TEST(Columns, NamedValuesOfASavedReplicateToo) {
  const test::ScratchFolder folder;
  const Study study = test::small_study({{"pairs", "20"}, {"degree", "1"}, {"measures", "ended"}});
  save_replicate(folder / "c.h5", study, run_whole_replicate(study, 0, 0, 1e9));
  expect_flags(read_dataset(folder / "c.h5"), named().size());
}

// Measured values lie within what the definition implies, up to rounding.
TEST(Columns, NumbersKeepToTheBoundsOfTheirDefinitions) {
  const test::ScratchFolder folder;
  std::size_t bounded = 0;
  for (const Variable& variable : small_result(folder).variables) {
    const auto* values = std::get_if<std::vector<double>>(&variable.data);
    if (!values) continue;
    const auto bound = [&](const char* name, double otherwise) {
      const auto it = variable.attributes.find(name);
      return it == variable.attributes.end() ? otherwise : std::get<double>(it->second);
    };
    const double low = bound("lower_bound", -INFINITY), high = bound("upper_bound", INFINITY);
    bounded += std::isfinite(low) || std::isfinite(high);
    for (const double x : *values)
      EXPECT_TRUE(std::isnan(x) || (x >= low - 1e-12 && x <= high + 1e-12)) << variable.name << " = " << x;
  }
  EXPECT_GE(bounded, 20U);
}

// Of every shipped study, in the shape of its smoke results: one rectangle, with a row for every arm of every
// replicate and a column for everything but what is between arms.
TEST(Columns, EveryStudysResultIsOneRectangularTable) {
  for (const std::string& name : study_names()) {
    const Study study = load_study(name, "smoke", {});
    const Columns columns = columns_of(study);
    Dataset data = result_shape(study, columns, 1);
    std::size_t rows = 1;
    for (const Dimension& dimension : data.dimensions)
      if (dimension.name != "arm_b") rows *= dimension.size();
    std::size_t between_arms = 0;
    for (Variable& variable : data.variables) {
      const std::size_t count = volume(data.shape(variable));
      std::visit([count](auto& values) { values.resize(count); }, variable.data);
      between_arms += static_cast<std::size_t>(std::ranges::count(variable.dimensions, "arm_b"));
    }
    const CsvTable table = main_table(data);
    EXPECT_EQ(table.variables.size() + between_arms, data.variables.size()) << name;
    std::stringstream csv;
    write_csv(data, table, csv);
    std::size_t lines = 0;
    for (std::string line; std::getline(csv, line); ++lines)
      ASSERT_EQ(static_cast<std::size_t>(std::ranges::count(line, ',')) + 1,
                table.dimensions.size() + table.variables.size())
          << name << ": " << line;
    EXPECT_EQ(lines, rows + 1) << name;
  }
}

}  // namespace
}  // namespace twostage
