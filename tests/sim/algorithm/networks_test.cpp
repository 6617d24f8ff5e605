// Classes that are not linear in their parameters as rewards and as policies: theorem 2.2 over a network,
// what wide networks come to, and who refuses them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/plan/divergence.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/gradients.hpp"

namespace twostage {
namespace {

using test::fit;
using test::integer;
using test::model_class;
using test::penalty;
using test::policy_arm;
using test::reward_arm;

Settings mlp(int width, const std::string& scores = "tokens") {
  return test::settings({{"class", "mlp"}, {"width", integer(width)}, {"scores", scores}});
}
Settings low_rank(int rank, const std::string& scores = "tokens") {
  return test::settings({{"class", "low-rank"}, {"rank", integer(rank)}, {"scores", scores}});
}
Settings implicit(Settings policies) {
  policies.set("of", policies.values().at("class"));
  policies.set("class", std::string("implicit"));
  return policies;
}
ArmSpec with_starts(ArmSpec arm, int starts) {
  arm.options.set("starts", integer(starts));
  return arm;
}

double gap(const World& world, const ArmResult& a, const ArmResult& b) {
  return policy_gap(world.graph, world.rho, a.log_policy(), b.log_policy());
}

std::vector<World> small_worlds() {
  return {test::world({{"family", "tokens"}, {"horizon", integer(3)}, {"degree", integer(2)}, {"beta", 0.7}}),
          test::world({{"family", "walk"}, {"horizon", integer(3)}, {"reference", "random"}}),
          test::world({{"family", "tokens"},
                       {"alphabet", integer(3)},
                       {"horizon", integer(2)},
                       {"prompts", integer(2)},
                       {"shared_classes", false}})};
}

// The plan of beta log pi/pi_ref is pi, and the likelihood and the penalty of both routes are one function of
// theta. They meet in one stationary point, as they begin at the same ones; the reward route knows nothing of
// dpo. Weights decay: a saturated unit has no minimum else.
TEST(Theorem22, HoldsOverNetworksWithTheRewardsThatTheyImply) {
  for (const World& world : small_worlds())
    for (const Settings& policies : {mlp(2), low_rank(1)}) {
      const PreferenceData data = test::reference_pairs(world, 80);
      const ArmResult two =
          fit(reward_arm("rm+plan", implicit(policies), penalty("ridge", 0.5)), world, data);
      const ArmResult one = fit(policy_arm("dpo", policies, penalty("ridge", 0.5)), world, data);
      EXPECT_TRUE(two.certificate.converged && one.certificate.converged) << world.family;
      EXPECT_EQ(two.certificate.optimum, Optimum::stationary);
      EXPECT_NEAR(two.certificate.objective, one.certificate.objective, 1e-7);
      EXPECT_LT(gap(world, two, one), 1e-5) << world.family << ' ' << policies.text("class");
    }
  // Of all policies it is the tables' theorem.
  for (const World& world : small_worlds()) {
    const PreferenceData data = test::reference_pairs(world, 80);
    const Settings tables = model_class("tabular");
    const ArmResult two = fit(reward_arm("rm+plan", implicit(tables), penalty("reference-kl")), world, data);
    const ArmResult one = fit(policy_arm("dpo", tables, penalty("reference-kl")), world, data);
    EXPECT_LT(gap(world, two, one), 1e-6) << world.family;
  }
}

// Theorem 3.1 likewise: dpo over the policies that plan for a network is RM + RL over it.
TEST(Theorem31, HoldsOverThePoliciesThatPlanForANetwork) {
  for (const World& world : small_worlds())
    for (const Settings& rewards : {mlp(2, "completion"), mlp(2), low_rank(1, "completion")}) {
      const PreferenceData data = test::reference_pairs(world, 80);
      const ArmResult two = fit(reward_arm("rm+plan", rewards, penalty("ridge", 0.5)), world, data);
      const ArmResult one = fit(reward_arm("planned-dpo", rewards, penalty("ridge", 0.5)), world, data);
      EXPECT_NEAR(two.certificate.objective, one.certificate.objective, 1e-7);
      EXPECT_LT(gap(world, two, one), 1e-5) << world.family << ' ' << rewards.text("class");
    }
}

// The projection of that plan is it, where a start leads there: never below it, and with a divergence that
// the certificate states where none does.
TEST(Theorem22, TheProjectionOntoTheNetworkIsTheSamePolicyUpToItsLocalOptima) {
  int met = 0, all = 0;
  for (const World& world : small_worlds())
    for (const Settings& policies : {mlp(2), low_rank(1)}) {
      const PreferenceData data = test::reference_pairs(world, 80);
      ArmSpec projecting =
          with_starts(reward_arm("rm+project", implicit(policies), penalty("ridge", 0.5)), 5);
      projecting.policy = policies;
      const ArmResult two = fit(projecting, world, data);
      const ArmResult one =
          fit(with_starts(policy_arm("dpo", policies, penalty("ridge", 0.5)), 5), world, data);
      const double divergence = kl_divergence(world.graph, world.rho, two.log_policy(), one.log_policy());
      EXPECT_NEAR(divergence, two.certificate.objective, 1e-6) << world.family;
      met += divergence < 1e-8 ? 1 : 0;
      ++all;
    }
  EXPECT_GE(met, all - 1);
}

// Enough units for every function of a small tree: both routes come to what tables come to.
TEST(Networks, WideOnesReachTheTabularOptimum) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(2)}, {"degree", integer(2)}});
  const PreferenceData data = test::reference_pairs(world, 60);
  const ArmResult table =
      fit(policy_arm("dpo", model_class("tabular"), penalty("reference-kl")), world, data);
  for (const Settings& wide : {mlp(8), low_rank(4)}) {
    const ArmResult policy = fit(policy_arm("dpo", wide, penalty("reference-kl")), world, data);
    EXPECT_NEAR(policy.certificate.objective, table.certificate.objective, 1e-7) << wide.text("class");
    EXPECT_LT(gap(world, policy, table), 1e-3);
    EXPECT_EQ(policy.rank, 3u) << "all policies have three dimensions";
  }
  for (const Settings& wide : {mlp(8, "completion"), low_rank(4, "completion"), mlp(8)}) {
    const ArmResult reward = fit(reward_arm("rm+plan", wide, penalty("reference-kl")), world, data);
    EXPECT_NEAR(reward.certificate.objective, table.certificate.objective, 1e-7) << wide.text("class");
    EXPECT_LT(gap(world, reward, table), 1e-3);
    const ArmResult planned = fit(reward_arm("planned-dpo", wide, penalty("reference-kl")), world, data);
    EXPECT_LT(gap(world, planned, table), 1e-3);
  }
}

