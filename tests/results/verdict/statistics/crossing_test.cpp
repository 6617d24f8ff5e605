// Crossings: zeros of broken lines worked out by hand, intervals by test inversion, and their coverage on
// data whose crossing is known.
#include "results/verdict/statistics/crossing.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "results/verdict/verdict.hpp"
#include "sim/random/draw.hpp"
#include "sim/random/stream.hpp"
#include "tests/results/verdict/dataset_builder.hpp"

namespace twostage {
namespace {

using claims::crossing_of;
using claims::LinePoint;
using test::Builder;
using test::Where;
using ::testing::HasSubstr;

constexpr double kInf = std::numeric_limits<double>::infinity();

// From 1 at x = 0 to -1 at x = 2, known to 0.5: the zero is at 1, and the band holds 0 from 1/2 to 3/2.
TEST(Crossing, OfALineWithABand) {
  const auto crossing = crossing_of(std::vector<LinePoint>{{0, 1, 0.5, 1.5}, {2, -1, -1.5, -0.5}});
  EXPECT_DOUBLE_EQ(crossing.estimate, 1);
  EXPECT_DOUBLE_EQ(crossing.low, 0.5);
  EXPECT_DOUBLE_EQ(crossing.high, 1.5);
  EXPECT_EQ(crossing.zeros, 1);
}

// Zeros at 1/2 (from 1 to -1), 3/2 (to 1) and 5/2 (to -1); the hull of where a band of half-width 1/2 holds 0
// runs from 1/4 to 11/4.
TEST(Crossing, SeveralZerosCountByTheirMean) {
  const auto crossing = crossing_of(
      std::vector<LinePoint>{{0, 1, 0.5, 1.5}, {1, -1, -1.5, -0.5}, {2, 1, 0.5, 1.5}, {3, -1, -1.5, -0.5}});
  EXPECT_EQ(crossing.zeros, 3);
  EXPECT_DOUBLE_EQ(crossing.estimate, 1.5);
  EXPECT_DOUBLE_EQ(crossing.low, 0.25);
  EXPECT_DOUBLE_EQ(crossing.high, 2.75);
}

TEST(Crossing, EndsBeyondTheAxisAreInfinite) {
  const auto early = crossing_of(std::vector<LinePoint>{{0, 0.1, -0.4, 0.6}, {1, -1, -1.5, -0.5}});
  EXPECT_EQ(early.low, -kInf);
  EXPECT_DOUBLE_EQ(early.high, 0.6 / 1.1);  // the upper end falls from 0.6 to -0.5
  const auto unbounded = crossing_of(std::vector<LinePoint>{{0, 1, -kInf, kInf}, {1, -1, -1.5, -0.5}});
  EXPECT_EQ(unbounded.low, -kInf);
  EXPECT_EQ(unbounded.high, 1);  // between the points nothing holds the line
  // A point in the middle that the data do not bound leaves open all between its neighbours.
  const auto gap =
      crossing_of(std::vector<LinePoint>{{0, 1, 0.5, 1.5}, {1, 0.1, -kInf, kInf}, {2, -1, -1.5, -0.5}});
  EXPECT_EQ(gap.low, 0);
  EXPECT_EQ(gap.high, 2);
}

// A line that stays clear of 0 crosses beyond the end that it is nearer to 0 at.
TEST(Crossing, BeyondTheEndThatTheLineApproaches) {
  const auto later = crossing_of(std::vector<LinePoint>{{0, 2, 1.9, 2.1}, {1, 1, 0.9, 1.1}});
  EXPECT_EQ(later.zeros, 0);
  EXPECT_TRUE(std::isnan(later.estimate));
  EXPECT_EQ(later.low, 1);
  EXPECT_EQ(later.high, kInf);
  const auto earlier = crossing_of(std::vector<LinePoint>{{0, -1, -1.1, -0.9}, {1, -2, -2.1, -1.9}});
  EXPECT_EQ(earlier.low, -kInf);
  EXPECT_EQ(earlier.high, 0);
}

// Lognormal regrets whose mean ratio is (crosses / pairs)^0.7, so that the logarithms are a straight line;
// the prediction crosses at 250.
Builder falling(std::uint64_t data_set, double crosses, std::size_t replicates, double sigma = 0.5,
                std::vector<std::int64_t> horizons = {1}) {
  Builder b(replicates, std::move(horizons), {100, 150, 225, 340, 500, 750});
  b.add("regret", {"replicate", "arm"}, [=](const Where& w) {
    auto engine =
        RandomSource(5, "crossing test")
            .stream(Purpose::data, w.replicate, data_set * 4 + w.arm, static_cast<std::uint64_t>(w.pairs));
    const double mean = w.arm == 1 ? std::pow(crosses / w.pairs, 0.7) : 1.0;
    return mean * std::exp(sigma * draw_normal(engine) - sigma * sigma / 2);
  });
  b.add("predicted_regret", {"replicate", "arm"}, [](const Where& w) {
    return w.arm == 1 && w.horizon < 3 ? std::pow(250 / w.pairs, 0.7) : 1.0 + w.horizon;
  });
  return b;
}

const std::string kRelative =
    "crossing(ratio(regret['dpo'], regret['rm+plan']), ratio((1 + horizon) * predicted_regret['dpo'], "
    "predicted_regret['rm+plan']), pairs) in [0.85, 1.15]";

Verdict verdict(const Builder& b, const std::string& formula) {
  return judge(b.data(), {Claim{.id = "c", .statement = "s", .interval = formula}}, 0.01).at(0);
}

TEST(CrossingClaim, IsSupportedRefutedOrOpen) {
  const Verdict near = verdict(falling(0, 260, 4000), kRelative);
  EXPECT_EQ(near.outcome, Outcome::supported) << near.evidence;
  EXPECT_NEAR(near.estimate, 260.0 / 250, 0.05);
  ASSERT_EQ(near.parts.size(), 1u);
  EXPECT_NEAR(near.parts[0].predicted, 250, 1e-9);
  EXPECT_EQ(verdict(falling(0, 400, 4000), kRelative).outcome, Outcome::refuted);
  EXPECT_EQ(verdict(falling(0, 260, 60), kRelative).outcome, Outcome::inconclusive);
  // Beyond the axis: from 750 on, which is 3 times the prediction.
  const Verdict beyond = verdict(falling(0, 4000, 400), kRelative);
  EXPECT_EQ(beyond.outcome, Outcome::refuted);
  EXPECT_NEAR(beyond.low, 3, 1e-12);
  EXPECT_THAT(beyond.evidence, HasSubstr("no crossing"));
  const Verdict plain = verdict(falling(0, 260, 4000),
                                "crossing(ratio(regret['dpo'], regret['rm+plan']), pairs) in [200, 300]");
  EXPECT_EQ(plain.outcome, Outcome::supported);
  EXPECT_NEAR(plain.estimate, 260, 10);
}

// The prediction crosses at horizons 1 and 2 only, and not where the condition leaves n <= 225.
TEST(CrossingClaim, LeavesOutLinesWithoutAPredictedCrossing) {
  const Builder b = falling(0, 260, 4000, 0.3, {1, 2, 3, 4});
  const Verdict v = verdict(b, kRelative);
  EXPECT_EQ(v.parts.size(), 2u);
  EXPECT_NEAR(v.level, 1 - 0.01 / 2, 1e-12);
  const Verdict none = verdict(b, kRelative + " where pairs <= 225");
  EXPECT_EQ(none.outcome, Outcome::inconclusive);
  EXPECT_THAT(none.evidence, HasSubstr("no line"));
}

// Arms that are one at n = 225, in every replicate, leave the crossing open between the neighbours of that
// point.
TEST(CrossingClaim, IsOpenWhereACellBoundsNothing) {
  Builder b = falling(0, 260, 400, 0.3);
  b.add("regret", {"replicate", "arm"}, [](const Where& w) {
    if (w.pairs == 225) return 1 + 0.01 * static_cast<double>(w.replicate);
    const double mean = w.arm == 1 ? std::pow(260 / w.pairs, 2) : 1.0;
    return mean * (1 + 0.001 * static_cast<double>((w.replicate * (w.arm + 3)) % 7));
  });
  const Verdict v = verdict(b, "crossing(ratio(regret['dpo'], regret['rm+plan']), pairs) in [200, 300]");
  EXPECT_EQ(v.outcome, Outcome::inconclusive);
  EXPECT_NEAR(v.low, 150, 1e-9);
  EXPECT_NEAR(v.high, 340, 1e-9);
  EXPECT_THAT(v.evidence, HasSubstr("no bound at"));
  EXPECT_THAT(v.evidence, HasSubstr("all 400 replicates agree"));
}

// Coverage of 99 % intervals over 400 data sets of 60 replicates with sigma = 1. The true line is straight,
// so the interval may be conservative but not short: with coverage 0.975, 22 misses or more (of 10 expected)
// have probability 1e-3, with 0.99 (4 expected) below 1e-9; false-alarm rate 1e-9.
TEST(CrossingClaim, IntervalsCoverTheTruth) {
  const double crosses = 290;
  int missed = 0;
  double width = 0;
  for (std::uint64_t d = 1; d <= 400; ++d) {
    const Verdict v = verdict(falling(d, crosses, 60, 1.0), kRelative);
    if (!(v.low <= crosses / 250 && v.high >= crosses / 250)) ++missed;
    if (std::isfinite(v.high) && v.low > 0) width += std::log(v.high / v.low) / 400;
  }
  EXPECT_LT(missed, 22);
  // The line's error is about sqrt(2) * 1.31 / sqrt(60) * 0.75 (between two points) / 0.7 in log pairs, and
  // 99 % are 2.66 of them to each side: 1.4 in all, if all are bounded.
  EXPECT_LT(width, 2.5);
}

}  // namespace
}  // namespace twostage
