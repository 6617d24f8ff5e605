#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/results/verdict/judging.hpp"

namespace twostage {
namespace {

using test::alpha;
using test::Builder;
using test::holds;
using test::interval;
using test::judge_one;
using test::nan;
using test::noise;
using test::regrets;
using test::Where;
using ::testing::HasSubstr;

// --- holds

Builder gaps() {
  Builder builder(5);
  builder.add("policy_gap", {"replicate", "arm", "arm_b"}, [](const Where& w) {
    if (w.arm == w.arm_b) return 0.0;
    if (w.arm + w.arm_b == 3) return 0.5;  // dpo, sft
    return w.horizon == 1 ? 1e-12 * static_cast<double>(w.replicate) : 0.01 * w.horizon;
  });
  return builder;
}

TEST(Holds, TrueOfEverySelectedElement) {
  const Verdict v = holds(gaps(), "policy_gap['dpo', 'rm+plan'] < 1e-8 where horizon == 1");
  EXPECT_EQ(v.outcome, Outcome::holds);
  EXPECT_EQ(v.points, 2U);
  EXPECT_EQ(v.replicates, 5U);
  EXPECT_DOUBLE_EQ(v.estimate, 4e-12);  // the worst: replicate 4
  EXPECT_THAT(v.evidence, HasSubstr("horizon = 1, pairs = 100, replicate 4"));
}

TEST(Holds, FailsWithTheWorstElement) {
  const Verdict v = holds(gaps(), "policy_gap['dpo', 'rm+plan'] < 1e-8");
  EXPECT_EQ(v.outcome, Outcome::fails);
  EXPECT_DOUBLE_EQ(v.estimate, 0.04);
  EXPECT_THAT(v.evidence,
              HasSubstr("20 of 30 elements fail"));  // horizons 2 and 4, two sizes, five replicates
  EXPECT_THAT(v.evidence, HasSubstr("horizon = 4"));
}

TEST(Holds, ControlsAreStatedTheOtherWayRound) {
  EXPECT_EQ(holds(gaps(), "policy_gap['dpo', 'sft'] > 1e-3").outcome, Outcome::holds);
  EXPECT_EQ(holds(gaps(), "policy_gap['dpo', 'dpo'] > 1e-3").outcome, Outcome::fails);
}

TEST(Holds, ArithmeticAndConditions) {
  Builder b = gaps();
  b.add("x", {}, [](const Where& w) { return 3 * w.horizon - w.pairs; });
  EXPECT_EQ(holds(b, "abs(x + pairs - 3 * horizon) <= 0").outcome, Outcome::holds);
  EXPECT_EQ(holds(b, "log(horizon) / 2 == 0 where horizon in {1}").outcome, Outcome::holds);
  EXPECT_EQ(holds(b, "x < -90 where horizon == 1 and pairs == 100 or horizon >= 2 and pairs > 100").points,
            3U);
  EXPECT_EQ(holds(b, "-x > 0 where (horizon == 1 or horizon == 2) and pairs != 100").points, 2U);
}

TEST(Holds, MissingElementsCannotHold) {
  Builder b(3);
  b.add("regret", {"replicate", "arm"},
        [](const Where& w) { return w.replicate == 1 && w.horizon == 2 ? nan : static_cast<double>(w.arm); });
  const Verdict v = holds(b, "regret['dpo'] < 2");
  EXPECT_EQ(v.outcome, Outcome::inconclusive);
  EXPECT_THAT(v.evidence,
              HasSubstr("2 of 18 elements are missing, the first at horizon = 2, pairs = 100, replicate 1"));
  EXPECT_EQ(holds(b, "regret['dpo'] < 2 where horizon != 2").outcome, Outcome::holds);
  // A counterexample decides, whatever is missing.
  EXPECT_EQ(holds(b, "regret['dpo'] > 2").outcome, Outcome::fails);
}

TEST(Holds, UnfinishedArmsAreMissing) {
  Builder b = gaps();
  b.add<std::uint8_t>("status", {"replicate", "arm"}, [](const Where& w) {
    return w.arm == 1 && w.replicate == 0 && w.horizon == 1 ? 1 : 0;
  });
  EXPECT_EQ(holds(b, "policy_gap['dpo', 'rm+plan'] < 1e-8 where horizon == 1").outcome,
            Outcome::inconclusive);
  EXPECT_EQ(holds(b, "policy_gap['sft', 'rm+plan'] < 1e-8 where horizon == 1").outcome, Outcome::holds);
  EXPECT_EQ(holds(b, "status['dpo'] == 0").outcome, Outcome::fails);
}

// --- estimands with answers by hand

TEST(Estimand, MeanAndDifference) {
  Builder b(41, {1}, {100});
  // Replicates 0..40: mean 20, arm adds 3 per place and up to 0.1 of its own, 0.05 on average.
  b.add("m", {"replicate", "arm"}, [](const Where& w) {
    const auto arm = static_cast<double>(w.arm);
    return static_cast<double>(w.replicate) + arm * (3.0 + 0.1 * static_cast<double>(w.replicate % 2 == 0));
  });
  const Verdict mean = interval(b, "mean(m['rm+plan']) in (10, 30)");
  EXPECT_NEAR(mean.estimate, 20, 1e-12);
  EXPECT_EQ(mean.outcome, Outcome::supported);
  EXPECT_EQ(mean.replicates, 41U);
  const Verdict difference = interval(b, "difference(m['dpo'], m['rm+plan']) in [3, 4]");
  EXPECT_NEAR(difference.estimate, 3 + 2.1 / 41, 1e-12);
  EXPECT_NEAR(difference.low, 3.05, 0.04);
  EXPECT_NEAR(difference.high, 3.05, 0.04);
  EXPECT_EQ(difference.outcome, Outcome::supported);
  EXPECT_EQ(interval(b, "difference(m['dpo'], m['rm+plan']) in (3.1, 4)").outcome, Outcome::refuted);
}

// One arm is the other times a constant, in every replicate: no number of them says what one more would do.
TEST(Estimand, RatioOfProportionalArmsIsForHoldsToState) {
  const Verdict v =
      interval(regrets(30, 0), "ratio(regret['dpo'], regret['rm+plan']) in (1, inf) where horizon == 2");
  EXPECT_NEAR(v.estimate, std::exp(0.6), 1e-12);
  EXPECT_EQ(v.low, 0);
  EXPECT_EQ(v.high, INFINITY);
  EXPECT_EQ(v.outcome, Outcome::inconclusive);
  EXPECT_THAT(v.evidence, HasSubstr("all 30 replicates agree, which is for 'holds' to state"));
  const Verdict noisy =
      interval(regrets(30, 1e-8), "ratio(regret['dpo'], regret['rm+plan']) in (1, inf) where horizon == 2");
  EXPECT_EQ(noisy.outcome, Outcome::supported);
  EXPECT_NEAR(noisy.low, std::exp(0.6), 1e-3);
}

// Twenty ones of a mean that may be .99: at 99 % they are compatible with a share of up to 1 - .005^(1/20) =
// .23 of anything else, so no claim about the mean is decided, and none about lines and crossings of such.
TEST(Judge, SamplesThatDoNotVaryDecideNothing) {
  Builder b(20, {1, 2, 4}, {100});
  b.add("m", {"replicate", "arm"}, [](const Where&) { return 1; });
  b.add("atom", {"replicate", "arm"}, [](const Where& w) { return w.arm == 1 && w.replicate == 3 ? 2 : 1; });
  for (const char* claim :
       {"mean(m['dpo']) in [0.995, 1.005]", "mean(m['dpo']) in [1.5, 2]",
        "difference(m['dpo'], m['sft']) in [-0.1, 0.1]", "ratio(m['dpo'], m['sft']) in [0.9, 1.1]",
        "agreement(m['dpo'], 1) in [0.9, 1.1]", "trend(mean(m['dpo']), horizon) in [-0.1, 0.1]",
        "slope(m['dpo'], horizon) in [-0.1, 0.1]", "trend(ratio(m['dpo'], m['sft']), horizon) in [-0.1, 0.1]",
        "crossing(ratio(m['dpo'], m['sft']), horizon) in [0.5, 4]", "mean(atom['dpo']) in [0.9, 1.9]",
        "ratio(atom['dpo'], atom['sft']) in (1, inf)",
        "points(mean(m['dpo']) in [2, 3] at 0.95) in [0.9, 1]"})
    EXPECT_EQ(interval(b, claim).outcome, Outcome::inconclusive) << claim;
  EXPECT_EQ(holds(b, "m['dpo'] == m['sft']").outcome, Outcome::holds);
}

TEST(Estimand, TrendOfTheLogRatioIsPerUnitOfTheAxis) {
  const Verdict v =
      interval(regrets(30, 0), "trend(ratio(regret['dpo'], regret['rm+plan']), horizon) in (0, inf)");
  EXPECT_NEAR(v.estimate, 0.3, 1e-12);
  EXPECT_EQ(v.parts.size(), 2U);  // one line per value of pairs
  EXPECT_EQ(v.parts[0].point, "pairs = 100");
  EXPECT_EQ(v.points, 6U);
  EXPECT_DOUBLE_EQ(v.level, 1 - alpha / 2);
}

TEST(Estimand, TrendOfAMeanIsByLeastSquares) {
  Builder b(25);
  // Horizons 1, 2, 4 with values 1, 4, 16: sum (x - 7/3) y = 24, sum (x - 7/3)^2 = 14/3, slope 36/7.
  // = 5.
  b.add("m", {"replicate"}, [](const Where& w) { return w.horizon * w.horizon; });
  EXPECT_NEAR(interval(b, "trend(mean(m), horizon) in (0, inf) where pairs == 100").estimate, 36.0 / 7,
              1e-12);
  // On log2 steps 0, 1, 2: logarithms 0, 2 log 2, 4 log 2, so slope 2 in log-log.
  EXPECT_NEAR(interval(b, "trend(log(mean(m)), log(horizon)) in (0, inf)").estimate, 2, 1e-12);
  EXPECT_NEAR(interval(b, "slope(m, horizon) in (0, inf)").estimate, 2, 1e-12);
}

TEST(Estimand, SlopeIsThePowerLaw) {
  const Verdict v = interval(regrets(30, 1e-8), "slope(regret['rm+plan'], pairs) in (-1.1, -0.9)");
  EXPECT_NEAR(v.estimate, -1, 1e-3);
  EXPECT_EQ(v.outcome, Outcome::supported);
  EXPECT_EQ(interval(regrets(30, 1e-8), "slope(regret['sft'], pairs) in (-1.1, -0.9)").outcome,
            Outcome::refuted);
  EXPECT_NEAR(
      interval(regrets(30, 0), "slope(ratio(regret['sft'], regret['dpo']), pairs) in (0, 2)").estimate, 1,
      1e-12);
}

TEST(Estimand, AgreementIsAnEquivalenceTest) {
  const char* claim =
      "agreement(regret['rm+plan'], predicted_regret['rm+plan']) in [0.8, 1.25] where pairs == 100";
  const Verdict tight = interval(regrets(4000, 1), claim);
  EXPECT_EQ(tight.outcome, Outcome::supported);
  EXPECT_NEAR(tight.estimate, 1, 0.15);
  // A noisy measurement cannot pass.
  EXPECT_EQ(interval(regrets(40, 1), claim).outcome, Outcome::inconclusive);
  EXPECT_EQ(interval(regrets(2000, 1),
                     "agreement(regret['dpo'], predicted_regret['dpo']) in [0.8, 1.25] where horizon == 4")
                .outcome,
            Outcome::refuted);
}

TEST(Estimand, ProbabilitySplitsTies) {
  Builder b(100, {1}, {100});
  // dpo above rm+plan in 80 replicates, equal in 11, below in 9.
  b.add("m", {"replicate", "arm"}, [](const Where& w) {
    if (w.arm == 0) return 0.0;
    return w.replicate < 80 ? 1.0 : w.replicate < 91 ? 0.0 : -1.0;
  });
  const Verdict v = interval(b, "probability(m['dpo'] > m['rm+plan']) in (0.5, 1]");
  EXPECT_DOUBLE_EQ(v.estimate, 0.855);
  EXPECT_EQ(v.outcome, Outcome::supported);
  EXPECT_THAT(v.evidence, HasSubstr("80 of 100, 11 tied"));
  EXPECT_NEAR(interval(b, "probability(m['dpo'] < m['rm+plan']) in (0.5, 1]").estimate, 0.145, 1e-15);
}

TEST(Estimand, ProportionIsClopperPearson) {
  Builder b(400, {1}, {100});
  b.add("m", {"replicate"}, [](const Where&) { return 0; });
  const Verdict v = interval(b, "proportion(m < 1) in [0.98, 1]");
  EXPECT_EQ(v.estimate, 1);
  EXPECT_NEAR(v.low, std::pow(alpha / 2, 1.0 / 400), 1e-12);
  EXPECT_EQ(v.high, 1);
  EXPECT_EQ(v.outcome, Outcome::supported);
  EXPECT_EQ(interval(b, "proportion(m > 1) in [0.98, 1]").outcome, Outcome::refuted);
}

// --- outcomes over worlds

TEST(Judge, FalseIsRefutedTrueIsSupportedNoisyIsInconclusive) {
  const char* claim =
      "ratio(regret['dpo'], regret['rm+plan']) in (1.2, inf)";  // true ratios 1.35, 1.82, 3.32
  EXPECT_EQ(interval(regrets(400, 0.02), claim).outcome, Outcome::supported);
  EXPECT_EQ(interval(regrets(30, 1), claim).outcome, Outcome::inconclusive);
  const Verdict v = interval(regrets(400, 0.02), "ratio(regret['dpo'], regret['rm+plan']) in (0, 1.6)");
  EXPECT_EQ(v.outcome, Outcome::refuted);
  EXPECT_THAT(v.evidence, HasSubstr("horizon = 4"));  // the least favourable point
  EXPECT_NEAR(v.estimate, std::exp(1.2), 0.5);
  const char* trend = "trend(ratio(regret['dpo'], regret['rm+plan']), horizon) in (0, inf)";
  EXPECT_EQ(interval(regrets(400, 0.2), trend).outcome, Outcome::supported);
  EXPECT_EQ(interval(regrets(400, 0.2), "trend(ratio(regret['rm+plan'], regret['dpo']), horizon) in (0, inf)")
                .outcome,
            Outcome::refuted);
}

TEST(Judge, SimultaneousOverClaimsAndPoints) {
  const Builder b = regrets(100, 0.5);
  const Claim claim{.id = "c",
                    .interval = "ratio(regret['dpo'], regret['sft']) in (0, 9) where horizon == 1"};
  Claim other = claim;
  const Dataset& data = b.data();
  const Verdict alone = judge(data, {claim}, alpha)[0];
  EXPECT_DOUBLE_EQ(alone.level, 1 - alpha / 2);  // two points
  std::vector<Claim> family{claim};
  for (const char* id : {"d", "e", "f", "g"}) {
    other.id = id;
    family.push_back(other);
  }
  family.push_back({.id = "h", .holds = "1 < 2"});  // stands outside the family
  const Verdict within = judge(data, family, alpha)[0];
  EXPECT_DOUBLE_EQ(within.level, 1 - alpha / 10);
  EXPECT_LT(within.low, alone.low);
  EXPECT_GT(within.high, alone.high);
  EXPECT_EQ(within.estimate, alone.estimate);
}

TEST(Judge, RepeatsItselfBesideOtherClaims) {
  const Builder b = regrets(60, 1);
  const Dataset& data = b.data();
  const Claim first{.id = "a", .interval = "ratio(regret['dpo'], regret['sft']) in (0, 9)"};
  const Claim second{.id = "b", .interval = "mean(regret['dpo']) in (0, 9)"};
  const auto one = judge(data, {first, second}, alpha);
  const auto two = judge(data, {second, first}, alpha);
  EXPECT_EQ(one[0].low, two[1].low);
  EXPECT_EQ(one[1].high, two[0].high);
}

TEST(Judge, FlagsAreComparedByName) {
  Builder b = regrets(100, 0.02);
  // 255 has no name: nothing was written there.
  b.add<std::uint8_t>("existence", {"replicate", "arm"}, [](const Where& w) {
    return w.arm == 2 && w.replicate == 5 ? 255 : w.arm == 0 ? 1 : 3;
  });
  b.data().variables.back().attributes = {{"flag_values", std::vector<std::uint8_t>{1, 3}},
                                          {"flag_meanings", std::string("not_attained unique")}};
  EXPECT_EQ(holds(b, "existence['dpo'] == 'unique'").outcome, Outcome::holds);
  EXPECT_EQ(holds(b, "'unique' != existence['rm+plan']").outcome, Outcome::holds);
  EXPECT_EQ(holds(b, "existence['sft'] == 'unique'").outcome, Outcome::inconclusive);
  EXPECT_EQ(interval(b, "proportion(existence['dpo'] == 'unique') in [0.9, 1]").outcome, Outcome::supported);
  EXPECT_THAT(holds(b, "existence['dpo'] == 'uniqe'").evidence,
              HasSubstr("column 21: unknown value of 'existence' 'uniqe'; did you mean 'unique'"));
  EXPECT_THAT(holds(b, "regret['dpo'] == 'unique'").evidence,
              HasSubstr("only opposite a variable with named"));
  // Nor where 255 is called not_run, as in result files: an arm that failed has no existence to be compared.
  b.data().variables.back().attributes = {{"flag_values", std::vector<std::uint8_t>{1, 3, 255}},
                                          {"flag_meanings", std::string("not_attained unique not_run")}};
  EXPECT_EQ(holds(b, "existence['sft'] == 'unique'").outcome, Outcome::inconclusive);
  EXPECT_EQ(holds(b, "existence['sft'] != 'not_attained'").outcome, Outcome::inconclusive);
  EXPECT_EQ(interval(b, "proportion(existence['sft'] != 'not_attained') in [0.5, 1]").replicates, 99U);
  // Flags tell how a fit ended, so unfinished fits count too.
  b.add<std::uint8_t>("status", {"replicate", "arm"}, [](const Where&) { return 1; });
  EXPECT_EQ(holds(b, "existence['dpo'] == 'unique'").outcome, Outcome::holds);
}

TEST(Judge, TooFewReplicatesAreInconclusive) {
  const Verdict v = interval(regrets(4, 0.02), "mean(regret['dpo']) in (0, 1)");
  EXPECT_EQ(v.outcome, Outcome::inconclusive);
  EXPECT_THAT(v.evidence, HasSubstr("4 usable replicates are too few"));
}

TEST(Judge, RatioToZeroIsInconclusive) {
  Builder b(30, {1}, {100});
  b.add("m", {"replicate", "arm"}, [](const Where& w) { return static_cast<double>(w.arm); });
  const Verdict v = interval(b, "ratio(m['dpo'], m['rm+plan']) in (1, inf)");
  EXPECT_EQ(v.outcome, Outcome::inconclusive);
  EXPECT_THAT(v.evidence, HasSubstr("is not positive"));
}

TEST(Judge, UnboundedIntervalsDecideNothing) {
  // One outlier keeps the mean barely positive: with a little less weight on it there is none.
  Builder b(30, {1}, {100});
  b.add("m", {"replicate"}, [](const Where& w) {
    return w.replicate == 0 ? 40.0 : -1 - 0.01 * static_cast<double>(w.replicate);
  });
  b.add("one", {"replicate"}, [](const Where&) { return 1; });
  const Verdict v = interval(b, "ratio(m, one) in (0, inf)");
  EXPECT_EQ(v.outcome, Outcome::inconclusive);
  EXPECT_NEAR(v.estimate, (40 - 29 - 4.35) / 30, 1e-12);
  EXPECT_EQ(v.low, 0);
  EXPECT_THAT(v.evidence, HasSubstr("unbounded"));
}

// A preset may leave a claim's points out: nothing is decided then, and nothing is wrong.
TEST(Judge, AClaimWithoutPointsIsInconclusive) {
  for (const Verdict& v : {holds(gaps(), "policy_gap['dpo', 'rm+plan'] < 1 where horizon == 7"),
                           interval(regrets(30, 0), "mean(regret['dpo']) in (0, 1) where pairs == 7")}) {
    EXPECT_EQ(v.outcome, Outcome::inconclusive);
    EXPECT_THAT(v.evidence, HasSubstr("no point of these results meets the condition"));
  }
  const Verdict line = interval(regrets(30, 0), "slope(regret['dpo'], pairs) in (0, 1) where pairs == 100");
  EXPECT_EQ(line.outcome, Outcome::inconclusive);
  EXPECT_THAT(line.evidence, HasSubstr("a slope along 'pairs' needs two of its values"));
}

TEST(Judge, ExplanationsStandWithDecidedClaimsOnly) {
  const Builder b = regrets(30, 0);
  const auto verdicts = judge(
      b.data(),
      {{.id = "open", .explanation = "why", .interval = "mean(regret['dpo']) in (0, 1) where pairs == 7"},
       {.id = "bad", .explanation = "why", .holds = "regert['dpo'] < 1"},
       {.id = "fails", .explanation = "why", .holds = "regret['dpo'] < 0"},
       {.id = "plain", .holds = "regret['dpo'] < 0"}},
      alpha);
  EXPECT_EQ(verdicts[0].explanation, "");
  EXPECT_EQ(verdicts[1].explanation, "");
  EXPECT_EQ(verdicts[2].outcome, Outcome::fails);
  EXPECT_EQ(verdicts[2].explanation, "why");
  EXPECT_EQ(verdicts[3].explanation, "");
}

TEST(Judge, MistakesBecomeErrorsOfTheirClaimAlone) {
  const Builder b = regrets(30, 0);
  const auto verdicts = judge(b.data(),
                              {{.id = "bad", .interval = "mean(regert['dpo']) in (0, 1)"},
                               {.id = "good", .interval = "mean(regret['dpo']) in (0, 1)"}},
                              alpha);
  EXPECT_EQ(verdicts[0].outcome, Outcome::error);
  EXPECT_THAT(verdicts[0].evidence, HasSubstr("column 6: unknown variable 'regert'; did you mean 'regret'"));
  EXPECT_EQ(verdicts[1].outcome, Outcome::supported);
}

TEST(Judge, AlphaIsAProbability) {
  const Builder b = regrets(1, 0);
  EXPECT_THROW(judge(b.data(), {}, 0), InputError);
  EXPECT_THROW(judge(b.data(), {}, 1), InputError);
}

}  // namespace
}  // namespace twostage
