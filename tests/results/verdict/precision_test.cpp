// The two-stage rule: its arithmetic, and the relative errors it is fed with, against numbers worked out by
// hand.
#include "results/verdict/precision.hpp"

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

using test::Builder;
using test::Where;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// From R0 = 40 in batches of 10: an error 1.5 times too large asks for 2.25 * 40 = 90, 1.6 times for 102.4,
// which is 110 in whole batches, 10 times for 4000.
TEST(SecondStage, GrowsWithTheSquareOfTheErrorInWholeBatches) {
  EXPECT_EQ(second_stage(40, 0.045, 0.03, 10, 4000), 90);
  EXPECT_EQ(second_stage(40, 0.048, 0.03, 10, 4000), 110);
  EXPECT_EQ(second_stage(40, 0.03, 0.03, 10, 4000), 40);
  EXPECT_EQ(second_stage(40, 0.0301, 0.03, 10, 4000), 50);
  EXPECT_EQ(second_stage(40, 0, 0.03, 10, 4000), 40);
}

TEST(SecondStage, StopsAtTheCapWhichNeedBeNoWholeBatch) {
  EXPECT_EQ(second_stage(40, 0.048, 0.03, 10, 105), 105);
  EXPECT_EQ(second_stage(40, 1, 0.03, 10, 4000), 4000);
  EXPECT_EQ(second_stage(40, kInf, 0.03, 10, 4000), 4000);
  EXPECT_EQ(second_stage(40, 1, 0.03, 10, 40), 40);
}

// Batches begin after the first stage, whatever its length: 7 + 3 * 5 = 22 for 7 * 1.75^2 = 21.4.
TEST(SecondStage, CountsBatchesFromTheEndOfTheFirstStage) {
  EXPECT_EQ(second_stage(7, 0.0525, 0.03, 5, 4000), 22);
}

// Replicates 1, 3, 1, 3, ... : mean 2, squared deviations 1 each, so with R of them the error of the mean is
// sqrt(1 / (R - 1)) and that of its logarithm half of it.
double alternating(const Where& w) {
  return w.replicate % 2 == 0 ? 1 : 3;
}

TEST(PrecisionRule, AMeansErrorIsThatOfItsLogarithm) {
  Builder builder(10);
  builder.add("x", {"replicate", "arm"}, alternating);
  for (const char* of : {"mean(x['dpo'])", "x['dpo']", "mean(10 * x['dpo'])"}) {
    const PrecisionRule rule({{of}, 0.1, 4000}, builder.data());
    EXPECT_DOUBLE_EQ(rule.relative_error({0, 0}, 10), std::sqrt(1.0 / 9) / 2) << of;
    EXPECT_DOUBLE_EQ(rule.relative_error({0, 0}, 4), std::sqrt(1.0 / 3) / 2) << of << ", of the first four";
    // 10 * (0.1667 / 0.1)^2 = 27.8, in batches of 6 beyond 10: 28.
    EXPECT_EQ(rule.needed({0, 0}, 10, 6), 28) << of;
  }
}

// Proportional columns have a ratio without error. Columns (1, 3) and (3, 1) have contrasts -1, 1, -1, 1,
// ...: error sqrt(1 / (R - 1)).
TEST(PrecisionRule, ARatiosErrorKeepsThePairing) {
  Builder builder(10);
  builder.add("x", {"replicate", "arm"}, [](const Where& w) {
    const double x = alternating(w);
    return w.arm == 0 ? x : w.arm == 1 ? 5 * x : 4 - x;
  });
  const auto error = [&](const char* of) {
    return PrecisionRule({{of}, 0.1, 4000}, builder.data()).relative_error({0, 0}, 10);
  };
  EXPECT_DOUBLE_EQ(error("ratio(x['dpo'], x['rm+plan'])"), 0);
  EXPECT_DOUBLE_EQ(error("ratio(x['sft'], x['rm+plan'])"), std::sqrt(1.0 / 9));
}

TEST(PrecisionRule, TheLargestOfItsQuantitiesCountsAtEachCellByItself) {
  Builder builder(10);
  builder.add("x", {"replicate", "arm"}, [](const Where& w) {
    return w.horizon == 2 && w.pairs == 400 && w.arm == 1 ? alternating(w) : 2;
  });
  const PrecisionRule rule({{"x['rm+plan']", "x['dpo']", "x['sft']"}, 0.1, 4000}, builder.data());
  EXPECT_DOUBLE_EQ(rule.relative_error({1, 1}, 10), std::sqrt(1.0 / 9) / 2);
  EXPECT_EQ(rule.relative_error({1, 0}, 10), 0);
  EXPECT_EQ(rule.needed({0, 1}, 10, 6), 10);
}

// What did not finish, and what is missing, is left out; of the arms that are read only.
TEST(PrecisionRule, LeavesOutReplicatesThatDidNotFinish) {
  Builder builder(10);
  builder.add("x", {"replicate", "arm"}, [](const Where& w) {
    return w.replicate == 8 ? 1e6 : w.replicate == 9 ? kNaN : alternating(w);
  });
  builder.add<std::uint8_t>("status", {"replicate", "arm"},
                            [](const Where& w) { return w.replicate == 8 || w.arm == 2 ? 1 : 0; });
  const PrecisionRule rule({{"x['dpo']"}, 0.1, 4000}, builder.data());
  EXPECT_DOUBLE_EQ(rule.relative_error({0, 0}, 10), std::sqrt(1.0 / 7) / 2);
  const PrecisionRule never({{"x['sft']"}, 0.1, 4000}, builder.data());
  EXPECT_EQ(never.needed({0, 0}, 10, 6), 10) << "nothing is known, and more would not tell";
}

