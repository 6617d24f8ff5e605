// `export`: one rectangular table that other programs read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/printed.hpp"
#include "tests/support/small_study.hpp"

namespace twostage {
namespace {

using test::lines_of;
using test::Outcome;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Export : public test::SmallStudy {
 protected:
  void SetUp() override {
    SmallStudy::SetUp();
    ASSERT_EQ(run_small({"replicates=40"}).code, 0);
  }
};

TEST_F(Export, IsOneRectangularTable) {
  const Outcome csv = twostage({"export", "r.h5", "--csv"});
  ASSERT_EQ(csv.code, 0);
  const auto lines = lines_of(csv.out);
  ASSERT_EQ(lines.size(), 1U + 4 * 40 * 2);
  EXPECT_TRUE(lines[0].starts_with("degree,pairs,replicate,arm,")) << lines[0];
  for (const std::string& line : lines)
    EXPECT_EQ(std::ranges::count(line, ','), std::ranges::count(lines[0], ',')) << line;
  EXPECT_THAT(csv.out, Not(HasSubstr("arm_b")));
  // What it says of the others can be typed.
  EXPECT_THAT(csv.err, AllOf(HasSubstr("policy_gap"), HasSubstr("(degree, pairs, replicate, arm, arm_b)"),
                             HasSubstr("`twostage export r.h5 --variable "), HasSubstr("configuration")));
  const auto messages = lines_of(csv.err);
  for (const std::string& message : messages) {
    const auto at = message.find("--variable ") + 11;
    const std::string names = message.substr(at, message.find('`', at) - at);
    const Outcome other = twostage({"export", "r.h5", "--variable", names});
    EXPECT_EQ(other.code, 0) << other.err;
    EXPECT_TRUE(lines_of(other.out)[0].ends_with(names)) << lines_of(other.out)[0];
    EXPECT_EQ(other.err, "");
  }
}

TEST_F(Export, ReadsIntoPandasWithItsTypes) {
  if (!test::has_pandas(folder)) GTEST_SKIP() << "no pandas";
  const Outcome read = test::in_pandas(folder, twostage({"export", "r.h5"}).out, R"(
assert list(t.columns[:4]) == ['degree', 'pairs', 'replicate', 'arm']
assert all(t[c].dtype == 'int64' for c in ('degree', 'pairs', 'replicate')), t.dtypes
assert t.regret.dtype == 'float64' and t.kappa.dtype == 'float64', t.dtypes
assert (t.status == 'ok').all() and t.regime.dtype == object
assert t.groupby(['degree', 'pairs', 'arm']).size().eq(40).all()
)");
  EXPECT_EQ(read.code, 0) << read.err;
}

TEST_F(Export, TakesSeveralVariablesOfOneShape) {
  const auto lines = lines_of(twostage({"export", "r.h5", "--variable", "status,regret"}).out);
  EXPECT_EQ(lines[0], "degree,pairs,replicate,arm,status,regret");
  EXPECT_TRUE(lines[1].starts_with("1,20,0,rm+plan,ok,")) << lines[1];
  EXPECT_EQ(lines.size(), 1U + 4 * 40 * 2);
  expect_refused(twostage({"export", "r.h5", "--variable", "regret,policy_gap"}),
                 "one table needs equal dimensions");
  expect_refused(twostage({"export", "r.h5", "--variable", "regret,regert"}), "did you mean 'regret'?");
  expect_refused(twostage({"export", "r.h5", "--variable", "regret,regret"}), "twice");
}

}  // namespace
}  // namespace twostage
