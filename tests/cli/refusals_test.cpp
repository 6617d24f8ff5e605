// What is refused or repaired when a user's files stand in the way, or a value is of the wrong kind.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "results/store/store.hpp"
#include "tests/support/process.hpp"
#include "tests/support/studies.hpp"

namespace twostage {
namespace {

using test::Outcome;
using testing::HasSubstr;
using testing::Not;

class Refusals : public testing::Test {
 protected:
  void SetUp() override { test::write_text(folder / "small.toml", test::kSmallStudy); }

  Outcome twostage(const std::vector<std::string>& arguments) {
    return test::run(folder.path(), TWOSTAGE_PROGRAM, arguments);
  }
  Outcome explain(std::vector<std::string> more) {
    more.insert(more.begin(), {"explain", "small.toml", "pairs=20", "degree=1"});
    return twostage(more);
  }
  void expect_refused(const Outcome& outcome, const std::string& says) {
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(says));
    EXPECT_THAT(outcome.err, Not(HasSubstr("internal error")));
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  }

  test::ScratchFolder folder;
};

TEST_F(Refusals, ExplainDoesNotSaveOverAFile) {
  test::write_text(folder / "mine.h5", "precious");
  expect_refused(explain({"--save", "mine.h5"}), "mine.h5");
  EXPECT_EQ(test::read_text(folder / "mine.h5"), "precious");
  EXPECT_EQ(explain({"--save", "mine.h5", "--force"}).code, 0);
  EXPECT_NE(test::read_text(folder / "mine.h5"), "precious");
}

TEST_F(Refusals, ASavedReplicateIsNoResult) {
  ASSERT_EQ(explain({"--save", "cell.h5"}).code, 0);
  for (const char* command : {"verify", "verdicts", "reproduce", "figures"})
    expect_refused(twostage({command, "cell.h5"}), "is one replicate, saved by explain");
  expect_refused(twostage({"merge", "cell.h5", "--out", "m.h5"}), "is one replicate, saved by explain");
  EXPECT_EQ(twostage({"info", "cell.h5"}).code, 0);
}

TEST_F(Refusals, ValuesOfTheWrongKindAreBlamedAndNotTheClaims) {
  const Outcome text = twostage({"run", "small.toml", "pairs=abc"});
  expect_refused(text, "pairs must be an integer");
  EXPECT_THAT(text.err, Not(HasSubstr("claim")));
  expect_refused(twostage({"run", "small.toml", "pairs=20,,40"}), "a value is missing between commas");
  expect_refused(twostage({"run", "small.toml", "world.family=toknes"}), "tokens");
  expect_refused(twostage({"run", "small.toml", "arms.dpo.policy.class=tabluar"}), "tabular");
  expect_refused(twostage({"run", "small.toml", "--memory", "0.1"}), "less than 1M");
}

// A finished batch that was damaged is run again; what it held is the same afterwards.
TEST_F(Refusals, ADamagedBatchIsRunAgain) {
  const std::vector<std::string> run = {"run", "small.toml", "--preset", "smoke", "--out"};
  const auto into = [&](const char* file) {
    std::vector<std::string> arguments = run;
    arguments.emplace_back(file);
    return arguments;
  };
  ASSERT_EQ(twostage(into("whole.h5")).code, 0);
  // Stopped after two batches, by the switch that the kill tests use.
  std::vector<std::string> killed = into("r.h5");
  killed.insert(killed.end(), {"--die-after", "2", "--threads", "1"});
  EXPECT_NE(twostage(killed).code, 0);
  std::size_t damaged = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "r.parts")) {
    if (entry.path().extension() != ".h5" || damaged > 0) continue;
    const std::string bytes = test::read_text(entry.path());
    test::write_text(entry.path(), bytes.substr(0, bytes.size() / 2));
    ++damaged;
  }
  ASSERT_EQ(damaged, 1u);
  const Outcome resumed = twostage(into("r.h5"));
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("its cells are run again"));
  EXPECT_TRUE(test::read_text(folder / "r.h5") == test::read_text(folder / "whole.h5"));
}

TEST_F(Refusals, FitsThatDidNotConvergeAreCounted) {
  const Outcome ran =
      twostage({"run", "small.toml", "--preset", "smoke", "--out", "r.h5", "pairs=3", "penalty.kind=none"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("fits did not converge"));
  const Dataset data = read_dataset(folder / "r.h5");
  const auto& status = std::get<std::vector<std::uint8_t>>(data.variable("status").data);
  const auto record = nlohmann::json::parse(test::read_text(folder / "r.run.json"));
  EXPECT_EQ(record["not_converged"], std::ranges::count(status, 1));
}

}  // namespace
}  // namespace twostage
