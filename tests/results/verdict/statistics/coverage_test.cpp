// Each end of an interval errs as often as promised, one by one: a ratio's upper end decides other claims
// than its lower. Streams are fixed, so these repeat. The long table is
// tests/attack/long/interval_coverage_test.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "tests/results/verdict/laws.hpp"

namespace twostage {
namespace {

using test::Law;

// No more misses of either side than `times` the promised .005 allow. The mean width, in standard errors to
// each side (2.576 for normal data and many replicates), refuses intervals that cover by being too wide.
void expect(const Law& law, std::size_t replicates, int data_sets, double times, double widest) {
  const auto m = test::misses(law, replicates, data_sets, {0.005});
  const double most = test::most_misses(0.005 * times * data_sets);
  std::printf("%s, R = %zu: %d below, %d above of %d, width %.2f, %d unbounded\n", law.name.c_str(),
              replicates, m.low[0], m.high[0], data_sets, m.width, m.unbounded);
  EXPECT_LE(m.low[0], most);
  EXPECT_LE(m.high[0], most);
  EXPECT_LE(m.width, widest);
}

TEST(Coverage, ChiSquare) {
  expect(test::chi_square(), 50, 4000, 1, 4);
  expect(test::chi_square(), 400, 1000, 1, 3.3);
}

TEST(Coverage, RatioOfWeightedChiSquares) {
  expect(test::chi_square_ratio(), 50, 3000, 1, 3.7);
  expect(test::chi_square_ratio(), 400, 1000, 1, 2.9);
}

TEST(Coverage, Lognormal) {
  expect(test::lognormal(), 50, 4000, 1, 4.2);
  expect(test::lognormal(), 400, 1000, 1, 3.6);
}

TEST(Coverage, RatioOfLognormals) {
  expect(test::lognormal_ratio(), 50, 3000, 1, 5);
  expect(test::lognormal_ratio(), 400, 1000, 1, 4.3);
}

// Where the variance hardly exists, twice the promised rate.
TEST(Coverage, Pareto) {
  expect(test::pareto("Pareto 2.1", 2.1), 50, 4000, 2.2, 5);
  expect(test::pareto("Pareto 2.1", 2.1), 400, 1000, 1.5, 4.5);
}

TEST(Coverage, Atoms) {
  expect(test::atoms(), 50, 4000, 1, 4.5);
  expect(test::mostly_zero(), 50, 4000, 1, 7);
  expect(test::mostly_zero(), 400, 1000, 1, 5);
}

TEST(Coverage, PointsOfDifferentLength) {
  expect(test::lacking_slope(400), 400, 500, 1, 5);
}

// The measurement can fail: Student's rate for the upper end of lognormal means, ten times the promised one,
// is what it refuses.
TEST(Coverage, NoticesAWrongAnswer) {
  Law law = test::chi_square();
  law.truth = std::log(1.3);
  const auto m = test::misses(law, 400, 200, {0.005});
  EXPECT_GE(m.high[0], 60);
  EXPECT_EQ(m.low[0], 0);
}

}  // namespace
}  // namespace twostage