TEST(PrecisionRule, AMeanThatIsNotPositiveGetsTheCap) {
  Builder builder(10);
  builder.add("x", {"replicate", "arm"}, [](const Where& w) { return alternating(w) - 2; });
  EXPECT_EQ(PrecisionRule({{"x['dpo']"}, 0.1, 500}, builder.data()).needed({0, 0}, 10, 6), 500);
}

TEST(PrecisionRule, MistakesNameTheFormulaAndTheColumn) {
  Builder builder(1);
  builder.add("x", {"replicate", "arm"}, alternating);
  const auto mistake = [&](const char* of) -> std::pair<std::string, std::size_t> {
    try {
      PrecisionRule({{"x['dpo']", of}, 0.1, 500}, builder.data());
    } catch (const ClaimError& error) {
      return {error.key(), error.column()};
    }
    return {};
  };
  const std::string second = "precision.of.1";
  EXPECT_EQ(mistake("x['dop']"), std::pair(second, std::size_t{3}));
  EXPECT_EQ(mistake("mean(x['dop'])"), std::pair(second, std::size_t{8}));
  EXPECT_EQ(mistake("ratio(x['dpo'], y['dpo'])"), std::pair(second, std::size_t{17}));
  EXPECT_EQ(mistake("x['dpo'"), std::pair(second, std::size_t{8}));
  EXPECT_EQ(mistake("").first, second);
  EXPECT_EQ(mistake("mean(x['dpo']) where horizon == 1").first, second);
}

// Only the chosen points get more; a metric counts by the first stage alone, whatever came later.
TEST(PrecisionRule, WhereChoosesThePoints) {
  Builder builder(20);
  builder.add("x", {"replicate", "arm"}, alternating);
  builder.add("predicted", {"replicate", "arm"},
              [](const Where& w) { return w.replicate < 10 ? w.pairs : 1000.0; });
  const auto needed = [&](const char* where, std::size_t pairs) {
    return PrecisionRule({{"x['dpo']"}, 0.1, 4000, where}, builder.data()).needed({0, pairs}, 10, 6);
  };
  EXPECT_EQ(needed("", 0), 28);  // as above
  EXPECT_EQ(needed("pairs == 400", 0), 10);
  EXPECT_EQ(needed("pairs == 400", 1), 28);
  EXPECT_EQ(needed("predicted['dpo'] < 200 and horizon < 9", 0), 28);
  EXPECT_EQ(needed("predicted['dpo'] < 200 and horizon < 9", 1), 10);
}

TEST(PrecisionRule, MistakesInWhereAreFound) {
  Builder builder(1);
  builder.add("x", {"replicate", "arm"}, alternating);
  const auto column = [&](const char* where) -> std::size_t {
    try {
      PrecisionRule({{"x['dpo']"}, 0.1, 500, where}, builder.data());
    } catch (const ClaimError& error) {
      EXPECT_EQ(error.key(), "precision.where");
      return error.column();
    }
    return 0;
  };
  EXPECT_EQ(column("horizon = 1"), 9u);
  EXPECT_EQ(column("x['dop'] < 1"), 3u);
  EXPECT_EQ(column("pairs < 2 and y['dpo'] < 1"), 15u);
  const auto names = names_in_where({{}, 0.1, 500, "pairs in {100} and (log(x['dpo']) < 1 or horizon > 2)"});
  ASSERT_EQ(names.size(), 3u);
  EXPECT_EQ(names[1].name, "x");
  EXPECT_EQ(names[1].column, 25u);
}

// The error reached. Standard normal data around 2, R0 = 200, wanted 0.005: the true number is (0.5 /
// 0.005)^2 = 10000. The rule's is 10000 (s / 0.5 m)^2 with s, m from the first stage, whose relative standard
// deviation is sqrt(2 / 199 + 4 * 0.25 / 200) = 0.123; five of them leave the relative error within 0.005 /
// sqrt(1 -+ 0.61), up to the error's own estimate (1 / sqrt(2 * 3900) = 1.2 %, six of them 7 %): false-alarm
// rate below 1e-6 for the pair of bounds 0.0036 and 0.0086.
TEST(PrecisionRule, ReachesTheErrorThatIsWanted) {
  const std::size_t most = 30000;
  auto engine = RandomSource(7, "precision").stream(Purpose::data, 0, 0, 0);
  std::vector<double> normal(most);
  for (double& x : normal) x = 2 + draw_normal(engine);
  Builder builder(most, {1}, {100});
  builder.add("x", {"replicate", "arm"}, [&](const Where& w) { return normal[w.replicate]; });
  const PrecisionRule rule({{"x['dpo']"}, 0.005, static_cast<std::int64_t>(most)}, builder.data());
  const std::int64_t needed = rule.needed({0, 0}, 200, 100);
  ASSERT_LT(needed, static_cast<std::int64_t>(most));
  const double reached = rule.relative_error({0, 0}, static_cast<std::size_t>(needed));
  EXPECT_GT(reached, 0.0036);
  EXPECT_LT(reached, 0.0086);
}

}  // namespace
}  // namespace twostage
