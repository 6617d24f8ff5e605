#include "sim/loss/distinct_rows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace twostage {
namespace {

// All rows of `terms` values out of these, in turn.
std::vector<std::vector<Term>> rows_of(std::size_t terms, const std::vector<double>& values) {
  std::vector<std::vector<Term>> out = {{}};
  for (std::size_t k = 0; k < terms; ++k) {
    std::vector<std::vector<Term>> longer;
    for (const auto& row : out)
      for (const double value : values) {
        longer.push_back(row);
        longer.back().push_back({static_cast<std::int32_t>(k), value});
      }
    out = std::move(longer);
  }
  return out;
}

TEST(DistinctRows, NumbersRowsAsTheyCome) {
  const auto rows = rows_of(3, {-1, 2});
  DistinctRows distinct(rows.size());
  for (int again = 0; again < 2; ++again)
    for (std::size_t r = 0; r < rows.size(); ++r) EXPECT_EQ(distinct.number(rows[r]), r);
  EXPECT_EQ(distinct.size(), rows.size());
  EXPECT_EQ(distinct.number({}), rows.size());  // the row without terms is one, too
  for (std::size_t r = 0; r < rows.size(); ++r) EXPECT_TRUE(std::ranges::equal(distinct.row(r), rows[r]));
  EXPECT_EQ(distinct.terms().size(), 3 * rows.size());
}

// As independent throws of n rows into m slots: so many are hit on average, with a variance below that
// number. Six standard deviations; the rows are given, so nothing is drawn. Differences of counts are such
// rows: where they come to few slots, every search walks through many.
TEST(DistinctRows, RowsOfSmallWholeNumbersAreSpreadOverTheSlots) {
  const std::vector<std::vector<std::vector<Term>>> families = {
      rows_of(14, {-1, 1}), rows_of(6, {-3, -2, -1, 1, 2, 3}), rows_of(9, {-1, 0.5, 4}), rows_of(2, [] {
        std::vector<double> counts;
        for (int k = 1; k <= 150; ++k) counts.push_back(k);
        return counts;
      }())};
  for (const auto& rows : families) {
    std::size_t slots = 1;
    while (slots < 2 * rows.size()) slots *= 2;
    std::set<std::uint64_t> low, whole;
    for (const auto& row : rows) {
      low.insert(hash_row(row) & (slots - 1));
      whole.insert(hash_row(row));
    }
    const auto n = static_cast<double>(rows.size()), m = static_cast<double>(slots);
    const double expected = m * -std::expm1(n * std::log1p(-1 / m));
    EXPECT_NEAR(static_cast<double>(low.size()), expected, 6 * std::sqrt(expected));
    EXPECT_EQ(whole.size(), rows.size());
  }
}

}  // namespace
}  // namespace twostage
