// Estimates point by point: against closed forms, and against the verdicts of claims at the same level.
#include "results/verdict/estimates.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "results/verdict/print/estimate_report.hpp"
#include "tests/results/verdict/judging.hpp"

namespace twostage {
namespace {

using test::Builder;
using test::regrets;
using test::Where;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// The only claim, about one interval: its level is 1 - alpha.
Verdict judged(const Builder& builder, const std::string& claim, double level) {
  return judge(builder.data(), {{.id = "c", .interval = claim}}, 1 - level).at(0);
}

std::string refusal(const Dataset& data, const EstimateQuery& query) {
  try {
    estimates(data, query);
  } catch (const ClaimError& error) {
    return error.what();
  }
  return "accepted";
}

// A share that is 0, 1 or one replicate away from it has Clopper and Pearson's interval in closed form: of n
// of n the lower end p solves p^n = tail, of 1 of n it solves 1 - (1 - p)^n = tail.
TEST(Estimates, SharesAgreeWithClosedForms) {
  constexpr std::size_t n = 30;
  constexpr double tail = 0.05;
  Builder b(n, {1, 2}, {100});
  b.add("regret", {"replicate", "arm"},
        [](const Where& w) { return w.horizon == 1 || w.replicate == 7 ? 1.0 : 0.0; });
  const EstimateTable table =
      estimates(b.data(), {.estimands = {"proportion(regret['dpo'] > 0.5)"}, .level = 0.9});
  EXPECT_THAT(table.axes, ElementsAre("horizon")) << "pairs has one value";
  ASSERT_EQ(table.blocks.size(), 1U);
  const auto& rows = table.blocks[0].rows;
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_THAT(rows[0].at, ElementsAre(Coordinate(std::int64_t{1})));
  EXPECT_EQ(rows[0].replicates, n);
  EXPECT_EQ(rows[0].estimate, 1);
  EXPECT_NEAR(rows[0].low, std::pow(tail, 1.0 / n), 1e-12);
  EXPECT_EQ(rows[0].high, 1);
  EXPECT_EQ(rows[0].note, "30 of 30");
  EXPECT_THAT(rows[1].at, ElementsAre(Coordinate(std::int64_t{2})));
  EXPECT_DOUBLE_EQ(rows[1].estimate, 1.0 / n);
  EXPECT_NEAR(rows[1].low, 1 - std::pow(1 - tail, 1.0 / n), 1e-12);
}

// A plain expression is its mean. For many replicates of a light tail the interval is Student's: here each of
// 0, 1, ..., 9 forty times, so mean 4.5 and variance 8.25, times 400 / 399 as an estimate; 1.966 is the
// quantile at .975 with 399 degrees. The unseen row makes it wider, by less than a tenth.
TEST(Estimates, AMeanIsTheMeanAndItsIntervalNearlyStudents) {
  Builder b(400, {1}, {100});
  b.add("regret", {"replicate", "arm"},
        [](const Where& w) { return static_cast<double>(w.replicate % 10) + static_cast<double>(w.arm); });
  const auto rows = estimates(b.data(), {.estimands = {"regret['rm+plan']"}}).blocks[0].rows;
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_TRUE(rows[0].at.empty());
  EXPECT_EQ(rows[0].replicates, 400U);
  EXPECT_DOUBLE_EQ(rows[0].estimate, 4.5);
  const double student = 1.966 * std::sqrt(8.25 * 400 / 399 / 400);
  for (const double half : {rows[0].high - 4.5, 4.5 - rows[0].low}) {
    EXPECT_GT(half, 0.99 * student);
    EXPECT_LT(half, 1.1 * student);
  }
}

TEST(Estimates, EveryPointIsWhatAClaimAboutItIsJudgedFrom) {
  const Builder b = regrets(60, 0.5);
  const std::vector<std::pair<std::string, std::string>> estimands = {
      {"regret['dpo'] - regret['rm+plan']", "mean(regret['dpo'] - regret['rm+plan'])"},
      {"difference(regret['dpo'], regret['rm+plan'])", ""},
      {"ratio(regret['dpo'], regret['rm+plan'])", ""},
      {"agreement(regret['rm+plan'], predicted_regret['rm+plan'])", ""},
      {"probability(regret['dpo'] > regret['rm+plan'])", ""},
      {"proportion(regret['dpo'] < 2 * regret['rm+plan'])", ""},
  };
  for (const auto& [estimand, in_claim] : estimands) {
    const EstimateTable table = estimates(b.data(), {.estimands = {estimand}, .level = 0.97});
    EXPECT_THAT(table.axes, ElementsAre("horizon", "pairs"));
    const auto& rows = table.blocks[0].rows;
    ASSERT_EQ(rows.size(), 6U);
    std::size_t next = 0;
    for (const int horizon : {1, 2, 4})
      for (const int pairs : {100, 400}) {
        const Estimate& row = rows[next++];
        EXPECT_THAT(row.at, ElementsAre(Coordinate(std::int64_t{horizon}), Coordinate(std::int64_t{pairs})));
        const Verdict v = judged(b,
                                 fmt::format("{} in (0.1, 0.2) where horizon == {} and pairs == {}",
                                             in_claim.empty() ? estimand : in_claim, horizon, pairs),
                                 0.97);
        EXPECT_EQ(row.estimate, v.estimate) << estimand;
        EXPECT_EQ(row.low, v.low) << estimand;
        EXPECT_EQ(row.high, v.high) << estimand;
        EXPECT_EQ(row.replicates, v.replicates);
      }
  }
}

TEST(Estimates, LinesUseUpTheirAxisAndSharesOfPointsAllOthers) {
  const Builder b = regrets(80, 0.2);
  const std::string trend = "trend(ratio(regret['dpo'], regret['rm+plan']), horizon)";
  const std::string crossing = "crossing(ratio(regret['dpo'], regret['sft']), pairs)";
  const std::string points = "points(ratio(regret['dpo'], regret['rm+plan']) in (1.4, inf) at 0.95)";
  const EstimateTable table = estimates(b.data(), {.estimands = {trend, crossing, points}});
  EXPECT_THAT(table.axes, ElementsAre("horizon", "pairs"));
  const Coordinate none;

  ASSERT_EQ(table.blocks[0].rows.size(), 2U);
  EXPECT_THAT(table.blocks[0].rows[1].at, ElementsAre(none, Coordinate(std::int64_t{400})));
  const Verdict line = judged(b, trend + " in (0, inf) where pairs == 400", 0.95);
  EXPECT_EQ(table.blocks[0].rows[1].low, line.low);
  EXPECT_EQ(table.blocks[0].rows[1].high, line.high);

  ASSERT_EQ(table.blocks[1].rows.size(), 3U);
  EXPECT_THAT(table.blocks[1].rows[2].at, ElementsAre(Coordinate(std::int64_t{4}), none));
  const Verdict turn = judged(b, crossing + " in (0, 1000) where horizon == 4", 0.95);
  EXPECT_EQ(table.blocks[1].rows[2].estimate, turn.estimate);
  EXPECT_EQ(table.blocks[1].rows[2].low, turn.low);

  ASSERT_EQ(table.blocks[2].rows.size(), 1U);
  EXPECT_THAT(table.blocks[2].rows[0].at, ElementsAre(none, none));
  const Verdict share = judged(b, points + " in [0.5, 1]", 0.95);
  EXPECT_EQ(table.blocks[2].rows[0].estimate, share.estimate);
  EXPECT_EQ(table.blocks[2].rows[0].low, share.low);
  EXPECT_EQ(table.blocks[2].rows[0].high, share.high);

  // Rows of a share: of the points at each horizon.
  const EstimateTable by = estimates(b.data(), {.estimands = {points}, .by = {"horizon"}});
  EXPECT_THAT(by.axes, ElementsAre("horizon"));
  ASSERT_EQ(by.blocks[0].rows.size(), 3U);
  const Verdict part = judged(b, points + " in [0.5, 1] where horizon == 2", 0.95);
  EXPECT_EQ(by.blocks[0].rows[1].estimate, part.estimate);
  EXPECT_EQ(by.blocks[0].rows[1].low, part.low);
}

TEST(Estimates, ByOrdersTheRowsAndWhereNarrowsThem) {
  const Builder b = regrets(40, 0.5);
  const EstimateTable table = estimates(
      b.data(), {.estimands = {"regret['dpo']"}, .by = {"pairs", "horizon"}, .where = "horizon != 2"});
  EXPECT_THAT(table.axes, ElementsAre("pairs", "horizon"));
  std::vector<std::int64_t> order;
  for (const Estimate& row : table.blocks[0].rows)
    order.push_back(std::get<std::int64_t>(row.at[0]) + std::get<std::int64_t>(row.at[1]));
  EXPECT_THAT(order, ElementsAre(101, 104, 401, 404));

  const EstimateTable one =
      estimates(b.data(), {.estimands = {"regret['dpo']"}, .by = {"horizon"}, .where = "pairs == 400"});
  EXPECT_THAT(one.axes, ElementsAre("horizon"));
  EXPECT_EQ(one.blocks[0].rows[0].estimate, table.blocks[0].rows[2].estimate);
  // The columns do not depend on the condition.
  EXPECT_THAT(estimates(b.data(), {.estimands = {"regret['dpo']"}, .where = "pairs == 400"}).axes,
              ElementsAre("horizon", "pairs"));
}

// Replicates of different points are not a sample of anything.
TEST(Estimates, NothingIsPooled) {
  const Dataset data = regrets(40, 0.5).data();
  EXPECT_EQ(
      refusal(data, {.estimands = {"regret['dpo']"}, .by = {"horizon"}}),
      "'pairs' has 2 values left (100, 400), and replicates of different points are never pooled: choose one "
      "with --where \"pairs == 100\", or give each its row with --by horizon,pairs");
  EXPECT_THAT(refusal(data, {.estimands = {"regret['dpo']"}, .by = {"pairs"}, .where = "horizon >= 2"}),
              HasSubstr("'horizon' has 2 values left (2, 4)"));
  EXPECT_THAT(refusal(data, {.estimands = {"slope(regret['dpo'], pairs)"}, .by = {"pairs"}}),
              HasSubstr("runs along 'pairs'"));
}

TEST(Estimates, MistakesAreNamedWithTheirPlace) {
  const Dataset data = regrets(40, 0.5).data();
  const auto of = [&](const std::string& estimand) { return refusal(data, {.estimands = {estimand}}); };
  const auto where = [&](const std::string& condition) {
    return refusal(data, {.estimands = {"regret['dpo']"}, .where = condition});
  };
  EXPECT_THAT(of("regret['dop']"), AllOf(HasSubstr("column 8: unknown arm 'dop'; did you mean 'dpo'?")));
  EXPECT_THAT(of("regert['dpo']"), HasSubstr("did you mean 'regret'?"));
  EXPECT_THAT(of("ratoi(regret['dpo'], regret['sft'])"),
              HasSubstr("unknown estimand 'ratoi'; did you mean 'ratio'?"));
  EXPECT_THAT(of("trend(mean(regret['dpo']), horizn)"), HasSubstr("did you mean 'horizon'?"));
  EXPECT_THAT(of("mean(regret['dpo']) in (0, 1)"), HasSubstr("'in' begins a claimed set"));
  EXPECT_THAT(of("regret['dpo'] where pairs == 100"), HasSubstr("'where' begins a condition"));
  EXPECT_THAT(of("ratio(regret['dpo'], regret['sft']) / 2"),
              HasSubstr("expected the end of the estimand, not '/'"));
  EXPECT_THAT(of("winner(regret['dpo'], regret['sft'])"), HasSubstr("point by point"));
  EXPECT_THAT(of(""), HasSubstr("expected what to estimate"));
  EXPECT_THAT(of("pairs"), HasSubstr("nothing here varies by replicate"));
  EXPECT_THAT(where("pairs == 101"),
              HasSubstr("--where, column 1: the axis 'pairs' has no value 101 in these "
                        "results; the nearest is 100; valid: 100, 400"));
  EXPECT_THAT(where("pairs > 400"), HasSubstr("selects nothing in these results; pairs: 100, 400"));
  EXPECT_THAT(where("where pairs == 100"), HasSubstr("expected the condition itself, not 'where'"));
  EXPECT_THAT(where("pairs == 100 horizon"), HasSubstr("expected 'and', 'or' or the end"));
  EXPECT_THAT(
      where("predicted_regret['dpo'] < 0.001"),
      HasSubstr("no point of these results meets it; predicted_regret['dpo'] is from 0.0025 to 0.01"));
  EXPECT_THAT(refusal(data, {.estimands = {"regret['dpo']"}, .by = {"horizn"}}),
              HasSubstr("did you mean 'horizon'?"));
  EXPECT_THAT(refusal(data, {.estimands = {"regret['dpo']"}, .by = {"arm"}}), HasSubstr("in brackets"));
  EXPECT_THAT(refusal(data, {.estimands = {"regret['dpo']"}, .by = {"pairs", "pairs"}}), HasSubstr("twice"));
  for (const double level : {0.0, 1.0, 95.0, test::nan})
    EXPECT_THAT(refusal(data, {.estimands = {"regret['dpo']"}, .level = level}), HasSubstr("--level"));
}

// What a condition on metrics might have said.
TEST(Estimates, AConditionThatNoPointMeetsSaysWhatThereIs) {
  Builder b = regrets(40, 0.5);
  b.add<std::uint8_t>("regime", {"replicate", "arm"}, [](const Where& w) { return w.horizon == 1 ? 1 : 2; });
  b.data().variables.back().attributes = {
      {"flag_values", std::vector<std::uint8_t>{0, 1, 2, 255}},
      {"flag_meanings", std::string("within flat kappa_too_large not_run")}};
  EXPECT_THAT(refusal(b.data(), {.estimands = {"regret['dpo']"},
                                 .where = "regime['dpo'] == 'within' and predicted_regret['dpo'] < 1"}),
              HasSubstr("no point of these results meets it; regime['dpo'] is 'flat' or 'kappa_too_large', "
                        "predicted_regret['dpo'] is from 0.0025 to 0.01"));
}

// 1 % of the replicates may be left out, and are counted; more leave no interval (README, rules).
TEST(Estimates, LeavesOutWhatDidNotFinishAndCountsIt) {
  Builder b = regrets(400, 0.5);
  b.add<std::uint8_t>("status", {"replicate", "arm"}, [](const Where& w) {
    const std::size_t bad = w.horizon == 1 ? 3 : w.horizon == 2 ? 5 : 400;
    return w.arm == 1 && w.replicate < bad ? (bad == 400 ? 255 : 1) : bad == 400 ? 255 : 0;
  });
  const auto rows =
      estimates(b.data(), {.estimands = {"regret['dpo']"}, .where = "pairs == 100"}).blocks[0].rows;
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].replicates, 397U);
  EXPECT_EQ(rows[0].left_out, 3U);
  EXPECT_FALSE(std::isnan(rows[0].low));
  EXPECT_EQ(rows[1].replicates, 395U);
  EXPECT_EQ(rows[1].left_out, 5U);
  EXPECT_TRUE(std::isnan(rows[1].low));
  EXPECT_THAT(rows[1].note, HasSubstr("5 of 400 replicates did not finish"));
  EXPECT_EQ(rows[2].note, "not run");
  EXPECT_EQ(rows[2].replicates, 0U);
}

