// Claims that no data can change, and conditions that no preset can meet, are refused with the reason; what
// can come out either way is not.
#include "results/verdict/certainty.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "results/verdict/verdict.hpp"
#include "tests/results/verdict/dataset_builder.hpp"

namespace twostage {
namespace {

using test::Builder;
using test::Where;
using ::testing::HasSubstr;

// regret >= 0, win_rate in [0, 1], log_prob <= 0, free without bounds, policy_gap in [0, 1] and 0 of an arm
// with itself. The arms 'rm+plan' and 'sft' have one recipe, 'dpo' has its own. horizon 1, 2, 4; pairs 100,
// 400.
std::string refusal(const Claim& claim) {
  Builder builder(1);
  const auto zero = [](const Where&) { return 0; };
  const auto add = [&](const char* name, std::vector<std::string> dimensions, Attributes bounds) {
    builder.add(name, dimensions, zero);
    builder.data().variables.back().attributes = std::move(bounds);
  };
  add("regret", {"replicate", "arm"}, {{"lower_bound", 0.0}});
  add("win_rate", {"replicate", "arm"}, {{"lower_bound", 0.0}, {"upper_bound", 1.0}});
  add("log_prob", {"replicate", "arm"}, {{"upper_bound", 0.0}});
  add("free", {"replicate", "arm"}, {});
  add("policy_gap", {"replicate", "arm", "arm_b"},
      {{"lower_bound", 0.0}, {"upper_bound", 1.0}, {"of_itself", 0.0}});
  builder.data().dimensions.push_back({"truth", std::vector<std::string>{"terminal", "dense"}});
  try {
    check_claims({claim}, builder.data(), {0, 1, 0});
  } catch (const ClaimError& error) {
    return error.what();
  }
  return "";
}
std::string holds(const std::string& formula) {
  return refusal({.id = "c", .holds = formula});
}
std::string interval(const std::string& formula) {
  return refusal({.id = "c", .interval = formula});
}

TEST(Certainty, DeterministicClaimsThatCannotFail) {
  for (const char* formula : {
           "regret['dpo'] >= 0",
           "0 <= regret['dpo'] where horizon == 1",
           "regret['dpo'] > -1e-9",
           "win_rate['dpo'] <= 1",
           "win_rate['dpo'] != 2",
           "abs(free['dpo']) >= 0",
           "free['dpo'] * free['dpo'] >= 0",
           "regret['dpo'] + win_rate['dpo'] >= 0",
           "pairs * regret['dpo'] >= 0",
           "regret['dpo'] / pairs >= 0",
           "log(win_rate['dpo']) <= 0",
           "-log_prob['dpo'] >= 0",
           "free['dpo'] == free['dpo']",
           "free['dpo'] - free['dpo'] <= 0",
           "regret['rm+plan'] == regret['sft']",   // one recipe
           "policy_gap['rm+plan', 'sft'] < 1e-8",  // likewise
           "policy_gap['dpo', 'dpo'] <= 0",
           "abs(regret['rm+plan'] - regret['sft']) < 1",
       })
    EXPECT_THAT(holds(formula), HasSubstr("cannot fail: ")) << formula;
  EXPECT_THAT(holds("regret['dpo'] >= 0"),
              HasSubstr("by definition the left side lies in [0, inf) and the right side in 0"));
  EXPECT_THAT(holds("regret['rm+plan'] == regret['sft']"),
              HasSubstr("the arms 'rm+plan' and 'sft' have one recipe; both sides are the same quantity"));
}

TEST(Certainty, DeterministicClaimsThatCannotHold) {
  for (const char* formula : {"regret['dpo'] < 0", "win_rate['dpo'] > 1", "free['dpo'] < free['dpo']",
                              "regret['rm+plan'] != regret['sft']", "win_rate['dpo'] == 2",
                              "policy_gap['sft', 'rm+plan'] > 1e-8", "log_prob['dpo'] > 0"})
    EXPECT_THAT(holds(formula), HasSubstr("cannot hold: ")) << formula;
  for (const char* formula : {"1 < 2", "pairs > 50", "horizon == 3 where horizon >= 2"})
    EXPECT_THAT(holds(formula), HasSubstr("no result can change it")) << formula;
}

TEST(Certainty, StatisticalClaimsThatCannotFail) {
  for (const char* formula : {
           "mean(win_rate['dpo']) in [0, 1]",
           "mean(regret['dpo']) in [0, inf)",
           "mean(regret['dpo']) in (-1, inf)",
           "difference(win_rate['dpo'], win_rate['sft']) in [-1, 1]",
           "ratio(regret['dpo'], regret['sft']) in (0, inf)",
           "ratio(regret['rm+plan'], regret['sft']) in [1, inf)",  // one recipe: exactly 1
           "agreement(regret['dpo'], regret['dpo']) in [0.9, 1.1]",
           "agreement(ratio(regret['dpo'], regret['sft']), ratio(regret['dpo'], regret['rm+plan'])) in [0.9, "
           "1.1]",
           "difference(free['sft'], free['rm+plan']) in [0, 1)",
           "trend(ratio(regret['sft'], regret['rm+plan']), horizon) in (-1, 1)",
           "probability(regret['dpo'] > regret['sft']) in [0, 1]",
           "probability(regret['dpo'] > regret['sft']) in (0, 1]",  // no interval of a share lies at 0
           "proportion(free['dpo'] < 1) in [0, 1]",
           "proportion(free['dpo'] < 1) in (-1, 2)",
           "points(mean(free['dpo']) in [0, 1] at 0.95) in [0, 1]",
           "points(mean(win_rate['dpo']) in [0, 1] at 0.95) in [0.9, 1]",
           "crossing(ratio(regret['dpo'], regret['sft']), pairs) in (0, inf)",
           "points(winner(regret['dpo'], regret['sft']) == winner(regret['dpo'], regret['rm+plan']) at 0.9) "
           "in "
           "[0.9, 1]",
       })
    EXPECT_THAT(interval(formula), HasSubstr("cannot fail: ")) << formula;
  EXPECT_THAT(interval("ratio(regret['rm+plan'], regret['sft']) in [1, inf)"),
              HasSubstr("the arms 'rm+plan' and 'sft' have one recipe; a quantity over itself is 1"));
  EXPECT_THAT(interval("mean(win_rate['dpo']) in [0, 1]"),
              HasSubstr("by definition the quantity lies in [0, 1]"));
  EXPECT_THAT(interval("proportion(regret['dpo'] >= 0) in [0.9, 1]"), HasSubstr("whatever is measured"));
  EXPECT_THAT(interval("mean(free['dpo']) in (-inf, inf)"), HasSubstr("cannot fail"));
}

TEST(Certainty, StatisticalClaimsThatCannotHold) {
  for (const char* formula : {
           "mean(win_rate['dpo']) in (1, 2)",
           "mean(regret['dpo']) in (-inf, 0)",
           "difference(win_rate['dpo'], win_rate['sft']) in (1, inf)",
           "ratio(regret['dpo'], regret['sft']) in (-1, 0]",
           "ratio(regret['rm+plan'], regret['sft']) in (1, inf)",
           "ratio(log_prob['dpo'], regret['sft']) in (1, inf)",
           "slope(ratio(regret['sft'], regret['rm+plan']), pairs) in (0, 1)",
           "proportion(free['dpo'] < 1) in [1, 2]",
           "probability(free['dpo'] < 1) in [-1, 0]",
           "points(mean(win_rate['dpo']) in (1, 2) at 0.95) in [0.9, 1]",
           "points(winner(regret['sft'], regret['rm+plan']) == winner(free['dpo'], free['sft']) at 0.9) in "
           "[0.9, 1]",
           "crossing(ratio(regret['sft'], regret['rm+plan']), pairs) in (1, 2)",
       })
    EXPECT_THAT(interval(formula), HasSubstr("cannot hold: ")) << formula;
  EXPECT_THAT(interval("mean(free['dpo']) in (2, 1)"), HasSubstr("empty"));
  EXPECT_THAT(interval("mean(free['dpo']) in [1, 1]"), HasSubstr("empty or a single point"));
}

// What the bounds leave open, at their very edges too.
TEST(Certainty, ClaimsThatCanComeOutEitherWayAreKept) {
  for (const char* formula :
       {"regret['dpo'] > 0", "regret['dpo'] <= 0", "win_rate['dpo'] < 1", "policy_gap['dpo', 'sft'] < 1e-8",
        "regret['dpo'] == regret['sft']", "free['dpo'] >= 0", "regret['dpo'] < inf",
        "regret['dpo'] - regret['sft'] >= 0"})
    EXPECT_EQ(holds(formula), "") << formula;
  for (const char* formula : {
           "mean(win_rate['dpo']) in (0, 1]",
           "mean(win_rate['dpo']) in [1, 2]",
           "mean(regret['dpo']) in (0, inf)",
           "difference(regret['dpo'], regret['sft']) in (0, inf)",
           "ratio(regret['dpo'], regret['sft']) in (1, inf)",
           "agreement(win_rate['dpo'], 1) in (0, 0.9]",
           "proportion(free['dpo'] < 1) in [0.99, 1]",
           "probability(regret['dpo'] > regret['sft']) in (0.5, 1]",
           "points(mean(free['dpo']) in [0, 1] at 0.95) in [0.9, 1]",
           "trend(ratio(regret['dpo'], regret['sft']), horizon) in (0, inf)",
           "crossing(ratio(regret['dpo'], regret['sft']), pairs) in (1, inf)",
       })
    EXPECT_EQ(interval(formula), "") << formula;
}

// --- conditions

TEST(EmptyCondition, AValueThatAnAxisNeverHasNamesTheNearest) {
  EXPECT_THAT(holds("free['dpo'] < 1 where pairs == 101"),
              HasSubstr("column 23: the axis 'pairs' has no value 101 in any preset; the nearest is 100; "
                        "valid: 100, 400"));
  for (const char* condition : {"pairs != 101", "pairs in {100, 101}", "101 == pairs",
                                "horizon == 1 or (pairs == 101 and horizon == 2)"})
    EXPECT_THAT(holds(std::string("free['dpo'] < 1 where ") + condition), HasSubstr("no value 101"))
        << condition;
  EXPECT_THAT(holds("free['dpo'] < 1 where truth == 'terminl'"), HasSubstr("did you mean 'terminal'"));
  EXPECT_THAT(holds("free['dpo'] < 1 where truth in {'dense', 'terminl'}"),
              HasSubstr("did you mean 'terminal'"));
  EXPECT_THAT(holds("free['dpo'] < 1 where truth != 'terminl'"), HasSubstr("did you mean 'terminal'"));
}

TEST(EmptyCondition, WhatNoCombinationMeetsIsRefused) {
  for (const char* condition :
       {"pairs > 400", "horizon < 1", "horizon >= 2 and horizon < 2", "2 * pairs == 100", "log(pairs) > 9",
        "regret['dpo'] < 0", "win_rate['dpo'] > 1 or horizon > 4",
        "truth == 'dense' and truth == 'terminal'"})
    EXPECT_THAT(holds(std::string("free['dpo'] < 1 where ") + condition),
                HasSubstr("selects nothing in any preset"))
        << condition;
  EXPECT_THAT(holds("free['dpo'] < 1 where pairs > 400"), HasSubstr("pairs: 100, 400"));
  for (const char* condition :
       {"pairs >= 400", "2 * pairs == 200", "regret['dpo'] <= 0", "horizon >= 2 and pairs < 400",
        "truth == 'dense' or pairs == 100", "regret['dpo'] < 0 or horizon == 1", "horizon >= 0"})
    EXPECT_EQ(holds(std::string("free['dpo'] < 1 where ") + condition), "") << condition;
}

}  // namespace
}  // namespace twostage
