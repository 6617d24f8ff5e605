#include "results/verdict/language/syntax.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>

#include "results/verdict/verdict.hpp"
#include "tests/results/verdict/dataset_builder.hpp"

namespace twostage {
namespace {

using ::testing::HasSubstr;

// The mistake in a formula: where, and what is said.
struct Mistake {
  std::size_t column;
  std::string message;
  std::string key;
};

Mistake mistake(const Claim& claim) {
  test::Builder builder(1);
  builder.add("regret", {"replicate", "arm"}, [](const test::Where&) { return 1; });
  builder.add("headroom", {"replicate"}, [](const test::Where&) { return 1; });
  builder.add("policy_gap", {"replicate", "arm", "arm_b"}, [](const test::Where&) { return 0; });
  builder.add("predicted_regret", {"arm"}, [](const test::Where&) { return 1; });
  builder.data().dimensions.push_back({"truth", std::vector<std::string>{"terminal", "dense"}});
  builder.data().dimensions.push_back({"penalty.lambda", std::vector<double>{0, 4}});
  builder.data().dimensions.push_back({"arms.rm+plan.degree", std::vector<double>{1, 4}});
  try {
    check_claims({claim}, builder.data());
  } catch (const ClaimError& e) {
    return {e.column(), e.what(), e.key()};
  }
  return {0, "", ""};
}
Mistake holds(const std::string& formula) {
  return mistake({.id = "c", .holds = formula});
}
Mistake interval(const std::string& formula) {
  return mistake({.id = "c", .interval = formula});
}

TEST(ClaimSyntax, AcceptsTheWholeLanguage) {
  for (const char* good : {
           "policy_gap['dpo', 'rm+plan'] < 1e-8 where horizon == 1",
           "policy_gap[\"dpo\",\"sft\"]>1e-3 where (horizon in {1, 2} or pairs >= 400) and truth == "
           "'terminal'",
           "abs(regret['dpo'] - regret['sft']) / headroom <= 2 * -(1 - 3)",
           "log(headroom) != 0 where `arms.rm+plan.degree` == 4 and truth in {'dense', 'terminal'}",
           "regret['dpo'] * pairs > 0 where penalty.lambda == 4",
           "status['dpo'] == 0",
           "headroom < 2 where regret['dpo'] <= 0.02 and horizon == 1",
           "headroom < 2 where (regret['dpo'] + headroom) / 2 > 1 or (horizon in {1} and headroom < -1)",
       })
    EXPECT_EQ(holds(good).message, "") << good;
  for (const char* good : {
           "mean(regret['dpo']) in [0, 1)",
           "difference(regret['dpo'], regret['rm+plan']) in (0, inf) where pairs > 100",
           "ratio(regret['dpo'], regret['rm+plan']) in (-inf, 1]",
           "agreement(pairs * regret['dpo'], predicted_regret['dpo']) in [0.9, 1.1]",
           "trend(ratio(regret['dpo'], regret['rm+plan']), horizon) in (0, inf)",
           "trend(mean(regret['dpo']), log(pairs)) in (-inf, +0)",
           "trend(log(mean(regret['dpo'])), horizon) in (0, inf)",
           "slope(regret['dpo'], pairs) in (-1.1, -0.9)",
           "slope(ratio(regret['dpo'], regret['sft']), pairs) in (-1.1, -0.9)",
           "probability(regret['dpo'] > regret['rm+plan']) in (0.5, 1]",
           "proportion(policy_gap['dpo', 'rm+plan'] < 1e-8) in [0.99, 1]",
           "agreement(ratio(regret['dpo'], headroom), ratio(predicted_regret['dpo'], 2)) in [0.9, 1.1]",
           "agreement(regret['dpo'], ratio(predicted_regret['dpo'], 2)) in [0.9, 1.1]",
           "trend(agreement(ratio(regret['dpo'], headroom), predicted_regret['dpo']), horizon) in (0, 1)",
           "points(agreement(regret['dpo'], predicted_regret['dpo']) in [0.9, 1.1] at 0.95) in [0.92, 1]",
           "points(proportion(regret['dpo'] < 1) in [0.9, 1] at 0.95) in [0.92, 1] where horizon > 1",
           "points(winner(regret['dpo'], regret['sft']) == winner(predicted_regret['dpo'], 1) at 0.999) in "
           "(0.5, 1]",
       })
    EXPECT_EQ(interval(good).message, "") << good;
}

TEST(ClaimSyntax, PrecedenceIsThatOfArithmetic) {
  const auto formula = claims::parse_holds("1 - 2 - 3 * 4 < 0");
  const claims::Expression& outer = formula.assertion.left;  // (1 - 2) - (3 * 4)
  ASSERT_EQ(outer.kind, claims::Expression::Kind::subtract);
  EXPECT_EQ(outer.operands[0].kind, claims::Expression::Kind::subtract);
  EXPECT_EQ(outer.operands[1].kind, claims::Expression::Kind::multiply);
}

TEST(ClaimSyntax, AndBindsTighterThanOr) {
  const auto where = claims::parse_holds("1 < 2 where a == 1 or b == 2 and c == 3").where;
  ASSERT_EQ(where.kind, claims::Condition::Kind::disjunction);
  EXPECT_EQ(where.operands[1].kind, claims::Condition::Kind::conjunction);
}

// Columns are counted by hand, from 1.
TEST(ClaimSyntax, NamesTheNearestValidChoiceAndTheColumn) {
  struct Case {
    Mistake found;
    std::size_t column;
    const char* says;
  };
  const std::vector<Case> cases = {
      {holds("regert['dpo'] < 1"), 1, "did you mean 'regret'"},
      {holds("1 < regret['dppo']"), 12, "did you mean 'dpo'"},
      {holds("regret['dpo'] < 1 where horizn == 1"), 25, "did you mean 'horizon'"},
      {holds("regret['dpo'] < 1 where truth == 'terminl'"), 25, "did you mean 'terminal'"},
      {interval("ration(regret['dpo'], regret['sft']) in (0, 1)"), 1, "did you mean 'ratio'"},
      {interval("trend(mean(regret['dpo']), horizont) in (0, 1)"), 28, "did you mean 'horizon'"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(c.found.message, HasSubstr(c.says));
    EXPECT_EQ(c.found.column, c.column) << c.found.message;
  }
}

TEST(ClaimSyntax, ErrorsCarryTheClaim) {
  const Mistake m = holds("regert['dpo'] < 1");
  EXPECT_EQ(m.key, "claims.c.holds");
  EXPECT_THAT(m.message, HasSubstr("claim 'c', column 1: unknown variable 'regert'"));
  EXPECT_EQ(interval("mean(x) in (0, 1)").key, "claims.c.interval");
}

TEST(ClaimSyntax, SaysWhatIsWrong) {
  const std::vector<std::pair<Mistake, const char*>> cases = {
      {holds(""), "give one of 'holds' and 'interval'"},
      {holds("regret['dpo'] = 1"), "write '=='"},
      {holds("regret['dpo'] < 1 whre horizon == 1"), "expected 'where'"},
      {holds("regret['dpo']"), "expected a comparison"},
      {holds("regret < 1"), "takes one arm: regret['...']"},
      {holds("regret['dpo', 'sft'] < 1"), "takes one arm"},
      {holds("policy_gap['dpo'] < 1"), "takes two arms"},
      {holds("headroom['dpo'] < 1"), "has no arms"},
      {holds("horizon['dpo'] < 1"), "is an axis"},
      {holds("policy_gap['a', 'b', 'c'] < 1"), "at most two arms"},
      {holds("regret[dpo] < 1"), "in quotes"},
      {holds("regret['dpo] < 1"), "not closed"},
      {holds("truth < 1"), "holds texts"},
      {holds("exp(headroom) < 1"), "no function"},
      {holds("headroom < 1.2.3"), "no number"},
      {holds("headroom < 1 ; 2"), "does not belong"},
      {holds("headroom < 1 where horizon == 'one'"), "numbers, not texts"},
      {holds("headroom < 1 where truth == 1"), "texts: compare it with a text"},
      {holds("headroom < 1 where truth < 'dense'"), "only == != and in"},
      {holds("headroom < 1 where replicate < 10"), "they are the sample"},
      {holds("headroom < 1 where arm == 'dpo'"), "in brackets"},
      {interval("mean(headroom)"), "expected 'in'"},
      {interval("mean(headroom) in (1, 0)"), "empty"},
      {interval("mean(headroom) in (-inf, inf)"), "cannot fail"},
      {interval("mean(headroom) in {1, 2}"), "expected the claimed set"},
      {interval("ratio(headroom) in (0, 1)"), "second expression"},
      {interval("mean(predicted_regret['dpo']) in (0, 1)"), "state it with 'holds'"},
      {interval("trend(mean(headroom), truth) in (0, 1)"), "holds texts"},
      {interval("slope(headroom, penalty.lambda) in (0, 1)"), "needs positive values"},
      {interval("trend(probability(headroom > 1), horizon) in (0, 1)"), "expected mean, difference"},
      {interval("probability(headroom == 1) in (0, 1)"), "write proportion"},
      {interval("mean(headroom) in (0, 1) where horizon == 1 and"), "expected a condition, not the end"},
      {holds("headroom < 1 where regret['dppo'] < 1"), "did you mean 'dpo'"},
      {holds("headroom < 1 where regret < 1"), "takes one arm"},
      {holds("headroom < 1 where (headroom + 1) * 2"), "expected a comparison"},
      {holds("headroom < 1 where headroom in {1}"), "unknown axis"},
      {interval("points(mean(headroom) in [0, 1]) in [0.9, 1]"), "expected 'at' and the level"},
      {interval("points(mean(headroom) in [0, 1] at 95) in [0.9, 1]"), "lies between 0 and 1"},
      {interval("points(mean(headroom) at 0.95) in [0.9, 1]"), "expected 'in' and the claimed set"},
      {interval("points(points(mean(headroom) in [0, 1] at 0.9) in [0, 1] at 0.9) in [0.9, 1]"),
       "unknown estimand"},
      {interval("points(winner(headroom, headroom) at 0.9) in [0.9, 1]"), "expected '=='"},
      {interval("points(winner(headroom, 1) == ratio(headroom, 2) at 0.9) in [0.9, 1]"), "expected winner"},
      {interval("winner(headroom, 1) in [0.9, 1]"), "point by point"},
      {interval("agreement(ratio(headroom), 1) in [0.9, 1]"), "second expression"},
      {interval("ratio(ratio(headroom, 1), 1) in [0.9, 1]"), "no function"},
  };
  for (const auto& [found, says] : cases) EXPECT_THAT(found.message, HasSubstr(says));
}

TEST(ClaimSyntax, RefusesDuplicateIdsAndTwoFormulas) {
  const Dataset shape = test::Builder(1).add("x", {"replicate"}, [](const test::Where&) { return 1; }).data();
  EXPECT_THROW(check_claims({{.id = "a", .holds = "x < 2"}, {.id = "a", .holds = "x < 2"}}, shape),
               ClaimError);
  EXPECT_THROW(check_claims({{.id = "a", .holds = "x < 2", .interval = "mean(x) in (0, 1)"}}, shape),
               ClaimError);
  EXPECT_THROW(check_claims({{.holds = "x < 2"}}, shape), ClaimError);
  EXPECT_NO_THROW(check_claims({{.id = "a", .holds = "x < 2"}, {.id = "b", .holds = "x < 2"}}, shape));
}

// The formulas written in a file: "holds = "..."" and "interval = "..."" lines.
std::vector<std::pair<std::string, std::string>> formulas(const std::filesystem::path& file) {
  static const std::regex line_of(R"(^(holds|interval)\s*=\s*"(.*)\"\s*$)");
  std::vector<std::pair<std::string, std::string>> found;
  std::ifstream in(file);
  std::smatch match;
  for (std::string line; std::getline(in, line);)
    if (std::regex_match(line, match, line_of)) found.emplace_back(match[1], match[2]);
  return found;
}

TEST(ClaimSyntax, StudiesAndTheReadmeParse) {
  const std::filesystem::path root(TWOSTAGE_SOURCE_DIR);
  std::vector<std::filesystem::path> files{root / "results/verdict/README.md"};
  for (const auto& study : std::filesystem::directory_iterator(root / "experiments/studies"))
    if (study.is_directory()) files.push_back(study.path() / "study.toml");
  for (const auto& file : files) {
    const auto found = formulas(file);
    EXPECT_FALSE(found.empty()) << file;
    for (const auto& [kind, formula] : found) {
      try {
        if (kind == "holds")
          claims::parse_holds(formula);
        else
          claims::parse_interval(formula);
      } catch (const ClaimError& error) {
        ADD_FAILURE() << file << ": " << formula << ", column " << error.column() << ": " << error.what();
      }
    }
  }
}

}  // namespace
}  // namespace twostage
