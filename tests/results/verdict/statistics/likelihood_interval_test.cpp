// Intervals of means against closed forms, and what no interval is given for.
#include "results/verdict/statistics/likelihood_interval.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace twostage {
namespace {

constexpr double inf = INFINITY;

MeanInterval one(std::vector<double> columns, std::vector<double> weights, Link link, double tail) {
  return likelihood_interval({std::move(columns), std::move(weights), link}, tail);
}

std::vector<double> integers(int n) {
  std::vector<double> rows;
  for (int i = 1; i <= n; ++i) rows.push_back(i);
  return rows;
}

std::vector<double> zeros_and_ones(int zeros, int ones) {
  std::vector<double> rows(static_cast<std::size_t>(zeros), 0.0);
  rows.resize(static_cast<std::size_t>(zeros + ones), 1.0);
  return rows;
}

TEST(LikelihoodInterval, StandardErrorIsTheDeltaMethods) {
  // Variance of 1..n with divisor n - 1 is n (n + 1) / 12 = 35 at n = 20; the mean is 10.5.
  const auto mean = one(integers(20), {2.0}, Link::identity, 0.025);
  EXPECT_NEAR(mean.estimate, 21, 1e-12);
  EXPECT_NEAR(mean.standard_error, 2 * std::sqrt(35.0 / 20), 1e-12);
  const auto log = one(integers(20), {2.0}, Link::log, 0.025);
  EXPECT_NEAR(log.estimate, 2 * std::log(10.5), 1e-12);
  EXPECT_NEAR(log.standard_error, 2 * std::sqrt(35.0 / 20) / 10.5, 1e-12);
}

// 200 zeros, 200 ones. Student's quantile at 399 degrees for 0.025 is 1.965927, the budget
// 200 log(1 + 1.965927^2 / 399) = 1.92795. The unseen value is 1/2 + (4 + 20 / 400) / 2 = 2.525 for the upper
// end, not near enough to matter: mass p on the ones spends 200 log(1 / 4 p (1 - p)), so the ends are
// (1 -+ sqrt(1 - exp(-1.92795 / 200))) / 2 = 1/2 -+ 0.048973.
TEST(LikelihoodInterval, OfZerosAndOnesInClosedForm) {
  const auto coin = one(zeros_and_ones(200, 200), {1.0}, Link::identity, 0.025);
  const double half = std::sqrt(-std::expm1(-200 * std::log1p(1.965927 * 1.965927 / 399) / 200)) / 2;
  EXPECT_NEAR(half, 0.048973, 1e-6);
  EXPECT_NEAR(coin.interval.low, 0.5 - half, 1e-6);
  EXPECT_NEAR(coin.interval.high, 0.5 + half, 1e-6);
}

// Twelve zeros and twelve ones at a tail of 0.0005. Student's quantile at 23 degrees is 3.767627, the budget
// 12 log(1 + 3.767627^2 / 23). The unseen value is 1/2 + (4 + 20 / 24) / 2 = 35/12: there the ones' weights
// are 12 s / 23, the zeros' 12 s / 35, and 24 log(1 / 24 s) + 12 log(23 35 / 144) = budget gives s =
// sqrt(805) / 12 exp(-budget / 24) / 24. The mean: 144 s / 23 + 35/12 (1 - 144 s / 23 - 144 s / 35).
TEST(LikelihoodInterval, OfAFewZerosAndOnesInClosedForm) {
  const auto coin = one(zeros_and_ones(12, 12), {1.0}, Link::identity, 0.0005);
  const double budget = 12 * std::log1p(3.767627 * 3.767627 / 23);
  const double s = std::sqrt(805.0) / 12 * std::exp(-budget / 24) / 24;
  const double high = 144 * s / 23 + 35.0 / 12 * (1 - 144 * s / 23 - 144 * s / 35);
  EXPECT_NEAR(coin.interval.high, high, 1e-6);
  EXPECT_NEAR(coin.interval.low, 1 - high, 1e-6);
  // Under a logarithm a column without negative values has no unseen negative one: the lower end is told by
  // nothing at -23/12, but at 0.
  const auto log = one(zeros_and_ones(12, 12), {1.0}, Link::log, 0.0005);
  EXPECT_NEAR(std::exp(log.interval.high), high, 1e-6);
  EXPECT_GT(std::exp(log.interval.low), 1 - high);
}

// The interval of a ratio is Fieller's: rho lies inside when the mean of A - rho B may be zero. B = 2 A with
// A's noise doubled has the exact inverse ratio.
TEST(LikelihoodInterval, OfARatioAndItsInverse) {
  std::vector<double> columns = integers(40);
  for (int i = 1; i <= 40; ++i) columns.push_back(3 + (i * 7) % 11);
  const auto ratio = one(columns, {1, -1}, Link::log, 0.005);
  const auto inverse = one(columns, {-1, 1}, Link::log, 0.005);
  EXPECT_NEAR(ratio.interval.low, -inverse.interval.high, 1e-9);
  EXPECT_NEAR(ratio.interval.high, -inverse.interval.low, 1e-9);
  for (double& x : columns) x *= 1e-6;
  const auto small = one(columns, {1, -1}, Link::log, 0.005);
  EXPECT_NEAR(small.interval.high, ratio.interval.high, 1e-9);
}

// --- samples that bound nothing

TEST(NoVariation, OfAConstantBoundsNothing) {
  for (const Link link : {Link::identity, Link::log}) {
    const auto ones = one(zeros_and_ones(0, 20), {1.0}, link, 0.025);
    EXPECT_EQ(ones.estimate, link == Link::log ? 0 : 1);
    EXPECT_EQ(ones.differing, 0U);
    EXPECT_FALSE(ones.varies);
    EXPECT_EQ(ones.interval.low, -inf);
    EXPECT_EQ(ones.interval.high, inf);
  }
}

TEST(NoVariation, RoundingIsNone) {
  std::vector<double> rows(30, 0.3);
  for (std::size_t r = 0; r < 30; ++r) rows[r] *= 1 + 1e-12 * static_cast<double>((r * 7) % 13);
  EXPECT_FALSE(one(rows, {1.0}, Link::identity, 0.025).varies);
  for (std::size_t r = 0; r < 30; ++r) rows[r] *= 1 + 1e-6 * static_cast<double>((r * 7) % 13);
  EXPECT_TRUE(one(rows, {1.0}, Link::identity, 0.025).varies);
}

// Two arms that are one: the regrets vary, what the ratio is made of does not. Solvers add 1e-11 to it.
TEST(NoVariation, OfTwoArmsThatAreOne) {
  std::vector<double> columns = integers(30);
  for (const double x : integers(30)) columns.push_back(2 * x);
  EXPECT_FALSE(one(columns, {1, -1}, Link::log, 0.025).varies);
  for (std::size_t r = 0; r < 30; ++r) columns[r] *= 1 + 1e-11 * static_cast<double>((r * 7) % 13);
  EXPECT_FALSE(one(columns, {1, -1}, Link::log, 0.025).varies);
  EXPECT_FALSE(one(columns, {1, -0.5}, Link::identity, 0.025).varies);
  columns[7] *= 1.1;
  EXPECT_EQ(one(columns, {1, -1}, Link::log, 0.025).differing, 1U);
}

// A line whose points are all constant has no variation; where one of them varies, it is the line's.
TEST(NoVariation, OfLines) {
  std::vector<double> columns(60, 1.0);
  for (std::size_t r = 30; r < 60; ++r) columns[r] = 4;
  EXPECT_FALSE(one(columns, {-1, 1}, Link::log, 0.025).varies);
  for (std::size_t r = 30; r < 60; ++r) columns[r] = static_cast<double>(r);
  EXPECT_TRUE(one(columns, {-1, 1}, Link::log, 0.025).varies);
}

// (1 - m / 50)^50 <= tail is the chance that 50 rows miss what m of 50 show: 0.98^50 = 0.364 for one,
// 0.9^50 = 0.00515 for five, 0.88^50 = 0.00168 for six.
TEST(NoVariation, OfARareAtom) {
  const auto varies = [](int ones, double tail) {
    return one(zeros_and_ones(50 - ones, ones), {1.0}, Link::identity, tail).varies;
  };
  EXPECT_FALSE(varies(1, 0.025));
  EXPECT_FALSE(varies(5, 0.005));
  EXPECT_TRUE(varies(6, 0.005));
  EXPECT_TRUE(varies(44, 0.005));
  EXPECT_FALSE(varies(45, 0.005));
  EXPECT_TRUE(varies(5, 0.0052));
}

TEST(LikelihoodInterval, NonPositiveMeansUnderALogarithm) {
  std::vector<double> rows = integers(30);
  rows[29] = -460;  // the sample's mean is negative
  EXPECT_TRUE(std::isnan(one(rows, {1.0}, Link::log, 0.005).estimate));
  rows[29] = -430;  // the sample's is positive, but not with a little more weight on the outlier
  const auto result = one(rows, {1.0}, Link::log, 0.005);
  EXPECT_FALSE(std::isnan(result.estimate));
  EXPECT_EQ(result.interval.low, -inf);
}

// A column that lacks rows. Sums of squares of 1..n about their mean are n (n^2 - 1) / 12: 5330 at n = 40,
// 665 at n = 20; the first 20 rows of 1..40 have the cross sum 665 with 1..20. The rows enter as (x - 20.5) -
// 2 (x - 10.5), so the sum of squares is 5330 - 4 * 665 + 4 * 665.
TEST(LikelihoodInterval, ColumnsMayLackRows) {
  std::vector<double> columns = integers(40);
  for (int i = 1; i <= 40; ++i) columns.push_back(i <= 20 ? i : std::nan(""));
  const auto both = one(columns, {1, -1}, Link::identity, 0.025);
  EXPECT_NEAR(both.estimate, 10, 1e-12);
  EXPECT_NEAR(both.standard_error, std::sqrt(5330.0 / (40 * 39)), 1e-12);
  // The short column alone has the interval of its 20 rows.
  const auto alone = one({columns.begin() + 40, columns.end()}, {1.0}, Link::log, 0.025);
  const auto short_one = one(integers(20), {1.0}, Link::log, 0.025);
  EXPECT_NEAR(alone.interval.low, short_one.interval.low, 1e-9);
  EXPECT_NEAR(alone.interval.high, short_one.interval.high, 1e-9);
  // Fewer than 20 rows say nothing, and few say nothing about a small tail: 3 log(1e4) = 27.6.
  EXPECT_EQ(replicates_needed(0.025), 20U);
  EXPECT_EQ(replicates_needed(1e-4), 28U);
  EXPECT_THROW(one(integers(27), {1.0}, Link::identity, 1e-4), std::invalid_argument);
  columns[45] = std::nan("");
  EXPECT_THROW(one(columns, {1, -1}, Link::identity, 0.025), std::invalid_argument);
}

// Everything inside at one level is inside at the stricter ones, whatever the law: Bonferroni's intersections
// rest on it.
TEST(LikelihoodInterval, StricterIsWider) {
  std::vector<double> rows;
  for (int i = 0; i < 50; ++i) rows.push_back(std::exp(0.1 * i));
  for (const Link link : {Link::identity, Link::log}) {
    Bounds inner{0, 0};
    double before = 0;
    for (const double tail : {0.1, 0.025, 0.005, 5e-4, 5e-5, 1e-6, 1e-7}) {
      const auto result = one(rows, {1.0}, link, tail);
      if (before > 0) {
        EXPECT_LT(result.interval.low, inner.low);
        EXPECT_GT(result.interval.high, inner.high);
      }
      inner = result.interval;
      before = tail;
    }
  }
}

}  // namespace
}  // namespace twostage
