// Too many points, replicates or batches, or too much memory, are refused by number in every command: nothing
// of that size is made. The programs get 2 GB of address space and ten seconds of processor, a thousand times
// what a refusal takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "results/store/store.hpp"
#include "tests/attack/forgery.hpp"
#include "tests/support/small_study.hpp"

namespace twostage {
namespace {

using test::Outcome;
using testing::AllOf;
using testing::HasSubstr;

const std::string kSmall = test::kSanitized ? "" : "ulimit -v 2000000; ulimit -t 10;";

class Numbers : public test::SmallStudy {
 protected:
  // Refused alike by all commands that read a study.
  void expect_refused_everywhere(const std::vector<std::string>& overrides, const std::string& says,
                                 const std::string& study = "small.toml") {
    for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
             {"show"}, {"run"}, {"run", "--dry-run"}, {"explain"}, {"predict"}, {"predict", "--json"}}) {
      std::vector<std::string> arguments = {command[0], study, "--preset", "smoke"};
      arguments.insert(arguments.end(), command.begin() + 1, command.end());
      arguments.insert(arguments.end(), overrides.begin(), overrides.end());
      const Outcome outcome = twostage(arguments, kSmall);
      SCOPED_TRACE(command.back());
      expect_refused(outcome, says);
    }
  }
};

// "[1, 2, ..., count]"
std::string numbers(int count, const std::string& suffix = "") {
  std::string out;
  for (int i = 1; i <= count; ++i) out += (out.empty() ? "[" : ", ") + std::to_string(i) + suffix;
  return out + "]";
}

// 2^8 values on each of eight axes: 2^64 points, which wrap to none.
TEST_F(Numbers, PointsDoNotWrapToNone) {
  expect_refused_everywhere(
      {"pairs=" + numbers(256), "beta=" + numbers(256), "headroom=" + numbers(256), "scale=" + numbers(256),
       "number=" + numbers(256), "penalty.lambda=" + numbers(256), "prompts=" + numbers(256),
       "arms.dpo.options.beta_factor=" + numbers(256)},
      "a study has at most 100000");
}

TEST_F(Numbers, TooManyPointsAreNamedWithTheLimit) {
  expect_refused_everywhere({"pairs=" + numbers(1000), "beta=" + numbers(101)},
                            "points, and a study has at most 100000: shorten them");
}

TEST_F(Numbers, ReplicatesHaveALimit) {
  expect_refused_everywhere({"replicates=100000000"},
                            "replicates = 100000000 is out of range; valid: 1 to 10000000");
}

TEST_F(Numbers, BatchesHaveALimitAndTheNearestChoicesAreNamed) {
  // 4 points x 10^7 replicates one by one; 250,000 replicates or batches of 40 make a million.
  expect_refused_everywhere({"replicates=10000000", "batch=1"},
                            "lower replicates to 250000, or raise batch to 40");
}

TEST_F(Numbers, ResultsThatDoNotFitAreRefusedBeforeTheyAreMade) {
  for (const std::string flag : {"--threads=1", "--dry-run"})
    expect_refused(run_small({"replicates=10000000", "batch=1000", "--memory", "1G", flag}, kSmall),
                   "more than the 1 GB this run may use");
}

TEST_F(Numbers, ALongAxisIsReadInLinearTime) {
  // 60,000 values; comparing each with each would take 1.8e9 comparisons of texts.
  std::string text = test::kSmallStudy;
  text.replace(text.find("[axes]"), 6, "[axes]\nbeta = " + numbers(60000, "e-3") + "\n");
  test::write_text(folder / "long.toml", text);
  expect_refused_everywhere({}, "a study has at most 100000", "long.toml");
}

TEST_F(Numbers, MemoryIsANumber) {
  for (const std::string size :
       {"nan", "-nan", "NaNG", "inf", "infG", "-1G", "0", "1e30G", "1e308G", "G", ""})
    EXPECT_EQ(run_small({"--memory=" + size}, kSmall).code, 2) << size;
  EXPECT_THAT(run_small({"--memory", "nan"}).err, HasSubstr("is no size; write for example 4G or 500M"));
  EXPECT_THAT(run_small({"--memory", "1e30G"}).err, HasSubstr("more than"));
}

TEST_F(Numbers, WorldsOfAPredictionHaveToFit) {
  expect_refused(
      twostage({"predict", "small.toml", "pairs=100", "degree=1", "horizon=16", "--worlds", "100000"},
               kSmall),
      "lower --worlds to");
}

// Files say what they like about themselves.
TEST_F(Numbers, ASizeInAFileIsRefusedAsInAStudy) {
  ASSERT_EQ(run_small().code, 0);
  Dataset data = read_dataset(folder / "r.h5");
  test::reconfigure(data, "replicates = " + std::to_string(data.dimension("replicate").size()),
                    "replicates = 100000000");
  write_dataset(folder / "forged.h5", data);
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"verify", "forged.h5"},
                                             {"verdicts", "forged.h5"},
                                             {"reproduce", "forged.h5"},
                                             {"figures", "forged.h5"},
                                             {"merge", "forged.h5", "--out", "whole.h5"}}) {
    SCOPED_TRACE(command[0]);
    expect_refused(twostage(command, kSmall), "replicates = 100000000 is out of range");
  }
}

}  // namespace
}  // namespace twostage
