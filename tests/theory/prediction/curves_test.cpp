// Crossings and sample sizes of curves whose answers are known by hand, and what they cost: predict asks
// curves that take milliseconds.
#include "theory/prediction/curves.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace twostage {
namespace {

Curve line(double floor, double slope) {
  return [=](double n) { return floor + slope / n; };
}

// b + v / n = w / n at n = (w - v) / b.
TEST(Contest, CrossesWhereTheFloorTakesOver) {
  for (const double b : {1e-6, 1e-4, 0.01, 0.1}) {
    const Contest fought = contest(line(b, 1), line(0, 5), 10, 1e10);
    ASSERT_EQ(fought.turns.size(), 1u) << b;
    EXPECT_NEAR(fought.turns[0], 4 / b, 1e-8 * 4 / b);
    EXPECT_EQ(fought.lower, 1) << "more data than that, and the curve without a floor is the lower";
  }
}

// The difference of x = log n is (x - 4)(x - 5)(x - 6) to a constant factor: three turns.
TEST(Contest, FindsEveryTurnInOrder) {
  const auto cubic = [](double n) {
    const double x = std::log(n);
    return std::exp(1e-2 * (x - 4) * (x - 5) * (x - 6));
  };
  const Contest fought = contest(
      cubic, [](double) { return 1.0; }, 10, 1e6);
  ASSERT_EQ(fought.turns.size(), 3u);
  for (int k = 0; k < 3; ++k) EXPECT_NEAR(std::log(fought.turns[static_cast<std::size_t>(k)]), 4 + k, 1e-8);
  EXPECT_EQ(fought.lower, 1);
}

TEST(Contest, EqualCurvesHaveNoWinnerAndNoTheoryGivesNone) {
  const auto nothing = [](double) { return std::numeric_limits<double>::quiet_NaN(); };
  EXPECT_EQ(contest(line(0, 2), line(0, 2 + 1e-12), 10, 1e6).lower, 0);
  EXPECT_EQ(contest(line(0, 2), nothing, 10, 1e6).lower, 0);
  EXPECT_TRUE(contest(line(0, 2), nothing, 10, 1e6).turns.empty());
}

// A curve that has no value where there are few pairs (no estimate exists, say).
TEST(PairsFor, IsTheInverseOfTheCurveWhereverItHasOne) {
  EXPECT_NEAR(pairs_for(line(0, 3), 0.01), 300, 1e-7 * 300);
  EXPECT_NEAR(pairs_for(line(0.005, 3), 0.01), 600, 1e-7 * 600);
  EXPECT_EQ(pairs_for(line(0.02, 3), 0.01), std::numeric_limits<double>::infinity());
  EXPECT_EQ(pairs_for(line(0, 3), 5), 1);
  const Curve late = [](double n) { return n < 50 ? std::numeric_limits<double>::quiet_NaN() : 3 / n; };
  EXPECT_NEAR(pairs_for(late, 0.01), 300, 1e-7 * 300);
}

TEST(Curves, AreAskedSeldom) {
  int asked = 0;
  const auto counted = [&](Curve curve) -> Curve {
    return [&asked, curve = std::move(curve)](double n) {
      ++asked;
      return curve(n);
    };
  };
  pairs_for(counted([](double n) { return 0.001 + 3 / n + 200 / (n * n); }), 0.01);
  EXPECT_LE(asked, 20);
  asked = 0;
  contest(counted(line(0.001, 1)), line(0, 5), 10, 1e10);
  EXPECT_LE(asked, 60);
}

}  // namespace
}  // namespace twostage
