// A study that asks for a precision, run by the command line.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <csignal>

#include "results/store/store.hpp"
#include "tests/support/small_study.hpp"

namespace twostage {
namespace {

using test::edited;
using test::Outcome;
using test::write_text;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// The small study with more replicates where its regrets are known too badly: three threads, a shuffled
// order, a kill in either stage and shards all give the file of one thread.
class AdaptiveStudy : public test::SmallStudy {
 protected:
  void SetUp() override {
    write_text(folder / "small.toml",
               edited("batch = 2",
                      "batch = 2\nprecision = { of = [\"regret['dpo']\", \"ratio(regret['dpo'], "
                      "regret['rm+plan'])\"], relative = 0.2, cap = 20 }"));
    const Outcome ran = run_small({"--threads", "1"});
    ASSERT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("the precision asks for "));
    whole = test::read_text(folder / "r.h5");
  }
  // Runs of each point, by its status.
  std::vector<std::size_t> counts(const Dataset& data) {
    const auto& status = std::get<std::vector<std::uint8_t>>(data.variable("status").data);
    const std::size_t wide = data.dimension("replicate").size();
    std::vector<std::size_t> out;
    for (std::size_t point = 0; point < 4; ++point) {
      std::size_t ran = 0;
      for (std::size_t r = 0; r < wide; ++r) ran += status[(point * wide + r) * 2] != 255;
      out.push_back(ran);
    }
    return out;
  }
  std::string whole;
};

TEST_F(AdaptiveStudy, GivesEachPointWhatItNeeds) {
  const Dataset data = read_dataset(folder / "r.h5");
  const auto ran = counts(data);
  const std::size_t wide = data.dimension("replicate").size();
  EXPECT_EQ(std::ranges::max(ran), wide);
  EXPECT_LE(wide, 20u);
  EXPECT_GT(wide, 5u) << "the test needs a point that needs more";
  EXPECT_LT(std::ranges::min(ran), wide) << "and one that needs fewer";
  // As the rule says, from the first five: e^2 = sum (contrast)^2 / (4 * 5), 5 (e / 0.2)^2 in batches of two.
  const auto& regret = std::get<std::vector<double>>(data.variable("regret").data);
  for (std::size_t point = 0; point < 4; ++point) {
    double mean[2] = {0, 0}, square = 0, square_ratio = 0;
    const auto at = [&](std::size_t r, std::size_t arm) { return regret[(point * wide + r) * 2 + arm]; };
    for (std::size_t r = 0; r < 5; ++r)
      for (std::size_t arm = 0; arm < 2; ++arm) mean[arm] += at(r, arm) / 5;
    for (std::size_t r = 0; r < 5; ++r) {
      const double dpo = at(r, 1) / mean[1] - 1;
      square += dpo * dpo;
      square_ratio += std::pow(dpo - (at(r, 0) / mean[0] - 1), 2);
    }
    const double wanted = 5 * std::max(square, square_ratio) / 20 / 0.04;
    const double more = std::max(0.0, std::ceil((wanted - 5) / 2));
    EXPECT_EQ(static_cast<double>(ran[point]), std::min(20.0, 5 + 2 * more)) << point;
    for (std::size_t r = ran[point]; r < wide; ++r) EXPECT_TRUE(std::isnan(at(r, 0)) && std::isnan(at(r, 1)));
  }
  EXPECT_THAT(std::get<std::string>(data.variable("status").attributes.at("definition")),
              HasSubstr("not_run"));
}

TEST_F(AdaptiveStudy, ThreadsOrderAndInterruptionsChangeNothing) {
  ASSERT_EQ(run_small({"--threads", "3", "--shuffle", "11", "--force"}).code, 0);
  EXPECT_TRUE(test::read_text(folder / "r.h5") == whole);
  for (const char* when : {"5", "14"}) {  // the first stage has twelve batches
    std::filesystem::remove(folder / "r.h5");
    EXPECT_EQ(run_small({"--threads", "1", "--die-after", when}).code, 128 + SIGKILL);
    ASSERT_FALSE(std::filesystem::exists(folder / "r.h5"));
    const Outcome resumed = run_small({"--threads", "2"});
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_THAT(resumed.err, HasSubstr("resuming"));
    EXPECT_TRUE(test::read_text(folder / "r.h5") == whole) << "killed after " << when;
  }
}

TEST_F(AdaptiveStudy, ShardsAreWholePointsAndMergeToTheFileOfOneRun) {
  for (int k = 1; k <= 3; ++k) {
    const std::string name = fmt::format("s{}.h5", k);
    const std::vector<std::string> shard = {"run",     "small.toml",           "--preset", "smoke",
                                            "--shard", fmt::format("{}/3", k), "--out",    name};
    ASSERT_EQ(twostage(shard).code, 0);
    EXPECT_THAT(twostage(shard).err, HasSubstr("already complete"));
    EXPECT_THAT(twostage({"verify", name}).out, HasSubstr("a part"));
  }
  expect_refused(twostage({"merge", "s1.h5", "s3.h5", "--out", "m.h5"}), "a shard is missing");
  ASSERT_EQ(twostage({"merge", "s3.h5", "s1.h5", "s2.h5", "--out", "m.h5"}).code, 0);
  EXPECT_TRUE(test::read_text(folder / "m.h5") == whole) << "equal bytes";
}

TEST_F(AdaptiveStudy, EveryCommandKnowsWhatWasNotDue) {
  EXPECT_THAT(run_small().err, HasSubstr("already complete"));
  EXPECT_THAT(twostage({"verify", "r.h5"}).out, AllOf(HasSubstr("sound"), Not(HasSubstr("a part"))));
  EXPECT_THAT(twostage({"reproduce", "r.h5"}).out, HasSubstr("reproduced"));
  EXPECT_THAT(twostage({"info", "r.h5"}).out, HasSubstr("not_run"));
  std::size_t rows = 0;
  for (const std::size_t ran : counts(read_dataset(folder / "r.h5"))) rows += 2 * ran;
  const std::string csv = twostage({"export", "r.h5", "--variable", "regret"}).out;
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(csv, '\n')), 1 + rows) << "only what was run";
  EXPECT_THAT(csv, Not(HasSubstr("NaN")));
  const Outcome dry = run_small({"--dry-run"});
  EXPECT_THAT(dry.out,
              AllOf(HasSubstr("20 replicates = 4 points x 5"), HasSubstr("at most 80 = 4 points x 20")));
}

TEST_F(AdaptiveStudy, AnotherPrecisionIsAnotherResultOnTheSameCells) {
  expect_refused(run_small({"precision.relative=0.3"}), "precision.relative is 0.2 there and 0.3 here");
  expect_refused(run_small({"precision=false"}), "precision");
  // A run that was stopped goes on with the new one: its cells are the same.
  EXPECT_EQ(run_small({"--force", "--threads", "1", "--die-after", "14"}).code, 128 + SIGKILL);
  std::filesystem::remove(folder / "r.h5");
  const Outcome other = run_small({"precision.relative=0.3"});
  EXPECT_EQ(other.code, 0) << other.err;
  EXPECT_THAT(other.err, HasSubstr("resuming, 20 of 20"));
  const std::string resumed = test::read_text(folder / "r.h5");
  ASSERT_EQ(run_small({"precision.relative=0.3", "--force"}).code, 0);
  EXPECT_TRUE(test::read_text(folder / "r.h5") == resumed);
}

}  // namespace
}  // namespace twostage
