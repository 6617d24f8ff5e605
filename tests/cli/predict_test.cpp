// predict: its answers (pairs needed, winners, crossings) come with the regime where they lie, and nothing
// outside it looks like a prediction.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>

#include "tests/support/process.hpp"

namespace twostage {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class Predict : public testing::Test {
 protected:
  std::string said(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "predict");
    const test::Outcome outcome = test::run(folder_.path(), TWOSTAGE_PROGRAM, arguments, "COLUMNS=200");
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return outcome.out;
  }
  // Of the study `crossing` at horizon 2, where it takes a tenth of a second.
  std::string crossing(const std::string& excess, const std::string& pairs) {
    return said({"crossing", "horizon=2", "excess=" + excess, "pairs=" + pairs});
  }
  nlohmann::json rows(const std::string& excess, const std::string& pairs) {
    return nlohmann::json::parse(
        said({"crossing", "horizon=2", "excess=" + excess, "pairs=" + pairs, "--json"}));
  }

 private:
  test::ScratchFolder folder_;
};

// kappa is about 5 / n in these worlds: more than .02 at a regret of a tenth of the headroom (75 pairs), and
// at the crossing of a large excess (n = 22), though not at the study's n.
TEST_F(Predict, AnswersOutsideTheRegimeSaySo) {
  const std::string early = crossing("5", "450");
  EXPECT_THAT(early, ContainsRegex("  dpo +0 +[0-9.]+ +\\([0-9]+\\) +kappa_too_large\n"));
  EXPECT_THAT(early, ContainsRegex("  rm\\+plan +[0-9.]+ +[0-9.]+ +never +-\n"));
  EXPECT_THAT(early, ContainsRegex("changes at n = [0-9]+ \\(outside the regime: kappa 0\\.[0-9]+\\); with"));
  EXPECT_THAT(early, ContainsRegex(" 450  dpo +0\\.[0-9]+ .* within\n"));
  EXPECT_THAT(early, HasSubstr("in parentheses: outside its regime, not a prediction"));

  // A crossing far inside, and a regret that takes as many pairs.
  const std::string late = said({"crossing", "horizon=2", "excess=0.3", "pairs=450", "--regret", "0.005"});
  EXPECT_THAT(late, ContainsRegex("changes at n = [0-9]{4}; with more pairs it is dpo"));
  EXPECT_THAT(late, ContainsRegex("  dpo +0 +[0-9.]+ +[0-9]+ +within\n"));
  EXPECT_THAT(late, Not(HasSubstr("parentheses")));
}

TEST_F(Predict, NumbersOutsideTheRegimeAreInParenthesesAndWithoutSecondOrder) {
  const std::string out = crossing("0.3", "50,5000");
  EXPECT_THAT(
      out, ContainsRegex("   50  dpo +\\(0\\.[0-9]+\\) +- +\\(0\\.[0-9]+\\) +0\\.[0-9]+  kappa_too_large\n"));
  EXPECT_THAT(out, ContainsRegex(" 5000  dpo +0\\.[0-9]+ +0\\.[0-9]+ +0\\.[0-9]+ +0\\.[0-9]+  within\n"));
}

// A cold world (beta = 1/4), where kappa is small and the next order is not: no regime. That order falls with
// 1/n, so at 16 times the pairs the prediction may be trusted, and what is left of it is below a tenth.
TEST_F(Predict, ALargeNextOrderIsOutsideTheRegime) {
  const std::string cold = said({"asymptotics", "variant=bandit/cold", "pairs_factor=4,64"});
  const std::regex line(
      " [0-9]+  direct +(\\(?[0-9.e-]+\\)?) +([0-9.e-]+) +\\(?[0-9.e-]+\\)? +([0-9.e-]+)  ([a-z_]+)\n");
  const std::sregex_iterator first(cold.begin(), cold.end(), line), end;
  ASSERT_NE(first, end) << cold;
  EXPECT_EQ((*first)[4], "next_order_too_large");
  EXPECT_EQ((*first)[2], "-") << "no number beside one that is not trusted";
  EXPECT_LE(std::stod((*first)[3]), 0.02) << "kappa sees nothing of it";
  const auto second = std::next(first);
  ASSERT_NE(second, end) << cold;
  EXPECT_EQ((*second)[4], "within");
  EXPECT_NEAR(std::stod((*second)[2]) / std::stod((*second)[1]), 1, 0.1);
}

TEST_F(Predict, LateCrossingsAreFoundAndOthersSayWhereTheyWereSought) {
  // Floors of 6.3e-8 and 6.3e-10 under slopes of about 2.3 and 3.7: n* = 1.4 / floor, beyond 1e6 and 1e9.
  EXPECT_THAT(crossing("0.005", "450"), ContainsRegex("changes at n = 2\\.[0-9]e\\+07; with .* it is dpo"));
  EXPECT_THAT(crossing("0.0005", "450"), ContainsRegex("changes at n = 2\\.[0-9]e\\+09; with .* it is dpo"));
  // With no excess the simple verifier is right: it wins for good.
  EXPECT_THAT(crossing("0", "450"),
              ContainsRegex("rm\\+plan beats dpo at every n from 10 to 1e10; regret ratio 1\\.[0-9]+ at n = "
                            "[0-9]+, where the regime begins"));
}

