// An arm whose policy is none on edges, in a replicate: what can be measured of it is, what cannot is missing
// with its reason, and the arm is sound all the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "experiments/runner/replicate/conclusion.hpp"
#include "experiments/runner/replicate/strand.hpp"
#include "experiments/runner/replicate/whole_replicate.hpp"
#include "experiments/runner/run/run.hpp"

namespace twostage {
namespace {

const std::string kStudy = R"(
name = "laws"
title = "Best of n where ways merge"
world = { family = "walk", horizon = 3, truth = "dense" }
penalty = { kind = "reference-kl", lambda = 4.0 }
pairs = 60
measures = ["win_rate", "win_rate_bt"]
[[arms]]
name = "ends"
algorithm = "best-of-n"
reward = { class = "terminal" }
[[arms]]
name = "ways"
algorithm = "best-of-n"
reward = { class = "dense" }
options = { n = 6 }
[replicates]
smoke = 2
)";

Study study(const std::vector<Argument>& arguments = {}) {
  return parse_study("laws", kStudy, "laws.toml", "smoke", arguments);
}

TEST(Laws, WhatCannotBeMeasuredIsMissingWithItsReason) {
  const Study laws = study();
  const WholeReplicate replicate = run_whole_replicate(laws, 0, 0, 1e9);
  for (const ArmOutcome& arm : replicate.arms) EXPECT_EQ(arm.status, ArmStatus::ok) << arm.error;
  EXPECT_TRUE(std::isfinite(measure_of(replicate, "win_rate_bt", 0)));
  EXPECT_TRUE(std::isnan(measure_of(replicate, "win_rate_bt", 1)));
  for (const char* name : {"regret", "win_rate", "kl_to_reference", "unseen_mass"})
    for (const std::size_t arm : {0u, 1u})
      EXPECT_TRUE(std::isfinite(measure_of(replicate, name, arm))) << name;
  EXPECT_LE(measure_of(replicate, "kl_to_reference", 1), std::log(6.0) - 5.0 / 6);
  for (const auto& gaps : replicate.pairs) {
    EXPECT_EQ(gaps[3], 0) << "of a law to itself";
    EXPECT_GT(gaps[1], 0);
  }
  EXPECT_FALSE(conclude(replicate).sentences.empty());
}

TEST(Laws, TooManyScoresAreRefusedAtTheirPlaceBeforeAnythingRuns) {
  try {
    check_study(study({{"horizon", "14"}}), {.threads = 1, .memory = 8e9});
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("laws.toml:14:"));
    EXPECT_THAT(error.what(), testing::HasSubstr("4782969"));
  }
}

}  // namespace
}  // namespace twostage
