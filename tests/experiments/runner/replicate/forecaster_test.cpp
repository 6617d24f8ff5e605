// Which arms share a prediction, and that it is the one each would have alone.
#include "experiments/runner/replicate/forecaster.hpp"

#include <gtest/gtest.h>

#include <bit>

#include "tests/support/arms.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;

void expect_same(const Prediction& a, const Prediction& b) {
  const auto bits = [](double x) { return std::bit_cast<std::uint64_t>(x); };
  EXPECT_EQ(bits(a.regret), bits(b.regret));
  EXPECT_EQ(bits(a.deviation), bits(b.deviation));
  EXPECT_EQ(bits(a.second), bits(b.second));
  EXPECT_EQ(bits(a.floor), bits(b.floor));
  EXPECT_EQ(bits(a.kappa), bits(b.kappa));
  EXPECT_EQ(bits(a.median), bits(b.median));
  EXPECT_EQ(bits(a.existence), bits(b.existence));
  EXPECT_EQ(a.regime, b.regime);
  EXPECT_EQ(a.reason, b.reason);
}

TEST(Forecaster, RewardsOfEveryActionAndAllPoliciesShareAPrediction) {
  for (const char* family : {"bandit", "walk", "tokens", "two-token"})
    for (const char* kind : {"none", "reference-kl", "variance"}) {
      const World world = test::world({{"family", family}, {"reference", "random"}});
      const PairPolicies pairs{world.log_reference, world.log_reference};
      const std::vector<ArmSpec> arms = {test::reward_arm("rm+plan", model_class("dense"), penalty(kind)),
                                         test::policy_arm("dpo", model_class("tabular"), penalty(kind))};
      Forecaster together(arms, world, pairs);
      EXPECT_EQ(&together.predictor(0), &together.predictor(1));
      for (const ArmSpec& arm : arms) {
        const std::vector<ArmSpec> alone = {arm};
        expect_same(Forecaster(alone, world, pairs).predictor(0).at(400), together.predictor(1).at(400));
      }
    }
}

TEST(Forecaster, WhatMeansAnotherThingIsPredictedApart) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(3)}, {"reference", "random"}});
  const PairPolicies pairs{world.log_reference, world.log_reference};
  const auto share = [&](const ArmSpec& a, const ArmSpec& b) {
    const std::vector<ArmSpec> arms = {a, b};
    Forecaster forecaster(arms, world, pairs);
    return &forecaster.predictor(0) == &forecaster.predictor(1);
  };
  const ArmSpec dense = test::reward_arm("rm+plan", model_class("dense"), penalty("reference-kl"));
  // A ridge is applied in the coordinates of each route.
  EXPECT_FALSE(share(test::reward_arm("rm+plan", model_class("dense"), penalty("ridge")),
                     test::policy_arm("dpo", model_class("tabular"), penalty("ridge"))));
  EXPECT_FALSE(share(dense, test::policy_arm("dpo", model_class("tabular"), penalty("reference-kl", 2))));
  EXPECT_FALSE(share(dense, test::policy_arm("dpo", model_class("degree"), penalty("reference-kl"))));
  EXPECT_FALSE(share(dense, test::reward_arm("rm+plan", model_class("degree"), penalty("reference-kl"))));
}

}  // namespace
}  // namespace twostage
