#include <gtest/gtest.h>

#include <cmath>

#include "results/verdict/statistics/binomial.hpp"

namespace twostage {
namespace {

// P(at least k successes of n), by summing.
double upper_tail(int k, int n, double p) {
  double total = 0;
  for (int i = k; i <= n; ++i)
    total += std::exp(std::lgamma(n + 1) - std::lgamma(i + 1) - std::lgamma(n - i + 1)) * std::pow(p, i) *
             std::pow(1 - p, n - i);
  return total;
}

TEST(ClopperPearson, BoundsAreWhereTheTailsEqualTheError) {
  for (const int k : {1, 5, 9}) {
    const Bounds bounds = clopper_pearson(k, 10, 0.025);
    EXPECT_NEAR(upper_tail(k, 10, bounds.low), 0.025, 1e-10);
    EXPECT_NEAR(1 - upper_tail(k + 1, 10, bounds.high), 0.025, 1e-10);
  }
}

TEST(ClopperPearson, AtTheEndsInClosedForm) {
  // (1 - high)^n = tail when nothing succeeded.
  const Bounds none = clopper_pearson(0, 400, 0.005);
  EXPECT_EQ(none.low, 0);
  EXPECT_NEAR(none.high, 1 - std::pow(0.005, 1.0 / 400), 1e-12);
  const Bounds all = clopper_pearson(400, 400, 0.005);
  EXPECT_NEAR(all.low, std::pow(0.005, 1.0 / 400), 1e-12);
  EXPECT_EQ(all.high, 1);
}

TEST(ClopperPearson, HalfATieMovesEachBoundOutwards) {
  const Bounds half = clopper_pearson(5.5, 10, 0.025);
  EXPECT_EQ(half.low, clopper_pearson(5, 10, 0.025).low);
  EXPECT_EQ(half.high, clopper_pearson(6, 10, 0.025).high);
}

TEST(SignTest, CountsTheTwoTails) {
  EXPECT_NEAR(sign_test(8, 2), 2 * (1 + 10 + 45) / 1024.0, 1e-12);
  EXPECT_EQ(sign_test(5, 5), 1);
  EXPECT_EQ(sign_test(0, 0), 1);
}

}  // namespace
}  // namespace twostage
