#include "results/dataset/csv.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <sstream>

#include "results/dataset/describe.hpp"
#include "tests/results/store/sample.hpp"

namespace twostage {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Dataset small() {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr double inf = std::numeric_limits<double>::infinity();
  Dataset d;
  d.dimensions = {{"horizon", std::vector<std::int64_t>{1, 3}},
                  {"arm", std::vector<std::string>{"dpo", "rm, \"dense\""}},
                  {"arm_b", std::vector<std::string>{"dpo"}}};
  d.variables = {{"regret", {"horizon", "arm"}, std::vector<double>{0.1, nan, -inf, 1e-300}},
                 {"policy_gap", {"horizon", "arm", "arm_b"}, std::vector<double>{0, 1, 2, 3}},
                 {"status",
                  {"horizon", "arm"},
                  std::vector<std::uint8_t>{0, 3, 9, 255},
                  {{"flag_values", std::vector<std::uint8_t>{0, 3, 255}},
                   {"flag_meanings", std::string("ok failed not_run")}}},
                 {"length", {"horizon"}, std::vector<std::int64_t>{7, 8}},
                 {"class", {"arm"}, std::vector<std::string>{"a, b", "c"}},
                 {"beta", {}, std::vector<double>{2}},
                 {"configuration", {}, std::vector<std::string>{"text"}}};
  return d;
}

std::string csv(const Dataset& data, const CsvTable& table) {
  std::ostringstream out;
  write_csv(data, table, out);
  return out.str();
}

TEST(Csv, TheLongTableHoldsWhatFitsAndTheOthersAreNamed) {
  const CsvTable main = main_table(small());
  EXPECT_THAT(main.dimensions, ElementsAre("horizon", "arm"));
  EXPECT_THAT(main.variables, ElementsAre("regret", "status", "length", "class", "beta"));
  EXPECT_EQ(csv(small(), main),
            "horizon,arm,regret,status,length,class,beta\n"
            "1,dpo,0.1,ok,7,\"a, b\",2.0\n"
            "1,\"rm, \"\"dense\"\"\",NaN,failed,7,c,2.0\n"
            "3,dpo,-Inf,9,8,\"a, b\",2.0\n");
  const std::vector<CsvTable> others = other_tables(small());
  ASSERT_EQ(others.size(), 2U);
  EXPECT_THAT(others[0].dimensions, ElementsAre("horizon", "arm", "arm_b"));
  EXPECT_THAT(others[0].variables, ElementsAre("policy_gap"));
  EXPECT_EQ(csv(small(), others[0]),
            "horizon,arm,arm_b,policy_gap\n"
            "1,dpo,dpo,0.0\n"
            "1,\"rm, \"\"dense\"\"\",dpo,1.0\n"
            "3,dpo,dpo,2.0\n");
  EXPECT_THAT(others[1].dimensions, ElementsAre());
  EXPECT_EQ(csv(small(), others[1]), "configuration\ntext\n");
}

// Variables over some of the dimensions, in another order than the table's, stand beside their own elements.
TEST(Csv, RepeatsWhatDoesNotVaryWhateverTheOrderOfDimensions) {
  Dataset d;
  d.dimensions = {
      {"a", std::vector<std::int64_t>{0, 1}}, {"b", std::vector<std::int64_t>{0, 1, 2}}, {"c", Index{2}}};
  const auto code = [](std::int64_t a, std::int64_t b, std::int64_t c) { return 100 * a + 10 * b + c; };
  std::vector<std::int64_t> abc, cb, a_only;
  for (int a = 0; a < 2; ++a)
    for (int b = 0; b < 3; ++b)
      for (int c = 0; c < 2; ++c) abc.push_back(code(a, b, c));
  for (int c = 0; c < 2; ++c)
    for (int b = 0; b < 3; ++b) cb.push_back(code(0, b, c));
  for (int a = 0; a < 2; ++a) a_only.push_back(code(a, 0, 0));
  d.variables = {{"cb", {"c", "b"}, cb}, {"abc", {"a", "b", "c"}, abc}, {"a_only", {"a"}, a_only}};
  std::string expected = "a,b,c,cb,abc,a_only\n";
  for (int a = 0; a < 2; ++a)
    for (int b = 0; b < 3; ++b)
      for (int c = 0; c < 2; ++c)
        expected += std::to_string(a) + ',' + std::to_string(b) + ',' + std::to_string(c) + ',' +
                    std::to_string(code(0, b, c)) + ',' + std::to_string(code(a, b, c)) + ',' +
                    std::to_string(code(a, 0, 0)) + '\n';
  EXPECT_EQ(csv(d, main_table(d)), expected);
  EXPECT_TRUE(other_tables(d).empty());
}

// A spreadsheet runs what begins like a formula; the names of dimensions and variables stand in cells too.
TEST(Csv, TextsAreNoFormulas) {
  Dataset d;
  d.dimensions = {{"=x", std::vector<std::string>{"=1+1", "+1", "-rm", "@SUM(1)", "\tx", "\rx", "\nx", "a=b",
                                                  "=HYPERLINK(\"a\",1)", ""}}};
  d.variables = {{"-y", {"=x"}, std::vector<double>{-1, -HUGE_VAL, 2, 3, 4, 5, 6, 7, 8, 9}}};
  EXPECT_EQ(csv(d, main_table(d)),
            "'=x,'-y\n"
            "'=1+1,-1.0\n"
            "'+1,-Inf\n"
            "'-rm,2.0\n"
            "'@SUM(1),3.0\n"
            "'\tx,4.0\n"
            "\"'\rx\",5.0\n"
            "\"'\nx\",6.0\n"
            "a=b,7.0\n"
            "\"'=HYPERLINK(\"\"a\"\",1)\",8.0\n"
            ",9.0\n");
}

TEST(Csv, NumbersReadBackEqual) {
  Dataset d;
  const std::vector<double> values = {0.1 + 0.2, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0};
  d.dimensions = {{"i", Index{values.size()}}};
  d.variables = {{"x", {"i"}, values}};
  std::stringstream out;
  write_csv(d, main_table(d), out);
  std::string line;
  std::getline(out, line);
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::getline(out, line);
    const double read = std::strtod(line.substr(line.find(',') + 1).c_str(), nullptr);
    EXPECT_EQ(read, values[i]);
    EXPECT_EQ(std::signbit(read), std::signbit(values[i]));
  }
}

TEST(Describe, ShowsWhatAReaderLooksFor) {
  std::ostringstream out;
  describe(sample(), out, 110);
  EXPECT_THAT(out.str(), AllOf(HasSubstr("The gap closes\n"), HasSubstr("1, 2, -3        Horizon"),
                               HasSubstr("(horizon, lambda, replicate, arm)"), HasSubstr("1 of 72 missing"),
                               HasSubstr("Regret [reward]"), HasSubstr("ok 70, not_converged 1, not_run 1"),
                               HasSubstr("text of 2 lines"), HasSubstr("config_hash: abc")));
  EXPECT_THAT(out.str(), Not(HasSubstr("failed")));
}

TEST(Describe, HandlesAnEmptyDataset) {
  std::ostringstream out;
  describe({}, out, 80);
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace twostage
