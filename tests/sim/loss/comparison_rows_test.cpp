// Rows of comparisons against the features of their completions, summed term by term.
#include "sim/loss/comparison_rows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tests/support/arms.hpp"

namespace twostage {
namespace {

using test::integer;

std::vector<double> difference_of(const LinearModel& model, const PairTable& table, std::size_t k) {
  FeatureRow row;
  model.add_path(table.first_path(k), 1, row);
  model.add_path(table.second_path(k), -1, row);
  std::vector<double> out(model.parameters(), 0.0);
  for (std::size_t t = 0; t < row.index.size(); ++t)
    out[static_cast<std::size_t>(row.index[t])] += row.value[t];
  return out;
}

// Of each distinct difference, up to sign, how often its first and its second side won.
using Counts = std::map<std::vector<double>, std::pair<double, double>>;

void count(Counts& counts, std::vector<double> x, double wins, double losses) {
  const auto leading = std::ranges::find_if(x, [](double v) { return v != 0; });
  if (leading != x.end() && *leading < 0) {
    for (double& v : x) v = v == 0 ? 0 : -v;
    std::swap(wins, losses);
  }
  counts[x].first += wins;
  counts[x].second += losses;
}

TEST(ComparisonRows, AreTheDistinctDifferencesWithTheirCounts) {
  std::size_t merged = 0, narrow = 0;
  for (const auto& family : test::drawn_families())
    for (const char* name : {"dense", "degree", "terminal", "true-direction"}) {
      const World world = test::world({{"family", family}, {"prompts", integer(2)}, {"reference", "random"}});
      std::unique_ptr<const LinearModel> model;
      try {
        model = make_linear_model(test::model_class(name), world, Role::reward);
      } catch (const std::exception&) {
        continue;  // the family has no such class
      }
      const PairTable table = tabulate(test::reference_pairs(world, 300));
      const ComparisonRows rows(*model, table);
      Counts expected, seen;
      double ties = 0;
      for (std::size_t k = 0; k < table.rows(); ++k) {
        const std::vector<double> x = difference_of(*model, table, k);
        if (std::ranges::all_of(x, [](double v) { return v == 0; }))
          ties += table.wins[k] + table.losses[k];
        else
          count(expected, x, table.wins[k], table.losses[k]);
      }
      for (std::size_t r = 0; r < rows.rows(); ++r) {
        std::vector<double> x(model->parameters(), 0.0);
        rows.add_row(r, 1, x);
        EXPECT_TRUE(seen.emplace(x, std::pair(rows.wins()[r], rows.losses()[r])).second) << "a row twice";
      }
      EXPECT_EQ(rows.ties(), ties);
      EXPECT_EQ(seen, expected) << family << ", " << name;
      merged += rows.rows() < table.rows();
      narrow += rows.rows() > 0 && rows.columns() < 8;
    }
  EXPECT_GT(merged, 0u);
  EXPECT_GT(narrow, 0u);  // so few columns are stored as a dense matrix
}

}  // namespace
}  // namespace twostage
