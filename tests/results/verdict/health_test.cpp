// Which replicates a verdict may use: unfinished arms, points of different length, estimates that need not
// exist. What cannot be used is counted, never averaged in silence.
#include "results/verdict/health.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/results/verdict/judging.hpp"

namespace twostage {
namespace {

using test::Builder;
using test::holds;
using test::interval;
using test::judge_one;
using test::nan;
using test::noise;
using test::regrets;
using test::Where;
using ::testing::HasSubstr;

TEST(Health, UnfinishedReplicatesAreNeverAveragedInSilence) {
  // 400 replicates, three of which failed and hold no number; then five.
  for (const std::size_t failed : {3U, 5U}) {
    Builder b = regrets(400, 0.02);
    const auto fails = [failed](const Where& w) {
      return w.arm == 1 && w.horizon == 2 && w.replicate < failed;
    };
    b.add("regret", {"replicate", "arm"}, [&](const Where& w) { return fails(w) ? nan : noise(w, 1, 0.02); });
    b.add<std::uint8_t>("status", {"replicate", "arm"}, [&](const Where& w) { return fails(w) ? 3 : 0; });
    const std::string formula = "ratio(regret['dpo'], regret['rm+plan']) in (0.8, 1.2) where horizon >= 2";
    const Verdict v = interval(b, formula);
    EXPECT_THAT(v.evidence + v.parts[0].note,
                HasSubstr(std::to_string(failed) + " of 400 replicates did not finish"));
    EXPECT_EQ(v.parts[0].outcome, failed == 3 ? Outcome::supported : Outcome::inconclusive);
    EXPECT_EQ(v.outcome, failed == 3 ? Outcome::supported : Outcome::inconclusive);
    EXPECT_EQ(v.parts[2].outcome, Outcome::supported);  // horizon 4 is whole
    EXPECT_EQ(v.parts[0].replicates, 400 - failed);
  }
}

TEST(Health, NotConvergedAndNotRunCountAsUnfinished) {
  for (const int status : {1, 2, 255}) {
    Builder b = regrets(100, 0.02);
    b.add<std::uint8_t>("status", {"replicate", "arm"},
                        [&](const Where& w) { return w.arm == 0 && w.replicate < 2 ? status : 0; });
    EXPECT_EQ(interval(b, "mean(regret['rm+plan']) in (0, 1)").outcome, Outcome::inconclusive);
    EXPECT_EQ(interval(b, "mean(regret['dpo']) in (0, 1)").outcome, Outcome::supported);
    EXPECT_EQ(interval(b, "proportion(status['rm+plan'] == 0) in (0, 1)").replicates, 100U);
  }
}

// Points with fewer replicates than others: horizon 1 has 40, horizon 2 has 80, horizon 4 all 160. Beyond
// them stands what a result file holds there.
Builder of_different_length(const std::function<std::size_t(const Where&)>& length) {
  Builder b(160);
  b.add<std::uint8_t>("status", {"replicate", "arm"},
                      [&](const Where& w) { return w.replicate < length(w) ? 0 : 255; });
  b.add("regret", {"replicate", "arm"}, [&](const Where& w) {
    return w.replicate < length(w) ? (1.0 + static_cast<double>(w.arm)) * noise(w, 0.5, 0.1) : nan;
  });
  b.add<std::uint8_t>("existence", {"replicate", "arm"}, [&](const Where& w) {
    return w.replicate >= length(w) ? 255 : w.replicate % 4 == 0 ? 1 : 0;
  });
  b.data().variables.back().attributes = {{"flag_values", std::vector<std::uint8_t>{0, 1, 255}},
                                          {"flag_meanings", std::string("flat unique not_run")}};
  return b;
}

std::size_t by_horizon(const Where& w) {
  return static_cast<std::size_t>(40 * w.horizon);
}

TEST(Health, ACellHasItsOwnReplicates) {
  const Builder b = of_different_length(by_horizon);
  const Verdict ratio = interval(b, "ratio(regret['dpo'], regret['rm+plan']) in (1, inf)");
  EXPECT_EQ(ratio.outcome, Outcome::supported) << ratio.evidence;
  EXPECT_EQ(ratio.parts[0].replicates, 40U);
  EXPECT_EQ(ratio.parts[2].replicates, 80U);
  EXPECT_EQ(ratio.parts[5].replicates, 160U);
  for (const VerdictPart& part : ratio.parts) EXPECT_EQ(part.note, "");
  // A quarter of those there, though flags count how fits ended and `not_run` has a name.
  const Verdict share = interval(b, "proportion(existence['dpo'] == 'unique') in (0, 0.5)");
  for (const VerdictPart& part : share.parts) EXPECT_EQ(part.estimate, 0.25) << part.point;
  EXPECT_EQ(interval(b, "probability(regret['dpo'] > regret['rm+plan']) in (0.5, 1]").parts[1].replicates,
            40U);
  EXPECT_EQ(judge_one(b, {.interval = "mean(regret['dpo']) in (0, 9)", .requires_existence = true}).outcome,
            Outcome::supported);
  const Verdict all = holds(b, "regret['dpo'] > 0");
  EXPECT_EQ(all.outcome, Outcome::holds) << all.evidence;
  EXPECT_EQ(all.replicates, 160U);
  EXPECT_EQ(holds(b, "status['dpo'] == 0").outcome, Outcome::holds);
  EXPECT_THAT(holds(b, "regret['dpo'] < 0").evidence, HasSubstr("560 of 560 elements fail"));
}

// The file of a point alone gives the point's interval: what stands beyond its replicates plays no part.
TEST(Health, LengthensNoCellByItsNeighbours) {
  const char* claim =
      "ratio(regret['dpo'], regret['rm+plan']) in (1, inf) where horizon == 1 and pairs == 100";
  Builder alone(40, {1}, {100});
  alone.add("regret", {"replicate", "arm"},
            [](const Where& w) { return (1.0 + static_cast<double>(w.arm)) * noise(w, 0.5, 0.1); });
  const Verdict among = interval(of_different_length(by_horizon), claim);
  const Verdict by_itself = interval(alone, claim);
  EXPECT_EQ(among.low, by_itself.low);
  EXPECT_EQ(among.high, by_itself.high);
}

TEST(Health, LinesTakeEachPointsOwnReplicates) {
  const Builder b = of_different_length(by_horizon);
  // Means of the points by hand: the slope is least squares through means over 40, 80 and 160 replicates.
  const auto mean = [](double horizon) {
    double sum = 0;
    const auto count = static_cast<std::size_t>(40 * horizon);
    for (std::size_t r = 0; r < count; ++r) sum += 2 * noise({horizon, 100, r, 1, 0}, 0.5, 0.1);
    return sum / static_cast<double>(count);
  };
  const double centre = 7.0 / 3;
  const double slope =
      ((1 - centre) * mean(1) + (2 - centre) * mean(2) + (4 - centre) * mean(4)) / (14.0 / 3);
  const Verdict v = interval(b, "trend(mean(regret['dpo']), horizon) in (-1, 1) where pairs == 100");
  EXPECT_NEAR(v.estimate, slope, 1e-12);
  EXPECT_EQ(v.outcome, Outcome::supported);
  EXPECT_EQ(v.replicates, 40U);  // of the shortest
}

// Three failures among 160 replicates are 2 % of them, and 8 % of the 40 that the shortest point has.
TEST(Health, FailuresCountAgainstTheCellTheyAreIn) {
  Builder b = of_different_length(by_horizon);
  b.add<std::uint8_t>("status", {"replicate", "arm"}, [&](const Where& w) {
    return w.replicate >= by_horizon(w) ? 255 : w.horizon == 1 && w.replicate < 3 ? 1 : 0;
  });
  const Verdict line = interval(b, "trend(mean(regret['dpo']), horizon) in (-1, 1) where pairs == 100");
  EXPECT_EQ(line.outcome, Outcome::inconclusive);
  EXPECT_THAT(line.evidence, HasSubstr("3 of 40 replicates did not finish"));
  EXPECT_EQ(interval(b, "mean(regret['dpo']) in (0, 9) where horizon >= 2").outcome, Outcome::supported);
}

TEST(Health, ACellThatWasNotRunIsSaidToBe) {
  const Builder b = of_different_length(
      [](const Where& w) { return w.horizon == 2 && w.pairs == 400 ? std::size_t{0} : std::size_t{100}; });
  const Verdict points = interval(b, "mean(regret['dpo']) in (0, 9)");
  EXPECT_EQ(points.outcome, Outcome::inconclusive);
  EXPECT_THAT(points.evidence, HasSubstr("least favourable: horizon = 2, pairs = 400; not run"));
  EXPECT_EQ(points.parts[2].outcome, Outcome::supported);
  const Verdict line = interval(b, "trend(mean(regret['dpo']), pairs) in (-1, 1) where horizon == 2");
  EXPECT_EQ(line.outcome, Outcome::inconclusive);
  EXPECT_THAT(line.evidence, HasSubstr("not run at horizon = 2, pairs = 400"));
  const Verdict all = holds(b, "regret['dpo'] > 0");
  EXPECT_EQ(all.outcome, Outcome::inconclusive);
  EXPECT_THAT(all.evidence, HasSubstr("not run in 1 of 6 points, the first at horizon = 2, pairs = 400"));
  EXPECT_EQ(holds(b, "regret['dpo'] > 0 where horizon == 4").outcome, Outcome::holds);
  EXPECT_EQ(holds(b, "regret['dpo'] < 0").outcome, Outcome::fails);
  EXPECT_EQ(judge_one(b, {.interval = "mean(regret['dpo']) in (0, 9)", .requires_existence = true}).outcome,
            Outcome::inconclusive);
}

TEST(Health, UnpenalisedEstimatesMustExist) {
  // 0 no exact test, 1 not attained, 2 flat, 3 unique.
  const auto outcome = [](double first, double second) {
    Builder b = regrets(200, 0.02);
    b.add<std::uint8_t>("existence", {"replicate", "arm"}, [&](const Where& w) {
      if (w.arm == 1) return w.replicate == 0 ? first : w.replicate < 3 ? second : 3;
      return w.arm == 2 ? 0.0 : 2.0;
    });
    b.data().variables.back().attributes = {
        {"flag_values", std::vector<std::uint8_t>{0, 1, 2, 3}},
        {"flag_meanings", std::string("no_exact_test not_attained flat unique")}};

    return judge_one(
        b, {.interval = "ratio(regret['dpo'], regret['rm+plan']) in (1, inf)", .requires_existence = true});
  };
  EXPECT_EQ(outcome(3, 3).outcome, Outcome::supported);
  EXPECT_EQ(outcome(1, 3).outcome, Outcome::supported);  // 99.5 %
  EXPECT_EQ(outcome(1, 2).outcome, Outcome::supported);
  const Verdict v = outcome(1, 1);  // 98.5 %
  EXPECT_EQ(v.outcome, Outcome::inconclusive);
  EXPECT_THAT(v.evidence,
              HasSubstr("'dpo' is known to exist in 98.5 % of the replicates at horizon = 1, pairs = 100"));
  EXPECT_TRUE(std::isnan(v.estimate));
  EXPECT_EQ(outcome(0, 0).outcome, Outcome::inconclusive);  // no exact test: not shown to exist
}

TEST(Health, ExistenceFlagsAreReadFromTheFile) {
  Builder b = regrets(50, 0.02);
  b.add<std::uint8_t>("existence", {"replicate", "arm"}, [](const Where&) { return 7; });
  b.data().variables.back().attributes = {{"flag_values", std::vector<std::uint8_t>{7, 8}},
                                          {"flag_meanings", std::string("unique not_attained")}};
  const Claim claim{.interval = "mean(regret['dpo']) in (0, 1)", .requires_existence = true};
  EXPECT_EQ(judge_one(b, claim).outcome, Outcome::supported);
  b.data().variables.back().attributes["flag_meanings"] = std::string("not_attained unique");
  EXPECT_EQ(judge_one(b, claim).outcome, Outcome::inconclusive);
}

}  // namespace
}  // namespace twostage