EstimateTable sample_table() {
  constexpr double inf = std::numeric_limits<double>::infinity();
  return {0.99,
          "pairs >= 100",
          {"variant", "lambda"},
          {{"regret['a']",
            {{{std::string("walk, long"), 0.5}, 1.0 / 3, 0.25, 0.5, 40, 0, ""},
             {{std::string("=1+1"), 4.0}, 2, 1, inf, 40, 1, "left out"}}},
           {"trend(mean(regret['a']), lambda)",
            {{{std::string("walk, long"), {}}, test::nan, test::nan, test::nan, 12, 0, "too few"}}}}};
}

TEST(EstimateReport, TextHasATableForEachEstimand) {
  std::ostringstream out;
  print_estimates(out, sample_table(), 80);
  EXPECT_EQ(out.str(),
            "intervals at 99 %, each by itself, where pairs >= 100\n"
            "\n"
            "regret['a']\n"
            "variant     lambda  replicates  left out  estimate  lower  upper  note\n"
            "walk, long     0.5          40              0.3333   0.25    0.5\n"
            "=1+1             4          40         1         2      1    inf  left out\n"
            "\n"
            "trend(mean(regret['a']), lambda)\n"
            "variant     replicates  estimate  lower  upper  note\n"
            "walk, long          12                          too few\n");
}