TEST(Networks, WithoutUnitsTheyAreTheReference) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(3)}});
  const PreferenceData data = test::reference_pairs(world, 40);
  for (const ArmSpec& arm : {policy_arm("dpo", mlp(0), penalty("reference-kl")),
                             reward_arm("rm+plan", low_rank(0, "completion"), penalty("reference-kl"))}) {
    const ArmResult result = fit(arm, world, data);
    EXPECT_TRUE(result.certificate.converged);
    EXPECT_NEAR(result.certificate.objective, 40 * std::log(2), 1e-12);
    for (std::size_t e = 0; e < world.graph.edges(); ++e)
      EXPECT_NEAR(result.log_policy()[e], world.log_reference[e], 1e-15);
  }
}

// A stationary point is all that is claimed, and more starts never end higher.
TEST(Networks, MoreStartsEndNoHigher) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(4)}, {"degree", integer(3)}});
  const PreferenceData data = test::reference_pairs(world, 150);
  double before = std::numeric_limits<double>::infinity();
  for (const int starts : {1, 4, 12}) {
    const ArmResult result = fit(
        with_starts(reward_arm("rm+plan", mlp(2, "completion"), penalty("ridge", 0.5)), starts), world, data);
    EXPECT_TRUE(result.certificate.converged);
    EXPECT_EQ(result.certificate.optimum, Optimum::stationary);
    EXPECT_EQ(result.certificate.starts, starts);
    EXPECT_GE(result.certificate.values, 1);
    EXPECT_LE(result.certificate.values, starts);
    EXPECT_LE(result.certificate.objective, before + 1e-8);
    before = result.certificate.objective;
  }
}

// A course begins at the reference, and goes down.
TEST(Networks, CoursesBeginAtTheReference) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(3)}});
  const PreferenceData data = test::reference_pairs(world, 100);
  ArmSpec arm = policy_arm("dpo", mlp(2), penalty("reference-kl"));
  double before = 100 * std::log(2) + 1e-9;
  for (const int steps : {0, 1, 30}) {
    arm.course = test::settings({{"kind", "gradient"}, {"rate", 0.1}, {"steps", integer(steps)}});
    if (steps == 0) continue;
    const double objective = fit(arm, world, data).certificate.objective;
    EXPECT_LT(objective, before - 1e-3);
    before = objective;
  }
}

std::string refusal(const ArmSpec& arm, const World& world) {
  try {
    validate_arm(arm, world);
  } catch (const InputError& error) {
    return error.key() + ": " + error.what();
  }
  return "";
}

TEST(Networks, AreRefusedWhereRewardsHaveToBeLinear) {
  using testing::AllOf;
  using testing::HasSubstr;
  using testing::StartsWith;
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(3)}});
  EXPECT_THAT(refusal(reward_arm("rm-draw+plan", mlp(2), penalty("reference-kl")), world),
              AllOf(StartsWith("reward.class: "), HasSubstr("not linear"), HasSubstr("rm+plan")));
  EXPECT_THAT(refusal(reward_arm("rm+plan", mlp(2), penalty("l1")), world),
              AllOf(StartsWith("reward.class: "), HasSubstr("penalty 'l1'")));
  EXPECT_THAT(refusal(with_starts(reward_arm("rm+plan", mlp(2), penalty("reference-kl")), 0), world),
              AllOf(StartsWith("options.starts: "), HasSubstr("valid: 1 to 100")));
  EXPECT_THAT(refusal(reward_arm("planned-dpo", implicit(mlp(2)), penalty("reference-kl")), world),
              HasSubstr("of"));
  EXPECT_EQ(refusal(reward_arm("rm+plan", mlp(2), penalty("reference-kl")), world), "");
  ArmSpec climbing = reward_arm("rm+reinforce", mlp(2, "completion"), penalty("reference-kl"));
  climbing.policy = mlp(2);
  climbing.course = test::settings({{"kind", "gradient"}, {"rate", 0.1}, {"steps", integer(3)}});
  EXPECT_EQ(refusal(climbing, world), "");
}

}  // namespace
}  // namespace twostage
