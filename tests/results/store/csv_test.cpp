#include "results/store/csv.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <sstream>

#include "results/store/describe.hpp"
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
                 {"status", {"horizon", "arm"}, std::vector<std::uint8_t>{0, 1, 2, 255}},
                 {"configuration", {}, std::vector<std::string>{"…"}}};
  return d;
}

TEST(Csv, OneTableForEachListOfDimensions) {
  EXPECT_THAT(csv_tables(small()),
              ElementsAre(DimensionNames{"horizon", "arm"}, DimensionNames{"horizon", "arm", "arm_b"}));
  std::ostringstream out;
  write_csv(small(), out);
  EXPECT_EQ(out.str(),
            "horizon,arm,regret,status\n"
            "1,dpo,0.1,0\n"
            "1,\"rm, \"\"dense\"\"\",NaN,1\n"
            "3,dpo,-Inf,2\n"
            "3,\"rm, \"\"dense\"\"\",1e-300,255\n"
            "\n"
            "horizon,arm,arm_b,policy_gap\n"
            "1,dpo,dpo,0\n"
            "1,\"rm, \"\"dense\"\"\",dpo,1\n"
            "3,dpo,dpo,2\n"
            "3,\"rm, \"\"dense\"\"\",dpo,3\n");
}

// A spreadsheet runs what begins like a formula; the names of dimensions and variables stand in cells too.
TEST(Csv, TextsAreNoFormulas) {
  Dataset d;
  d.dimensions = {{"=x", std::vector<std::string>{"=1+1", "+1", "-rm", "@SUM(1)", "\tx", "\rx", "\nx", "a=b",
                                                  "=HYPERLINK(\"a\",1)", ""}}};
  d.variables = {{"-y", {"=x"}, std::vector<double>{-1, -HUGE_VAL, 2, 3, 4, 5, 6, 7, 8, 9}}};
  std::ostringstream out;
  write_csv(d, out);
  EXPECT_EQ(out.str(),
            "'=x,'-y\n"
            "'=1+1,-1\n"
            "'+1,-Inf\n"
            "'-rm,2\n"
            "'@SUM(1),3\n"
            "'\tx,4\n"
            "\"'\rx\",5\n"
            "\"'\nx\",6\n"
            "a=b,7\n"
            "\"'=HYPERLINK(\"\"a\"\",1)\",8\n"
            ",9\n");
}

TEST(Csv, NumbersReadBackEqual) {
  Dataset d;
  const std::vector<double> values = {0.1 + 0.2, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0};
  d.dimensions = {{"i", Index{values.size()}}};
  d.variables = {{"x", {"i"}, values}};
  std::stringstream out;
  write_csv(d, {"i"}, out);
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
  describe(sample(), out);
  EXPECT_THAT(out.str(), AllOf(HasSubstr("The gap closes\n"), HasSubstr("1, 2, -3   Horizon"),
                               HasSubstr("(horizon, lambda, replicate, arm)"), HasSubstr("1 of 72 missing"),
                               HasSubstr("Regret [reward]"), HasSubstr("ok 70, not_converged 1, not_run 1"),
                               HasSubstr("text of 2 lines"), HasSubstr("config_hash: abc")));
  EXPECT_THAT(out.str(), Not(HasSubstr("failed")));
}

TEST(Describe, HandlesAnEmptyDataset) {
  std::ostringstream out;
  describe({}, out);
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace twostage