// The winner turns where the JSON says that it does.
TEST_F(Predict, JsonHoldsWinnerCrossingsAndPairsNeeded) {
  const nlohmann::json far = rows("0.3", "450");
  ASSERT_EQ(far.size(), 2);
  ASSERT_EQ(far[0]["arm"], "rm+plan");
  ASSERT_EQ(far[0]["crossings"].size(), 1);
  const nlohmann::json turn = far[0]["crossings"][0];
  EXPECT_EQ(turn["with"], "dpo");
  EXPECT_EQ(turn["regime"], "within");
  EXPECT_EQ(far[1]["crossings"][0]["with"], "rm+plan");
  EXPECT_EQ(far[1]["crossings"][0]["n"], turn["n"]);

  const auto n = static_cast<long>(std::round(turn["n"].get<double>()));
  const nlohmann::json around = rows("0.3", fmt::format("{},{}", n - 2, n + 2));
  EXPECT_EQ(around[0]["winner"], "rm+plan");
  EXPECT_EQ(around[2]["winner"], "dpo");
  EXPECT_EQ(around[0]["winner_regime"], "within");

  // As many pairs as needed reach the target, one less does not.
  const nlohmann::json& dpo = far[1];
  const long needed = dpo["pairs_needed"];
  const double target = dpo["regret_target"];
  EXPECT_NEAR(target, 0.05, 1e-9) << "a tenth of the headroom";
  const nlohmann::json there = rows("0.3", fmt::format("{},{}", needed - 1, needed));
  EXPECT_GT(there[1]["regret"], target);
  EXPECT_LE(there[3]["regret"], target);
  EXPECT_EQ(dpo["pairs_needed_regime"], there[3]["regime"]);
  EXPECT_EQ(dpo["pairs_needed_regime"], "kappa_too_large");
  EXPECT_EQ(dpo["regime"], "within") << "at the study's n";

  const nlohmann::json never = rows("5", "450");
  EXPECT_TRUE(never[0]["pairs_needed"].is_null() && never[0]["pairs_needed_regime"].is_null());
  EXPECT_EQ(never[0]["crossings"][0]["regime"], "kappa_too_large");
  EXPECT_EQ(never[0]["winner"], "dpo");
}

// From a uniform reference of 3 actions, two steps: a policy of one path has the coverage 1 / P(path). The
// plan against r* covers pi* worse than the plan for it.
TEST_F(Predict, TheSamplersOfBothCompletionsAreTold) {
  const std::vector<std::string> study = {"horizon", "horizon=2", "pairs=1600", "--worlds", "1", "--sampler"};
  const auto with = [&](const std::string& kind) {
    std::vector<std::string> out = study;
    out.push_back("sampler.kind=" + kind);
    return said(out);
  };
  EXPECT_THAT(with("reference"),
              AllOf(HasSubstr("the pairs: coverage of every policy 9, "), Not(HasSubstr("of a pair"))));
  const std::string both = with("policy-guided");
  std::vector<double> optimal;
  for (const char* member : {"first", "second"}) {
    std::smatch found;
    ASSERT_TRUE(std::regex_search(
        both, found,
        std::regex(
            fmt::format("the {} of a pair: coverage of every policy [0-9.]+, of pi\\* ([0-9.]+),", member))))
        << both;
    optimal.push_back(std::stod(found[1]));
  }
  EXPECT_LT(optimal[0], 9);
  EXPECT_GT(optimal[1], 9);
}

// A hot world, where the expansion leaves its range and a regret would be negative: nothing is shown, in
// words or in JSON.
TEST_F(Predict, WhatNoRegretCanBeIsNotShown) {
  const std::vector<std::string> hot = {"horizon", "--preset",  "smoke",   "--worlds",
                                        "2",       "horizon=2", "beta=1e3"};
  const std::string out = said(hot);
  EXPECT_THAT(out, AllOf(Not(HasSubstr("nan")), Not(HasSubstr("(-"))));
  std::vector<std::string> json = hot;
  json.push_back("--json");
  for (const auto& row : nlohmann::json::parse(said(json)))
    if (!row["regret"].is_null()) {
      EXPECT_GE(row["regret"].get<double>(), 0);
    }
}

// A billion pairs, which a study may ask for, need 40 GB when they are drawn; theory draws none.
TEST_F(Predict, AsksForNoMemoryThatOnlyDataWouldTake) {
  EXPECT_THAT(said({"horizon", "horizon=2", "pairs=1e9", "--worlds", "1"}), HasSubstr(" 1000000000 "));
}

// Of pairs that are given there is no theory, and no empty table either.
TEST_F(Predict, WithoutTheoryThereAreReasonsAndNoEmptyTables) {
  const std::string out = said({"gopalan"});
  EXPECT_THAT(out, HasSubstr("no formula for pairs that are given"));
  EXPECT_THAT(out, AllOf(Not(HasSubstr("E regret")), Not(HasSubstr("2nd order"))));
}

}  // namespace
}  // namespace twostage
