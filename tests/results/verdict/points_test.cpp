// Shares of points, conditions on metrics, and measured against predicted ratios, on tables whose answers are
// known.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <numeric>

#include "results/verdict/statistics/binomial.hpp"
#include "results/verdict/verdict.hpp"
#include "sim/random/draw.hpp"
#include "sim/random/stream.hpp"
#include "tests/results/verdict/dataset_builder.hpp"

namespace twostage {
namespace {

using test::Builder;
using test::Where;
using ::testing::HasSubstr;
using ::testing::Not;
constexpr double alpha = 0.01;

Verdict judge_one(const Builder& builder, Claim claim) {
  claim.id = "c";
  return judge(builder.data(), {claim}, alpha).at(0);
}
Verdict interval(const Builder& builder, const std::string& formula) {
  return judge_one(builder, {.interval = formula});
}

// Lognormal of mean one, of the replicate and arm alone or of the point too.
double noise(const Where& w, double sigma, bool of_point = true) {
  const RandomSource source(12, "cells test");
  const auto point = of_point ? static_cast<std::uint64_t>(w.horizon * 1e6 + w.pairs * 10) : 0;
  Philox4x64 engine = source.stream(Purpose::data, w.replicate, w.arm, point);
  return std::exp(sigma * draw_normal(engine) - sigma * sigma / 2);
}

// One point for each horizon, at pairs = 100.
Builder row_of_points(std::int64_t points, std::size_t replicates) {
  std::vector<std::int64_t> horizons(static_cast<std::size_t>(points));
  std::iota(horizons.begin(), horizons.end(), 1);
  return Builder(replicates, horizons, {100});
}

// --- agreement of ratios

// Measured dpo : rm+plan = 3, exactly, in every replicate; predicted means 6 and 2.5 over worlds that differ.
TEST(AgreementOfRatios, IsMeasuredOverPredicted) {
  Builder b(200, {1}, {100});
  b.add("regret", {"replicate", "arm"}, [](const Where& w) {
    return (w.arm == 1 ? 3.0 : 1.0) * noise({1, 1, w.replicate, 0, 0}, 1);
  });
  b.add("predicted_regret", {"replicate", "arm"}, [](const Where& w) {
    const double swing = w.replicate % 2 == 0 ? 1 : -1;
    return w.arm == 1 ? 6.0 + swing : 2.5 + swing / 2;
  });
  const Verdict v = interval(b,
                             "agreement(ratio(regret['dpo'], regret['rm+plan']), "
                             "ratio(predicted_regret['dpo'], predicted_regret['rm+plan'])) in [0.9, 1.5]");
  EXPECT_NEAR(v.estimate, 3 / (6 / 2.5), 1e-12);
  EXPECT_TRUE(v.log_scale);
  EXPECT_EQ(v.outcome, Outcome::supported);
  // The worlds' predictions differ by replicate, so the interval has a width: relative deviations 1/6 and 1/5
  // of the alternating swing leave 1/30, with standard error 1 / (30 sqrt 199). Student's at
  // 199 degrees: 2.601.
  const double half = 2.601 / (30 * std::sqrt(199.0));
  EXPECT_NEAR(std::log(v.high / v.low), 2 * half, 0.1 * half);
  const Verdict mixed =
      interval(b, "agreement(regret['dpo'], ratio(regret['rm+plan'], predicted_regret['dpo'])) in (0, 99)");
  EXPECT_NEAR(mixed.estimate, 18, 1e-10);
}

// --- shares of points

// A flicker that leaves intervals with hardly a width: without one there would be none.
double flicker(const Where& w) {
  return w.replicate % 2 == 0 ? 1e-5 : -1e-5;
}

// 40 points with the horizon as their mean.
Builder ladder(std::size_t replicates = 25) {
  Builder b = row_of_points(40, replicates);
  b.add("m", {"replicate"}, [](const Where& w) { return w.horizon + flicker(w); });
  return b;
}

TEST(ShareOfPoints, IsClopperPearsonOverThePoints) {
  const Verdict v = interval(ladder(), "points(mean(m) in [2.5, inf) at 0.95) in [0.8, 1]");
  EXPECT_DOUBLE_EQ(v.estimate, 38.0 / 40);
  EXPECT_DOUBLE_EQ(v.low, clopper_pearson(38, 40, alpha / 2).low);
  EXPECT_DOUBLE_EQ(v.high, clopper_pearson(38, 40, alpha / 2).high);
  EXPECT_DOUBLE_EQ(v.level, 1 - alpha);
  EXPECT_EQ(v.outcome, Outcome::inconclusive);
  EXPECT_EQ(v.points, 40U);
  EXPECT_EQ(v.replicates, 25U);
  EXPECT_THAT(v.evidence, HasSubstr("shown in 38 of 40 points, contradicted in 2, open in 0; "
                                    "contradicted: horizon = 1, pairs = 100: 1 [1, 1]; horizon = 2"));
  EXPECT_EQ(interval(ladder(), "points(mean(m) in [2.5, inf) at 0.95) in [0.7, 1]").outcome,
            Outcome::supported);
  EXPECT_EQ(interval(ladder(), "points(mean(m) in [24.5, inf) at 0.95) in [0.8, 1]").outcome,
            Outcome::refuted);
}

TEST(ShareOfPoints, NamesTheClearestMissesAndKeepsAll) {
  const Verdict v = interval(ladder(), "points(mean(m) in [15.5, inf) at 0.95) in [0.8, 1]");
  EXPECT_THAT(v.evidence, HasSubstr("contradicted: horizon = 1, pairs = 100: 1 [1, 1]"));
  EXPECT_THAT(v.evidence, HasSubstr("horizon = 10, pairs = 100: 10 [10, 10]; and 5 more"));
  EXPECT_THAT(v.evidence, Not(HasSubstr("horizon = 11")));
  ASSERT_EQ(v.parts.size(), 40U);
  EXPECT_EQ(v.parts[14].outcome, Outcome::refuted);
  EXPECT_EQ(v.parts[15].outcome, Outcome::supported);
}

// Each point's interval has the stated level, whatever the other claims and points: Student's at least.
TEST(ShareOfPoints, PointsHaveTheStatedLevel) {
  Builder b = row_of_points(2, 100);
  b.add("m", {"replicate"}, [](const Where& w) { return static_cast<double>(w.replicate % 2); });
  // Standard error of the mean sqrt(1/4 100/99 / 100) = 0.050252; Student's quantile at 99 degrees of freedom
  // for 90 %: 1.660, for 99 %: 2.626. Those of the likelihood stay near.
  for (const auto& [level, quantile] : {std::pair{"0.9", 1.660}, {"0.99", 2.626}}) {
    const Verdict v = interval(b, fmt::format("points(mean(m) in (0, 1) at {}) in [0, 0.9]", level));
    EXPECT_NEAR(v.parts[1].high - 0.5, quantile * 0.050252, 0.1 * quantile * 0.050252);
  }
}

TEST(ShareOfPoints, PointsWithoutAnIntervalAreOpen) {
  Builder b = ladder();
  b.add<std::uint8_t>("status", {"replicate", "arm"},
                      [](const Where& w) { return w.horizon > 30 ? 255 : 0; });
  const Verdict v = interval(b, "points(mean(m) in [2.5, inf) at 0.95) in [0.5, 1]");
  EXPECT_DOUBLE_EQ(v.estimate, (28 + 10 / 2.0) / 40) << "what is open counts one half";
  EXPECT_DOUBLE_EQ(v.low, clopper_pearson(28, 40, alpha / 2).low);
  EXPECT_DOUBLE_EQ(v.high, clopper_pearson(38, 40, alpha / 2).high);
  EXPECT_THAT(v.evidence, HasSubstr("shown in 28 of 40 points, contradicted in 2, open in 10; 10 without an "
                                    "interval, the first: horizon = 31, pairs = 100 (not run)"));
  b.add<std::uint8_t>("status", {"replicate", "arm"}, [](const Where&) { return 255; });
  const Verdict none = interval(b, "points(mean(m) in [2.5, inf) at 0.95) in [0.5, 1]");
  EXPECT_EQ(none.outcome, Outcome::inconclusive);
  EXPECT_EQ(none.estimate, 0.5);
  EXPECT_EQ(none.low, 0);
  EXPECT_EQ(none.high, 1);
}

// A noisy point is no hit: its interval reaches out of the set though its estimate lies in the middle. Nor is
// it a miss: five points that are open may be true, so that a share of .9 is not refuted.
TEST(ShareOfPoints, NoiseNeitherShowsNorContradicts) {
  Builder b = row_of_points(10, 40);
  b.add("m", {"replicate"}, [](const Where& w) { return noise(w, w.horizon <= 5 ? 0.05 : 1.5); });
  const Verdict v = interval(b, "points(agreement(m, 1) in [0.9, 1.1] at 0.95) in [0.9, 1]");
  ASSERT_TRUE(v.tally);
  EXPECT_EQ(v.tally->shown, 5U);
  EXPECT_EQ(v.tally->contradicted, 0U);
  EXPECT_EQ(v.tally->open, 5U);
  EXPECT_DOUBLE_EQ(v.low, clopper_pearson(5, 10, alpha / 2).low);
  EXPECT_EQ(v.high, 1);
  EXPECT_EQ(v.outcome, Outcome::inconclusive);
  EXPECT_THAT(v.evidence, HasSubstr("shown in 5 of 10 points, contradicted in 0, open in 5; open: horizon"));
}

// Nothing but noise: whatever is claimed of the share stays open, from either side.
TEST(ShareOfPoints, WhereEverythingIsOpenNothingIsDecided) {
  // Half of the replicates at .5 and half at 1.5: standard error .1, an interval of .8 to 1.2.
  Builder b = row_of_points(12, 26);
  b.add("m", {"replicate"}, [](const Where& w) { return w.replicate % 2 == 0 ? 0.5 : 1.5; });
  for (const char* share : {"[0.92, 1]", "[0, 0.5)"}) {
    const Verdict v = interval(b, fmt::format("points(agreement(m, 1) in [0.9, 1.1] at 0.95) in {}", share));
    EXPECT_EQ(v.outcome, Outcome::inconclusive) << share;
    EXPECT_EQ(v.tally->open, 12U);
  }
}

// Eight points of 40 lie at 3, outside [0, 2], twelve are open, the rest is shown: what refutes is the eight.
TEST(ShareOfPoints, IsRefutedByTheContradictedAlone) {
  Builder b = row_of_points(40, 40);
  b.add("m", {"replicate"}, [](const Where& w) {
    const double mean = w.horizon <= 8 ? 3 : w.horizon <= 20 ? 2 : 1;  // 2 is the edge
    return mean + (w.replicate % 2 == 0 ? 0.5 : -0.5);
  });
  const std::string inner = "points(mean(m) in [0, 2] at 0.95) in ";
  const Verdict v = interval(b, inner + "[0.96, 1]");
  EXPECT_EQ(v.tally->shown, 20U);
  EXPECT_EQ(v.tally->contradicted, 8U);
  EXPECT_EQ(v.tally->open, 12U);
  EXPECT_DOUBLE_EQ(v.low, clopper_pearson(20, 40, alpha / 2).low);
  EXPECT_DOUBLE_EQ(v.high, clopper_pearson(32, 40, alpha / 2).high);
  EXPECT_EQ(v.outcome, Outcome::refuted);  // the upper end for 32 of 40 is .9318
  EXPECT_EQ(interval(b, inner + "[0.6, 1]").outcome, Outcome::inconclusive);
  EXPECT_EQ(interval(b, inner + "[0.25, 1]").outcome, Outcome::supported);
}

// Over points drawn at random the share is of points: 2000 tables of 60 points, each inside with probability
// 0.9; Clopper-Pearson errs at most alpha = 0.01, so that more than 35 misses (20 expected at most, standard
// deviation 4.5) have probability < 0.1 %.
TEST(ShareOfPoints, CoversTheShareOfThePopulation) {
  int missed = 0;
  for (std::uint64_t d = 0; d < 2000; ++d) {
    Builder b = row_of_points(60, 20);
    b.add("m", {"replicate"}, [d](const Where& w) {
      const RandomSource source(5, "population of cells");
      Philox4x64 engine = source.stream(Purpose::data, d, 0, static_cast<std::uint64_t>(w.horizon));
      return (draw_uniform(engine) < 0.9 ? 1.0 : 3.0) + flicker(w);
    });
    const Verdict v = interval(b, "points(mean(m) in [0, 2] at 0.95) in [0, 0.99]");
    missed += v.low > 0.9 || v.high < 0.9;
  }
  EXPECT_LE(missed, 35);
  EXPECT_GE(missed, 1);  // and the interval is no wider than it must be by much
}

// --- winners

// dpo against rm+plan in 30 points: ratio 2 in the first ten, 1/2 in the next, equal with noise in the last.
// Predicted: dpo always loses, but for point 20, where it is said to win.
Builder duel() {
  Builder b = row_of_points(30, 50);
  b.add("regret", {"replicate", "arm"}, [](const Where& w) {
    const double ratio = w.horizon <= 10 ? 2 : w.horizon <= 20 ? 0.5 : 1;
    return (w.arm == 1 ? ratio : 1) * noise(w, 0.3);
  });
  b.add("predicted_regret", {"arm"}, [](const Where& w) {
    return w.arm != 1 ? 1.0 : w.horizon <= 9 || w.horizon == 20 ? 1.5 : 0.5;
  });
  return b;
}

TEST(Winner, IsToldAmongTheDecidedPoints) {
  const Verdict v =
      interval(duel(),
               "points(winner(regret['dpo'], regret['rm+plan']) == winner(predicted_regret['dpo'], "
               "predicted_regret['rm+plan']) at 0.999) in [0.5, 1]");
  // Wrong at 10 (measured 2, predicted 1/2) and 20 (measured 1/2, predicted 3/2); none of the ten equal
  // points is decided, but with probability 1 %.
  EXPECT_DOUBLE_EQ(v.estimate, 18.0 / 20);
  EXPECT_DOUBLE_EQ(v.low, clopper_pearson(18, 20, alpha / 2).low);
  EXPECT_EQ(v.outcome, Outcome::supported);
  EXPECT_THAT(v.evidence,
              HasSubstr("as predicted in 18 of 20 points, contradicted in 2, open in 0; 10 undecided, which "
                        "play no part; contradicted: horizon = "));
  EXPECT_THAT(v.evidence, HasSubstr(", predicted 0.5"));
  EXPECT_EQ(v.parts[9].outcome, Outcome::refuted);
  EXPECT_EQ(v.parts[19].outcome, Outcome::refuted);
  EXPECT_EQ(v.parts[25].outcome, Outcome::inconclusive);
  EXPECT_EQ(v.parts[0].outcome, Outcome::supported);
  EXPECT_NEAR(v.parts[0].estimate, 2, 0.3);
}

TEST(Winner, WithoutADecidedCellIsInconclusive) {
  const Verdict v =
      interval(duel(),
               "points(winner(regret['dpo'], regret['rm+plan']) == winner(predicted_regret['dpo'], "
               "predicted_regret['rm+plan']) at 0.999) in [0.5, 1] where horizon > 20");
  EXPECT_EQ(v.outcome, Outcome::inconclusive);
  EXPECT_THAT(v.evidence, HasSubstr("no point tells a winner; 10 undecided"));
}

// --- conditions on metrics

// kappa by replicate is horizon / 100 on average; regime is "within" up to horizon 4, in point 4 but for one
// replicate of two.
Builder regimes() {
  Builder b = row_of_points(8, 24);
  b.add("m", {"replicate"}, [](const Where& w) { return w.horizon + flicker(w); });
  b.add("kappa", {"replicate", "arm"},
        [](const Where& w) { return w.horizon / 100 + (w.replicate % 2 == 0 ? 0.05 : -0.05); });
  b.add<std::uint8_t>("regime", {"replicate", "arm"}, [](const Where& w) {
    return w.horizon < 4 ? 0 : w.horizon == 4 ? static_cast<double>(w.replicate % 2) : 1;
  });
  b.data().variables.back().attributes = {{"flag_values", std::vector<std::uint8_t>{0, 1, 255}},
                                          {"flag_meanings", std::string("within outside not_run")}};
  return b;
}

std::size_t points_where(const Builder& b, const std::string& condition) {
  return interval(b, "mean(m) in (0, 9) where " + condition).points;
}

TEST(ConditionOnMetrics, NumbersByTheirMeanNamesByAllReplicates) {
  const Builder b = regimes();
  EXPECT_EQ(points_where(b, "kappa['dpo'] < 0.035"), 3U);
  EXPECT_EQ(points_where(b, "2 * kappa['dpo'] >= kappa['sft'] + 0.055"), 3U);
  EXPECT_EQ(points_where(b, "regime['rm+plan'] == 'within'"), 3U);
  EXPECT_EQ(points_where(b, "regime['rm+plan'] == 'outside'"), 4U);
  EXPECT_EQ(points_where(b, "regime['rm+plan'] != 'within'"), 4U);
  EXPECT_EQ(points_where(b, "regime['rm+plan'] == 'within' and (horizon == 1 or kappa['dpo'] > 0.025)"), 2U);
  EXPECT_EQ(points_where(b, "(kappa['dpo'] + 1) * 2 > 2.165"), 0U);
  EXPECT_THAT(interval(b, "mean(m) in (0, 9) where kappa['dpo'] > 1").evidence,
              HasSubstr("no point of these results meets the condition"));
}

TEST(ConditionOnMetrics, IsNoReasonToLookAtAnArmsFits) {
  Builder b = regimes();
  b.add<std::uint8_t>("status", {"replicate", "arm"}, [](const Where& w) { return w.arm == 2 ? 1 : 0; });
  b.add("x", {"replicate", "arm"}, [](const Where& w) { return w.horizon + flicker(w); });
  const std::string claim = "mean(x['dpo']) in (0, 9) where regime['sft'] == 'within' and kappa['sft'] < 1";
  EXPECT_EQ(interval(b, claim).outcome, Outcome::supported);
  // And it switches no check off: the arm that the claim is about must have finished.
  EXPECT_EQ(interval(b, "mean(x['sft']) in (0, 9) where regime['dpo'] == 'within'").outcome,
            Outcome::inconclusive);
}

TEST(ConditionOnMetrics, PassesNoCellOverBecauseItWasNotRun) {
  Builder b = regimes();
  b.add<std::uint8_t>("status", {"replicate", "arm"},
                      [](const Where& w) { return w.horizon == 8 ? 255 : 0; });
  b.add<std::uint8_t>("regime", {"replicate", "arm"},
                      [](const Where& w) { return w.horizon == 8 ? 255 : 0; });
  b.data().variables.back().attributes = {{"flag_values", std::vector<std::uint8_t>{0, 255}},
                                          {"flag_meanings", std::string("within not_run")}};
  const Verdict v = interval(b, "mean(m) in (0, 9) where regime['dpo'] == 'within'");
  EXPECT_EQ(v.points, 8U);
  EXPECT_EQ(v.outcome, Outcome::inconclusive);
  EXPECT_THAT(v.evidence, HasSubstr("not run"));
}

}  // namespace
}  // namespace twostage
