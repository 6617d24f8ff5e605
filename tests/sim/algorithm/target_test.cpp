// Where arms aim: the law of all pairs, closed forms of what each loss makes of it, and what has no target.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/algorithm/target.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/three_arms.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;
using test::policy_arm;
using test::reward_arm;
using test::three_arms;

Target of(const ArmSpec& spec, const World& world) {
  PreferenceData none;
  none.horizon = static_cast<std::size_t>(world.graph.horizon());
  return target_of(spec, {world, none, RandomSource(11, "tests"), 0});
}

std::vector<double> optimum_of(const World& world) {
  SoftPlan plan;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, plan);
  return plan.log_policy;
}

TEST(Targets, AreOfPairsAsOftenAsTheyAreToBeExpected) {
  const World world = three_arms();
  const PreferenceData mine = population_of_pairs(world), known = test::three_arms_population();
  ASSERT_EQ(mine.chosen, known.chosen);
  ASSERT_EQ(mine.rejected, known.rejected);
  for (std::size_t k = 0; k < known.size(); ++k) EXPECT_NEAR(mine.weight[k], 9 * known.weight[k], 1e-12);
}

// Whatever the penalty of the arm, and over the prompts of a world in which classes are not shared.
TEST(Targets, OfRoutesThatModelTheLabelsAreTheOptimum) {
  for (const World& world : {three_arms({0, 0.5, 2}), test::world({{"family", "tokens"},
                                                                   {"horizon", integer(3)},
                                                                   {"degree", integer(3)},
                                                                   {"prompts", integer(2)},
                                                                   {"shared_classes", false},
                                                                   {"reference", "random"},
                                                                   {"beta", 0.6}})}) {
    const std::vector<double> optimum = optimum_of(world);
    for (const ArmSpec& spec : {reward_arm("rm+plan", model_class("dense"), penalty("reference-kl", 30)),
                                policy_arm("dpo", model_class("tabular"), penalty("reference-kl", 30))}) {
      const Target target = of(spec, world);
      ASSERT_EQ(target.missing, "") << spec.algorithm;
      EXPECT_LT(regret(world, target.fit.log_policy(), optimum), 1e-14) << spec.algorithm;
    }
  }
}

// pi_ref exp(p / tau) / Z with p the probability to beat a completion of the reference; 2 ref p; the maximum
// of E r - beta D.
TEST(Targets, AreWhereOtherLossesAim) {
  const World world = three_arms({0, 0.5, 2});
  const auto beats = [&](std::size_t y) {
    double p = 0;
    for (std::size_t z = 0; z < 3; ++z)
      p += test::kThreeReference[z] / (1 + std::exp(world.reward[z] - world.reward[y]));
    return p;
  };
  double total = 0;
  for (std::size_t y = 0; y < 3; ++y) total += test::kThreeReference[y] * std::exp(beats(y) / 0.5);
  const Target ipo = of(policy_arm("ipo", model_class("tabular"), penalty("reference-kl")), world);
  const Target sft = of(policy_arm("sft", model_class("tabular"), penalty("reference-kl")), world);
  const Target nca = of(policy_arm("nca", model_class("tabular"), penalty("reference-kl")), world);
  for (std::size_t y = 0; y < 3; ++y) {
    EXPECT_NEAR(std::exp(ipo.fit.log_policy()[y]),
                test::kThreeReference[y] * std::exp(beats(y) / 0.5) / total, 1e-10);
    EXPECT_NEAR(std::exp(sft.fit.log_policy()[y]), 2 * test::kThreeReference[y] * beats(y), 1e-9);
    EXPECT_NEAR(std::exp(nca.fit.log_policy()[y]), 2 * test::kThreeReference[y] * beats(y), 1e-9);
  }
}

TEST(Targets, AreMissingWithAReason) {
  const World world = three_arms();
  const auto reason = [&](const char* algorithm, const World& in) {
    return of(policy_arm(algorithm, model_class("tabular"), penalty("reference-kl")), in).missing;
  };
  EXPECT_EQ(reason("spin", world),
            "no target: an algorithm that goes step by step ends where its course does");
  EXPECT_EQ(
      reason("kto", world),
      "no target: arm 'kto': 'kto' without penalty has no minimum over all policies on any data but ties: "
      "all mass leaves what is rejected more often than chosen");
  EXPECT_THAT(reason("slic", world), testing::HasSubstr("may be whole sets"));
  const World large = test::world({{"family", "tokens"}, {"horizon", integer(10)}});
  EXPECT_THAT(reason("dpo", large), testing::HasSubstr("no exact form: more than 2^18 pairs"));
}

// A number of rewards too small for the truth: no pairs close that gap.
TEST(Targets, KeepWhatTheClassLacks) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(3)}, {"degree", integer(3)}});
  const std::vector<double> optimum = optimum_of(world);
  const Target small = of(reward_arm("rm+plan", model_class("degree", 1), penalty("reference-kl")), world);
  ASSERT_EQ(small.missing, "");
  EXPECT_GT(regret(world, small.fit.log_policy(), optimum), 1e-3);
}

// Fits may take minutes, and those to all pairs of completions most of all: whoever asks to stop is heard
// within.
TEST(Targets, AndFitsStopWhenAsked) {
  const World world = three_arms();
  const PreferenceData data = test::three_arms_population();
  const RandomSource source(11, "tests");
  for (const char* algorithm : {"sft", "orpo", "chipo", "nca"}) {
    const ArmSpec arm = policy_arm(algorithm, model_class("tabular"), penalty("reference-kl"));
    int asked = 0;
    ArmInput input{world, data, source, 0, true};
    input.stop = [&] { return ++asked > 3; };
    EXPECT_THROW(target_of(arm, input), Stopped) << algorithm;
    asked = 0;
    EXPECT_THROW(run_arm(arm, input), Stopped) << algorithm;
    EXPECT_EQ(asked, 4) << algorithm;
  }
}

// Fits of rewards as well, whatever the method; and once for each iteration at least.
TEST(Targets, AndEveryFitAsksAsItGoes) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(3)}, {"degree", integer(2)}});
  const PreferenceData data = test::reference_pairs(world, 60);
  const RandomSource source(11, "tests");
  for (const auto& entry : algorithms().entries()) {
    ArmSpec arm{.name = entry.name, .algorithm = entry.name};
    if (entry.extra.uses_reward) arm.reward = model_class("dense");
    if (entry.extra.uses_policy) arm.policy = model_class("tabular");
    arm.penalty = penalty("reference-kl", 1);
    if (!entry.extra.run)
      arm.course = test::settings(
          {{"kind", entry.extra.course_kinds.empty() ? "gradient" : "rounds"}, {"steps", integer(1)}});
    validate_arm(arm, world);
    ArmInput input{world, data, source, 0, true};
    input.stop = [] { return true; };
    EXPECT_THROW(run_arm(arm, input), Stopped) << entry.name;
  }
  for (const Settings& with : {penalty("reference-kl", 1), penalty("l1", 0.1), penalty("none")})
    for (const char* reward : {"dense", "degree"}) {
      const ArmSpec arm = test::reward_arm("rm+plan", model_class(reward), with);
      int asked = 0;
      ArmInput input{world, data, source, 0, true};
      input.stop = [&] { return ++asked < 0; };
      EXPECT_GE(asked, run_arm(arm, input).certificate.iterations - asked) << reward;
      EXPECT_GT(asked, 0);
    }
}

}  // namespace
}  // namespace twostage
