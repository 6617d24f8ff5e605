// Theorems 2.2 and 3.1 of 2503.01067 as checks of the code: the two routes share no optimiser and no
// objective, so equal policies mean that both are right. The controls must differ.
#include <gtest/gtest.h>

#include "sim/plan/divergence.hpp"
#include "tests/support/arms.hpp"

namespace twostage {
namespace {

using test::fit;
using test::integer;
using test::model_class;
using test::penalty;
using test::policy_arm;
using test::reward_arm;

double gap(const World& world, const ArmResult& a, const ArmResult& b) {
  return policy_gap(world.graph, world.rho, a.log_policy(), b.log_policy());
}

World random_world(const std::string& family, int horizon, int prompts, bool shared) {
  Settings s = test::settings({{"family", family},
                               {"prompts", integer(prompts)},
                               {"shared_classes", shared},
                               {"reference", shared ? "uniform" : "random"},
                               {"reference_spread", 1.5},
                               {"prompt_weights", "random"},
                               {"beta", 0.7},
                               {"headroom", 0.5}});
  if (family == "walk" || family == "tokens" || family == "maze") s.set("horizon", integer(horizon));
  if (family == "two-token") s.set("actions", integer(5));
  return make_world(resolve_world(s), test::world_seed(), 1e9);
}

std::vector<World> worlds_of_all_kinds() {
  std::vector<World> out;
  for (const int prompts : {1, 3})
    for (const bool shared : {true, false}) {
      out.push_back(random_world("bandit", 1, prompts, shared));
      out.push_back(random_world("walk", 4, prompts, shared));
      out.push_back(random_world("tokens", 4, prompts, shared));
      out.push_back(random_world("two-token", 2, prompts, shared));
      out.push_back(random_world("maze", 4, prompts, shared));
    }
  return out;
}

// Five pairs are always separable or flat for the larger classes: the penalty alone holds the estimate.
TEST(Theorem22, DenseRewardThenPlanIsTabularPolicies) {
  for (const World& world : worlds_of_all_kinds())
    for (const char* kind : {"reference-kl", "variance"})
      for (const std::size_t pairs : {5u, 50u, 1000u}) {
        const PreferenceData data = test::reference_pairs(world, pairs);
        const ArmResult two = fit(reward_arm("rm+plan", model_class("dense"), penalty(kind)), world, data);
        const ArmResult one = fit(policy_arm("dpo", model_class("tabular"), penalty(kind)), world, data);
        EXPECT_LT(gap(world, two, one), 1e-8) << world.family << ' ' << kind << ' ' << pairs;
        EXPECT_TRUE(two.certificate.converged && one.certificate.converged);
        EXPECT_EQ(two.certificate.optimum, Optimum::global);
        EXPECT_EQ(one.certificate.optimum, Optimum::global);
        EXPECT_NEAR(two.certificate.objective, one.certificate.objective, 1e-9);
        EXPECT_EQ(two.rank, one.rank);
      }
}

TEST(Theorem22, HoldsAtTheLargestCellOfTheHorizonStudy) {
  const World world = random_world("walk", 6, 1, true);
  const PreferenceData data = test::reference_pairs(world, 3200);
  const ArmResult two =
      fit(reward_arm("rm+plan", model_class("dense"), penalty("reference-kl")), world, data);
  const ArmResult one = fit(policy_arm("dpo", model_class("tabular"), penalty("reference-kl")), world, data);
  EXPECT_LT(gap(world, two, one), 1e-8);
}

// A weak penalty on nearly separable data: plans with logits of dozens, softmaxes that saturate. At lambda =
// 0.01 both routes' first methods give up, and damping finishes.
TEST(Theorem22, HoldsUnderAWeakPenalty) {
  const RandomSource source(17, "stress");
  const Settings family = test::settings({{"family", "walk"},
                                          {"horizon", integer(8)},
                                          {"beta", 0.5},
                                          {"headroom", 1.0},
                                          {"prompts", integer(2)},
                                          {"shared_classes", false}});
  const World world = make_world(resolve_world(family), WorldSeed{source, 1}, 1e9);
  const PreferenceData data = sample_pairs(world, world.log_reference, 400, source, 1, 0);
  for (const double lambda : {0.25, 0.01}) {
    const Settings p = penalty("reference-kl", lambda);
    const ArmResult two = fit(reward_arm("rm+plan", model_class("dense"), p), world, data);
    const ArmResult one = fit(policy_arm("dpo", model_class("tabular"), p), world, data);
    EXPECT_TRUE(two.certificate.converged && one.certificate.converged) << lambda;
    EXPECT_LT(gap(world, two, one), 1e-8) << lambda;
  }
}

TEST(Theorem22, ControlsFail) {
  for (const char* family : {"walk", "tokens"}) {
    const World world = random_world(family, 4, 3, false);
    const PreferenceData data = test::reference_pairs(world, 200);
    const auto both = [&](const Settings& p, double beta_factor) {
      ArmSpec dpo = policy_arm("dpo", model_class("tabular"), p);
      dpo.options.set("beta_factor", beta_factor);
      return gap(world, fit(reward_arm("rm+plan", model_class("dense"), p), world, data),
                 fit(dpo, world, data));
    };
    EXPECT_LT(both(penalty("reference-kl"), 1), 1e-8);
    EXPECT_GT(both(penalty("ridge"), 1), 1e-3);
    EXPECT_GT(both(penalty("pooled-variance"), 1), 1e-4);
    EXPECT_GT(both(penalty("reference-kl"), 1.5), 1e-3);
  }
}

// With one prompt there is nothing to mix.
TEST(Theorem22, PooledVarianceIsVarianceWithOnePrompt) {
  const World world = random_world("walk", 4, 1, true);
  const PreferenceData data = test::reference_pairs(world, 100);
  for (const ArmSpec& make :
       {reward_arm("rm+plan", model_class("dense"), {}), policy_arm("dpo", model_class("tabular"), {})}) {
    ArmSpec pooled = make, within = make;
    pooled.penalty = penalty("pooled-variance");
    within.penalty = penalty("variance");
    EXPECT_LT(gap(world, fit(pooled, world, data), fit(within, world, data)), 1e-10);
  }
}

// Logits shared by prompts with different reference policies are not all log-ratios that a shared reward
// has: the premise R = R(Pi) fails, and no certificate of a global optimum is given.
TEST(Theorem22, NeedsEqualReferencesWherePromptsShareLogits) {
  World world = random_world("tokens", 3, 2, false);
  world.shared_classes = true;
  const PreferenceData data = test::reference_pairs(world, 200);
  const ArmResult two =
      fit(reward_arm("rm+plan", model_class("dense"), penalty("reference-kl")), world, data);
  const ArmResult one = fit(policy_arm("dpo", model_class("tabular"), penalty("reference-kl")), world, data);
  EXPECT_GT(gap(world, two, one), 1e-4);
  EXPECT_EQ(one.certificate.optimum, Optimum::stationary);
}

TEST(Theorem31, RewardThenPlanIsPlannedDpo) {
  for (const World& world : worlds_of_all_kinds())
    for (const char* kind : {"reference-kl", "variance", "ridge"})
      for (const std::size_t pairs : {20u, 500u})
        for (const char* name : {"terminal", "degree"}) {
          if (std::string(name) == "degree" && !world.basis) continue;
          const PreferenceData data = test::reference_pairs(world, pairs);
          const ArmResult two = fit(reward_arm("rm+plan", model_class(name), penalty(kind)), world, data);
          const ArmResult one = fit(reward_arm("planned-dpo", model_class(name), penalty(kind)), world, data);
          EXPECT_LT(gap(world, two, one), 1e-8) << world.family << ' ' << kind << ' ' << pairs << ' ' << name;
          EXPECT_TRUE(one.certificate.converged);
          EXPECT_EQ(one.certificate.optimum, Optimum::global);
        }
}

// A terminal reward moves final states of very different reference mass. In the metric of the reference the
// descent takes some 50 iterations here; in plain coordinates more than 5000.
TEST(Theorem31, HoldsAtALongHorizon) {
  const World world = random_world("walk", 60, 1, true);
  const PreferenceData data = test::reference_pairs(world, 400);
  const Settings p = penalty("reference-kl");
  const ArmResult two = fit(reward_arm("rm+plan", model_class("terminal"), p), world, data);
  const ArmResult one = fit(reward_arm("planned-dpo", model_class("terminal"), p), world, data);
  EXPECT_TRUE(one.certificate.converged);
  EXPECT_LT(one.certificate.iterations, 300);
  EXPECT_LT(gap(world, two, one), 1e-8);
}

TEST(Theorem31, FailsUnderAPenaltyThatMixesPrompts) {
  const World world = random_world("tokens", 4, 3, false);
  const PreferenceData data = test::reference_pairs(world, 200);
  const Settings pooled = penalty("pooled-variance");
  const ArmResult two = fit(reward_arm("rm+plan", model_class("degree", 2), pooled), world, data);
  const ArmResult one = fit(reward_arm("planned-dpo", model_class("degree", 2), pooled), world, data);
  EXPECT_GT(gap(world, two, one), 1e-4);
  EXPECT_EQ(one.certificate.optimum, Optimum::stationary);
}

// At degree H the polynomials are every reward, so their plans are every policy.
TEST(Theorem31, FullDegreeIsTabularPolicies) {
  const World world = random_world("tokens", 4, 1, true);
  const PreferenceData data = test::reference_pairs(world, 300);
  const ArmResult two =
      fit(reward_arm("rm+plan", model_class("degree", 4), penalty("reference-kl")), world, data);
  const ArmResult one = fit(policy_arm("dpo", model_class("tabular"), penalty("reference-kl")), world, data);
  EXPECT_LT(gap(world, two, one), 1e-8);
}

}  // namespace
}  // namespace twostage
