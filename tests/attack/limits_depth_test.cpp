// Deep and long texts are refused at their place, with the limit: formulas, study files, `key=value`. Without
// limits these end the process, each in its own way: recursion of our parser, of the TOML library, of the
// destructors of what they built, or copies of copies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "experiments/runner/study/toml_limits.hpp"
#include "results/verdict/language/syntax.hpp"
#include "results/verdict/verdict.hpp"
#include "tests/support/small_study.hpp"

namespace twostage {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

std::string times(std::size_t count, const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

// Column and message of the refusal; "" where there is none.
template <typename Parse>
std::string refusal(Parse parse, const std::string& formula) {
  try {
    parse(formula);
  } catch (const ClaimError& error) {
    return std::to_string(error.column()) + ": " + error.what();
  }
  return "";
}
std::string holds(const std::string& formula) {
  return refusal([](const std::string& text) { claims::parse_holds(text); }, formula);
}
std::string interval(const std::string& formula) {
  return refusal([](const std::string& text) { claims::parse_interval(text); }, formula);
}

TEST(Depth, OfAFormulaIsLimited) {
  const std::string deep = "nests more than 100 brackets and signs";
  EXPECT_THAT(holds(times(4000, "(") + "1" + times(4000, ")") + " < 2"),
              AllOf(StartsWith("101: "), HasSubstr(deep)));
  EXPECT_THAT(holds(times(8000, "-") + "1 < 2"), HasSubstr(deep));
  EXPECT_THAT(holds(times(1500, "abs(") + "1" + times(1500, ")") + " < 2"), HasSubstr(deep));
  EXPECT_THAT(holds("1 < 2 where " + times(4000, "(") + "a < 1" + times(4000, ")")), HasSubstr(deep));
  EXPECT_THAT(interval("trend(" + times(1500, "log(") + "mean(1)" + times(1500, ")") + ", a) in (0, 1)"),
              HasSubstr(deep));
  // The limit itself is inside.
  EXPECT_EQ(holds(times(98, "(") + "1" + times(98, ")") + " < 2"), "");
}

TEST(Depth, OfAChainOfOperatorsIsLimited) {
  EXPECT_THAT(holds("1" + times(4000, "+1") + " < 2"),
              AllOf(StartsWith("1002: "), HasSubstr("more than 500 operators")));
  EXPECT_EQ(holds("1" + times(500, "+1") + " < 2"), "");
}

TEST(Depth, OfAFormulasLengthIsLimited) {
  EXPECT_THAT(holds("1 < " + times(1'000'000, "(")),
              HasSubstr("has 1000004 characters, more than the 10000"));
  EXPECT_THAT(interval(times(1'000'000, "x")), HasSubstr("more than the 10000"));
}

std::string excess(const std::string& text) {
  const auto found = toml_excess(text);
  return found ? std::to_string(found->line) + ":" + std::to_string(found->column) + ": " + found->message
               : "";
}

TEST(Depth, OfTomlIsTold) {
  EXPECT_THAT(excess("a = 1\nb = " + times(33, "[")), StartsWith("2:37: values are nested more than 32"));
  EXPECT_EQ(excess("b = " + times(32, "[") + times(32, "]")), "");
  EXPECT_THAT(excess("ä = '" + std::string("é") + "'\n" + times(32, "a.") + "a = 1"),
              StartsWith("2:64: a key has at most 32"));
  EXPECT_EQ(excess(times(31, "a.") + "a = 1"), "");
  EXPECT_THAT(excess("[" + times(15'000, "a.") + "a]"), HasSubstr("32 parts"));
  EXPECT_THAT(excess(times(15'000, "'a'.") + "a = 1"), HasSubstr("32 parts"));
  EXPECT_THAT(excess("x = " + times(10'000, "{ a = ")), HasSubstr("32 deep"));
}

// Where points and brackets mean nothing.
TEST(Depth, StringsAndCommentsHaveNone) {
  const std::string many = times(100, "[.");
  for (const std::string& text :
       {"# " + many + "\na = 1", "a = '" + many + "'", "a = \"\\\"" + many + "\"",
        "a = '''\n'" + many + "''''", "a = \"\"\"\\\"\"\"" + many + "\"\"\"\"\"\nb = 1",
        "a = \"\"\nb = ''\nc = '" + many + "'", "a = [" + times(5000, "0.5, ") + "1]",
        times(100, "[[a]]\nb = 0.5\n")})
    EXPECT_EQ(excess(text), "") << text;
  // Behind them it counts again.
  EXPECT_NE(excess("a = '''" + many + "'''\nb = " + many), "");
  EXPECT_NE(excess("a = \"\"\"\"\"\"\nb = " + many), "");
  EXPECT_NE(excess("a = '\nb = " + many), "") << "a string of one line ends with it";
}

class DeepStudy : public test::SmallStudy {
 protected:
  void expect_study_refused(const std::string& addition, const std::string& says) {
    test::write_text(folder / "deep.toml", test::kSmallStudy + addition);
    expect_refused(twostage({"show", "deep.toml"}), says);
  }
};

TEST_F(DeepStudy, IsRefusedAtItsPlace) {
  expect_study_refused("\n" + times(15'000, "a.") + "a = 1\n", "deep.toml:");
  expect_study_refused("\n[" + times(15'000, "a.") + "a]\n", "a key has at most 32 parts");
  expect_study_refused("\nx = " + times(15'000, "[") + times(15'000, "]") + "\n", "nested more than 32 deep");
  expect_study_refused("\nx = " + times(15'000, "{ a = ") + "1" + times(15'000, " }") + "\n",
                       "nested more than 32 deep");
  expect_study_refused("\n[presets.smoke]\n\"" + times(15'000, "a.") + "a\" = 1\n",
                       "a key has at most 32 parts");
  expect_study_refused("\n[[variants]]\nname = \"v\"\n\"" + times(15'000, "a.") + "a\" = 1\n",
                       "a key has at most 32 parts");
  expect_study_refused("\n[[claims]]\nid = \"deep\"\nstatement = \"s\"\nholds = \"" + times(4'000, "(") +
                           "1" + times(4'000, ")") + " < 2\"\n",
                       "nests more than 100");
}

TEST_F(DeepStudy, AsAnOverrideIsRefused) {
  expect_refused(twostage({"show", "small.toml", "pairs=" + times(15'000, "[") + times(15'000, "]")}),
                 "nested more than 32 deep");
  expect_refused(twostage({"show", "small.toml", "pairs=" + times(15'000, "{ a = ") + "1"}),
                 "nested more than 32 deep");
  expect_refused(twostage({"show", "small.toml", "pairs=1\n" + times(15'000, "a.") + "a = 1"}),
                 "a key has at most 32 parts");
  expect_refused(twostage({"show", "small.toml", times(15'000, "a.") + "a=1"}), "a key has at most 32 parts");
}

TEST_F(DeepStudy, ALongWordIsShownShortened) {
  const test::Outcome outcome = twostage({"show", "small.toml", times(100'000, "x") + "=1"});
  expect_refused(outcome, "unknown key 'xxxx");
  EXPECT_LT(outcome.err.size(), 2000U);
}

}  // namespace
}  // namespace twostage
