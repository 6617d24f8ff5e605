// `table`: estimates with their intervals, as a user meets them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "results/store/store.hpp"
#include "tests/support/printed.hpp"
#include "tests/support/small_study.hpp"

namespace twostage {
namespace {

using test::lines_of;
using test::Outcome;
using testing::HasSubstr;

const std::string kRatio = "ratio(regret['dpo'], regret['rm+plan'])";

class Table : public test::SmallStudy {
 protected:
  void SetUp() override {
    SmallStudy::SetUp();
    ASSERT_EQ(run_small({"replicates=40"}).code, 0);
  }
  Outcome table(std::vector<std::string> more) {
    more.insert(more.begin(), {"table", "r.h5"});
    return twostage(more);
  }
};

// The study's one interval claim is about the two points of degree 1: the level of each is 1 - .01 / 2.
TEST_F(Table, HasTheIntervalsOfTheVerdicts) {
  const auto verdicts = nlohmann::json::parse(twostage({"verdicts", "r.h5", "--json"}).out);
  const auto& claim = verdicts["verdicts"][1];
  EXPECT_EQ(claim["level"], 0.995);
  const Outcome told = table({kRatio, "--where", "degree == 1", "--level", "0.995", "--format", "json"});
  ASSERT_EQ(told.code, 0) << told.err;
  const auto rows = nlohmann::json::parse(told.out)["rows"];
  ASSERT_EQ(rows.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(rows[i]["degree"], 1);
    EXPECT_EQ(rows[i]["pairs"], i == 0 ? 20 : 40);
    EXPECT_EQ(rows[i]["estimate"], claim["parts"][i]["estimate"]);
    EXPECT_EQ(rows[i]["lower"], claim["parts"][i]["low"]);
    EXPECT_EQ(rows[i]["upper"], claim["parts"][i]["high"]);
    EXPECT_EQ(rows[i]["replicates"], claim["parts"][i]["replicates"]);
  }
}

TEST_F(Table, AMeanIsTheMeanOfWhatTheFileHolds) {
  const Dataset data = read_dataset(folder / "r.h5");
  const auto& regret = std::get<std::vector<double>>(data.variable("regret").data);
  double mean = 0;  // of arm 1 at point 2: degree 3, pairs 20
  for (std::size_t r = 0; r < 40; ++r) mean += regret[(2 * 40 + r) * 2 + 1] / 40;
  const Outcome told = table({"regret['dpo']", "--where", "degree == 3 and pairs == 20", "--format", "json"});
  const auto row = nlohmann::json::parse(told.out)["rows"][0];
  EXPECT_NEAR(row["estimate"].get<double>(), mean, 1e-5 * mean) << "six digits";
  EXPECT_LT(row["lower"], row["estimate"]);
  EXPECT_GT(row["upper"], row["estimate"]);
  EXPECT_EQ(row["status"], "ok");
}

TEST_F(Table, TextIsATableWithTheCoordinatesInColumns) {
  const Outcome told = table({"regret['dpo']", "--by", "degree", "--where", "pairs == 40"});
  ASSERT_EQ(told.code, 0) << told.err;
  EXPECT_EQ(told.err, "");
  const auto lines = lines_of(told.out);
  ASSERT_EQ(lines.size(), 7U) << told.out;
  EXPECT_EQ(lines[0], "small: Small");
  EXPECT_EQ(lines[1], "intervals at 95 %, each by itself, where pairs == 40");
  EXPECT_EQ(lines[3], "regret['dpo']");
  EXPECT_THAT(lines[4], testing::MatchesRegex("degree  replicates  estimate +lower +upper"));
  EXPECT_THAT(lines[5], HasSubstr("     1          40  "));
}

TEST_F(Table, CsvReadsIntoPandasWithItsTypes) {
  const Outcome told = table({kRatio, "proportion(regret['dpo'] > 0.01)", "--format", "csv"});
  ASSERT_EQ(told.code, 0) << told.err;
  EXPECT_EQ(lines_of(told.out)[0],
            "degree,pairs,estimand,replicates,left_out,estimate,lower,upper,status,note");
  EXPECT_EQ(lines_of(told.out).size(), 9U);
  if (!test::has_pandas(folder)) GTEST_SKIP() << "no pandas";
  const Outcome read = test::in_pandas(folder, told.out, R"(
assert t.shape == (8, 10), t.shape
assert all(t[c].dtype == 'int64' for c in ('degree', 'pairs', 'replicates', 'left_out')), t.dtypes
assert all(t[c].dtype == 'float64' for c in ('estimate', 'lower', 'upper')), t.dtypes
assert (t.lower <= t.estimate).all() and (t.estimate <= t.upper).all()
)");
  EXPECT_EQ(read.code, 0) << read.err;
}

TEST_F(Table, MistakesAreOneMessageWithTheNearestChoice) {
  expect_refused(table({}), "estimands");
  expect_refused(table({"regret['dop']"}), "unknown arm 'dop'; did you mean 'dpo'?");
  expect_refused(table({"regert['dpo']"}), "did you mean 'regret'?");
  expect_refused(table({"regret['dpo']", "--by", "degre"}), "did you mean 'degree'?");
  expect_refused(
      table({"regret['dpo']", "--by", "degree"}),
      "'pairs' has 2 values left (20, 40), and replicates of different points are never pooled: choose "
      "one with --where \"pairs == 20\", or give each its row with --by degree,pairs");
  expect_refused(table({"regret['dpo']", "--where", "pairs == 21"}), "the nearest is 20; valid: 20, 40");
  expect_refused(table({"regret['dpo']", "--where", "pairs > 40"}), "selects nothing");
  expect_refused(table({"regret['dpo']", "--level", "95"}), "did you mean 0.95?");
  expect_refused(table({"regret['dpo']", "--level", "1e-300"}), "a level lies between 0 and 1");
  expect_refused(table({"regret['dpo']", "--level", "high"}), "'high' is no level between 0 and 1");
  expect_refused(table({"regret['dpo']", "--format", "cvs"}), "did you mean 'csv'?");
  expect_refused(table({"regret['dpo']", "--wher", "pairs == 20"}), "did you mean '--where'?");
  expect_refused(twostage({"table", "absent.h5", "regret['dpo']"}), "absent.h5");
  expect_refused(twostage({"table", "small.toml", "regret['dpo']"}), "small.toml");
  expect_refused(twostage({"tabel", "r.h5"}), "did you mean 'table'?");
}

TEST_F(Table, AShardIsNamedAsAPart) {
  ASSERT_EQ(
      twostage({"run", "small.toml", "--preset", "smoke", "replicates=80", "--shard", "1/2", "--out", "s.h5"})
          .code,
      0);
  const std::string part = "from a part of the results: 160 of 320 replicates, at 4 of 4 points";
  EXPECT_THAT(twostage({"table", "s.h5", "regret['dpo']"}).out, HasSubstr(part + "\n"));
  const Outcome csv = twostage({"table", "s.h5", "regret['dpo']", "--format", "csv"});
  EXPECT_THAT(csv.err, HasSubstr(part));
  EXPECT_EQ(lines_of(csv.out).size(), 5U);
  const auto json =
      nlohmann::json::parse(twostage({"table", "s.h5", "regret['dpo']", "--format", "json"}).out);
  EXPECT_EQ(json["part"], "160 of 320 replicates, at 4 of 4 points");
  EXPECT_EQ(json["rows"][0]["replicates"], 40);
}

}  // namespace
}  // namespace twostage