TEST(EstimateReport, CsvIsOneTableWithAFieldForEachCoordinate) {
  std::ostringstream out;
  write_estimates_csv(out, sample_table());
  EXPECT_EQ(out.str(),
            "variant,lambda,estimand,replicates,left_out,estimate,lower,upper,status,note\n"
            "\"walk, long\",0.5,regret['a'],40,0,0.333333,0.25,0.5,ok,\n"
            "'=1+1,4.0,regret['a'],40,1,2.0,1.0,Inf,unbounded,left out\n"
            "\"walk, long\",,\"trend(mean(regret['a']), lambda)\",12,0,NaN,NaN,NaN,no_interval,too few\n");
}

TEST(EstimateReport, JsonHasAKeyForEachCoordinate) {
  const auto json = nlohmann::json::parse(estimates_json("law", sample_table(), "4 of 12 replicates"));
  EXPECT_EQ(json["study"], "law");
  EXPECT_EQ(json["level"], 0.99);
  EXPECT_EQ(json["where"], "pairs >= 100");
  EXPECT_EQ(json["part"], "4 of 12 replicates");
  ASSERT_EQ(json["rows"].size(), 3U);
  EXPECT_EQ(json["rows"][0], nlohmann::json({{"variant", "walk, long"},
                                             {"lambda", 0.5},
                                             {"estimand", "regret['a']"},
                                             {"replicates", 40},
                                             {"left_out", 0},
                                             {"estimate", 0.333333},
                                             {"lower", 0.25},
                                             {"upper", 0.5},
                                             {"status", "ok"},
                                             {"note", nullptr}}));
  EXPECT_TRUE(json["rows"][1]["upper"].is_null());
  EXPECT_TRUE(json["rows"][2]["lambda"].is_null());
  EXPECT_EQ(json["rows"][2]["status"], "no_interval");
}

}  // namespace
}  // namespace twostage
