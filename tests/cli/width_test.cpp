// What is printed is as wide as what shows it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/printed.hpp"
#include "tests/support/small_study.hpp"

namespace twostage {
namespace {

using test::Outcome;
using test::widest;

class Width : public test::SmallStudy {
 protected:
  void SetUp() override {
    SmallStudy::SetUp();
    ASSERT_EQ(run_small({"replicates=40"}).code, 0);
  }
};

TEST_F(Width, IsEightyInAPipeAndWhatColumnsSays) {
  const std::vector<std::vector<std::string>> commands = {
      {"list"},
      {"verdicts", "r.h5"},
      {"info", "r.h5"},
      {"predict", "small.toml"},
      {"table", "r.h5", "regret['dpo']", "ratio(regret['dpo'], regret['rm+plan'])"},
      {"explain", "small.toml", "degree=1", "pairs=20"},
      {"explain", "small.toml", "degree=1", "pairs=20", "--details"},
      {"run", "small.toml", "--dry-run", "--out", "d.h5"},
  };
  for (const auto& command : commands) {
    const Outcome usual = twostage(command);
    ASSERT_EQ(usual.code, 0) << usual.err;
    EXPECT_LE(widest(usual.out), 80U) << usual.out;
    const Outcome narrow = twostage(command, "COLUMNS=50");
    EXPECT_LE(widest(narrow.out), 50U) << narrow.out;
  }
  // A width that is none says nothing.
  const std::string usual = twostage({"verdicts", "r.h5"}).out;
  for (const char* columns : {"COLUMNS=", "COLUMNS=0", "COLUMNS=-1", "COLUMNS=80x", "COLUMNS=5"})
    EXPECT_EQ(twostage({"verdicts", "r.h5"}, columns).out, usual) << columns;
  const Outcome wide = twostage({"list", "metrics"}, "COLUMNS=100000");
  EXPECT_GT(widest(wide.out), 120U) << "texts follow the width";
}

TEST_F(Width, FollowsTheTerminal) {
  const std::string command = "stty cols 50 && exec '" TWOSTAGE_PROGRAM "' list algorithms";
  const Outcome told = test::run(folder.path(), "script", {"-qec", command, "typescript"});
  if (told.code == 127) GTEST_SKIP() << "no script(1)";
  ASSERT_EQ(told.code, 0) << told.err;
  std::string out = told.out;
  std::erase(out, '\r');
  EXPECT_LE(widest(out), 50U) << out;
  EXPECT_GT(widest(out), 40U) << out;
}

}  // namespace
}  // namespace twostage
