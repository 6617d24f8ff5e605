#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "sim/preference/pair_drawer.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::integer;
using Key = std::pair<test::Path, test::Path>;

test::Path path_of(std::span<const EdgeId> path) {
  return {path.begin(), path.end()};
}

TEST(PairTable, CountsEveryComparisonOnce) {
  for (const auto& name : test::drawn_families()) {
    const World w = test::world({{"family", name}, {"prompts", integer(2)}});
    const PreferenceData data = sample_pairs(w, w.log_reference, 700, RandomSource(1, "table"), 0, 0);
    std::map<Key, double> expected;  // (preferred, other) -> count
    for (std::size_t i = 0; i < data.size(); ++i)
      expected[{path_of(data.chosen_path(i)), path_of(data.rejected_path(i))}] += 1;
    const PairTable table = tabulate(data);
    std::set<test::Path> completions;
    for (std::size_t c = 0; c < table.completion_count(); ++c)
      EXPECT_TRUE(completions.insert(path_of(table.completion(c))).second) << c << " stands there twice";
    for (const auto& [key, count] : expected)
      EXPECT_TRUE(completions.contains(key.first) && completions.contains(key.second));
    std::set<Key> rows;
    double total = 0;
    for (std::size_t k = 0; k < table.rows(); ++k) {
      const auto a = path_of(table.first_path(k));
      const auto b = path_of(table.second_path(k));
      EXPECT_TRUE(rows.insert(std::minmax(a, b)).second) << "row " << k << " repeats a comparison";
      EXPECT_EQ(table.wins[k], (expected[{a, b}]));
      // A completion that meets itself is always a win.
      EXPECT_EQ(table.losses[k], (a == b ? 0.0 : expected[{b, a}]));
      total += table.wins[k] + table.losses[k];
    }
    EXPECT_EQ(total, 700.0);
    std::set<Key> distinct;
    for (const auto& [key, count] : expected) distinct.insert(std::minmax(key.first, key.second));
    EXPECT_EQ(rows, distinct) << name;
  }
}

TEST(PairTable, RowsAreOrderedByFirstAppearance) {
  // Paths of two edges: (0 1) beats (2 3); (4 5) beats (0 1); then (2 3) beats (0 1); then (4 5) meets
  // itself.
  const PreferenceData data{2, {0, 1, 4, 5, 2, 3, 4, 5}, {2, 3, 0, 1, 0, 1, 4, 5}};
  const PairTable table = tabulate(data);
  EXPECT_EQ(table.completions, (std::vector<EdgeId>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(table.first, (std::vector<std::uint32_t>{0, 2, 2}));
  EXPECT_EQ(table.second, (std::vector<std::uint32_t>{1, 0, 2}));
  EXPECT_EQ(table.wins, (std::vector<double>{1, 1, 1}));
  EXPECT_EQ(table.losses, (std::vector<double>{1, 0, 0}));
}

// In a graph that merges, two paths may share their last edge and differ before it.
TEST(PairTable, PathsAreComparedWhole) {
  const PreferenceData data{2, {0, 9, 1, 9}, {2, 9, 2, 9}};
  EXPECT_EQ(tabulate(data).rows(), 2u);
}

TEST(PairTable, PrefixOfTheDataIsAPrefixOfTheRows) {
  const World w = test::world({{"family", "walk"}});
  const PreferenceData data = sample_pairs(w, w.log_reference, 300, RandomSource(1, "table"), 0, 0);
  const PairTable all = tabulate(data);
  const PairTable part = tabulate(data.prefix(80));
  ASSERT_LE(part.rows(), all.rows());
  for (std::size_t k = 0; k < part.rows(); ++k) {
    EXPECT_EQ(path_of(part.first_path(k)), path_of(all.first_path(k)));
    EXPECT_EQ(path_of(part.second_path(k)), path_of(all.second_path(k)));
    EXPECT_LE(part.wins[k], all.wins[k]);
  }
}

// Whether the graph has few completions (up to 4096: tokens of H = 11 with two prompts have as many) or more
// of them.
TEST(PairTable, AGraphThatIsKnownChangesNothing) {
  const auto expect_equal = [](const PairTable& a, const PairTable& b) {
    EXPECT_EQ(a.completions, b.completions);
    EXPECT_EQ(a.first, b.first);
    EXPECT_EQ(a.second, b.second);
    EXPECT_EQ(a.wins, b.wins);
    EXPECT_EQ(a.losses, b.losses);
    EXPECT_EQ(a.pairs, b.pairs);
    EXPECT_EQ(a.horizon, b.horizon);
  };
  std::vector<World> worlds;
  for (const auto& name : test::drawn_families())
    for (const int prompts : {1, 3})
      worlds.push_back(test::world({{"family", name}, {"prompts", integer(prompts)}}));
  for (const int horizon : {2, 3, 11, 12})
    worlds.push_back(
        test::world({{"family", "tokens"}, {"horizon", integer(horizon)}, {"prompts", integer(2)}}));
  for (const World& w : worlds) {
    PreferenceData data = sample_pairs(w, w.log_reference, 900, RandomSource(1, "table"), 0, 0);
    expect_equal(tabulate(data, w.graph), tabulate(data));
    Tabulation growing(w.graph);
    for (const std::size_t pairs : {0u, 1u, 300u, 900u}) growing.add(data.prefix(pairs));
    expect_equal(growing.table(), tabulate(data));
    for (std::size_t i = 0; i < data.size(); ++i) data.weight.push_back(0.25 * static_cast<double>(i % 7));
    expect_equal(tabulate(data, w.graph), tabulate(data));
  }
}

TEST(PairTable, NoPairsNoRows) {
  EXPECT_EQ(tabulate(PreferenceData{3, {}, {}}).rows(), 0u);
}

}  // namespace
}  // namespace twostage
