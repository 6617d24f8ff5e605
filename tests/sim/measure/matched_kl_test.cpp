// Arms at one KL: what an arm is at its own, and that orders by the win rate can turn.
#include <gtest/gtest.h>

#include <cmath>

#include "sim/measure/metric.hpp"
#include "sim/plan/plan_at_kl.hpp"
#include "sim/policy/policy_law.hpp"
#include "tests/support/arms.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;

double pair(const char* metric, const World& world, const ArmResult& a, const ArmResult& b) {
  return metrics().at(metric).extra.pair(world, a, b);
}

TEST(MatchedKl, OfAnArmWithItselfIsTheArm) {
  const World world = test::world({{"family", "walk"}, {"horizon", integer(3)}});
  const PreferenceData data = test::reference_pairs(world, 100);
  const SoftPlan optimum = [&] {
    SoftPlan out;
    soft_plan(world.graph, world.log_reference, world.reward, world.beta, out);
    return out;
  }();
  const Context context(world, data, optimum);
  const ArmResult two =
      test::fit(test::reward_arm("rm+plan", model_class("terminal"), penalty("reference-kl")), world, data);
  const ArmResult one =
      test::fit(test::policy_arm("dpo", model_class("tabular"), penalty("reference-kl")), world, data);
  for (const ArmResult* arm : {&two, &one}) {
    EXPECT_NEAR(pair("reward_at_kl_of", world, *arm, *arm), expected_reward(world, arm->policy), 1e-9);
    EXPECT_NEAR(pair("win_rate_at_kl_of", world, *arm, *arm),
                metrics().at("win_rate").extra.value(context, *arm), 1e-9);
  }
  // Of the other: by the definition.
  const auto plan = plan_at_kl(world, two.edge_reward, kl_to_reference(world, one.policy));
  ASSERT_TRUE(plan);
  EXPECT_NEAR(kl_to_reference(world, EdgePolicy(plan->log_policy)), kl_to_reference(world, one.policy),
              1e-11);
  EXPECT_NEAR(pair("reward_at_kl_of", world, two, one), expected_reward(world, EdgePolicy(plan->log_policy)),
              1e-12);
}

TEST(MatchedKl, IsMissingWhereTheRewardDoesNotReach) {
  const World world = test::world({{"family", "walk"}, {"horizon", integer(3)}});
  ArmResult near, far;
  near.policy = far.policy = EdgePolicy(world.log_reference);
  near.edge_reward.assign(world.graph.edges(), 0.0);  // tells nothing apart
  far.edge_reward = world.reward;
  far.policy = EdgePolicy(plan_at_kl(world, world.reward, 0.5)->log_policy);
  EXPECT_TRUE(std::isnan(pair("reward_at_kl_of", world, near, far)));
  EXPECT_TRUE(std::isnan(pair("win_rate_at_kl_of", world, near, far)));
  EXPECT_NEAR(pair("reward_at_kl_of", world, far, near), expected_reward(world, near.policy), 1e-15);
}

// A stated KL that no plan of the reward has: missing, and the result says why.
TEST(MatchedKl, SaysThatAStatedKlIsOutOfReach) {
  const World world = test::world({{"family", "walk"}, {"horizon", integer(2)}});
  const PreferenceData data = test::reference_pairs(world, 5);
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  ArmResult arm;
  arm.policy = EdgePolicy(world.log_reference);
  arm.edge_reward = world.reward;
  for (const char* name : {"reward_at_kl", "win_rate_at_kl"}) {
    const Metric& metric = metrics().at(name).extra;
    const Measured far = measure(metric, {world, data, optimum, {.kl = 100}}, arm);
    EXPECT_TRUE(std::isnan(far.value)) << name;
    EXPECT_NE(far.missing.find("end before at_kl"), std::string::npos) << name;
    const Measured near = measure(metric, {world, data, optimum, {.kl = 0.1}}, arm);
    EXPECT_FALSE(std::isnan(near.value)) << name;
    EXPECT_EQ(near.missing, "") << name;
  }
}

}  // namespace
}  // namespace twostage
