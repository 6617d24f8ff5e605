// The frontier of a reward: the temperature at a KL, against closed forms and by its own definition.
#include <gtest/gtest.h>

#include <cmath>

#include "sim/numerics/interruption.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/plan_at_kl.hpp"
#include "sim/plan/sweeps.hpp"
#include "tests/support/three_arms.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::integer;
using Values = std::vector<double>;

// Two arms under a uniform reference, r = (0, 1): pi(1) = sigmoid(1 / temperature), and
// KL = log 2 - H(pi), H the entropy.
TEST(PlanAtKl, OfTwoArmsIsTheClosedForm) {
  const World world = custom_world({.graph = prefix_tree(std::array{2}), .reward = {0, 1}});
  for (const double p : {0.5001, 0.6, 0.9, 0.999999}) {
    const double kl = std::log(2.0) + p * std::log(p) + (1 - p) * std::log1p(-p);
    const auto plan = plan_at_kl(world, world.reward, kl);
    ASSERT_TRUE(plan) << p;
    EXPECT_NEAR(std::exp(plan->log_policy[1]), p, 1e-9) << p;
    EXPECT_NEAR(plan->temperature, 1 / std::log(p / (1 - p)), 1e-6 * plan->temperature) << p;
    EXPECT_NEAR(plan->kl, kl, 1e-12 * kl + 1e-15) << p;
  }
}

// A policy that is a plan of its reward is found again at its own KL, whatever the scale of the reward.
TEST(PlanAtKl, FindsAPlanAgain) {
  for (const double beta : {1e-3, 0.4, 1.0, 1e3})
    for (const std::string family : {"walk", "tokens", "maze"}) {
      const World world = test::world({{"family", family}, {"beta", beta}, {"headroom", 0.3 * beta}});
      SoftPlan plan;
      soft_plan(world.graph, world.log_reference, world.reward, world.beta, plan);
      const double kl = kl_divergence(world.graph, world.rho, plan.log_policy, world.log_reference);
      const auto again = plan_at_kl(world, world.reward, kl);
      ASSERT_TRUE(again) << family << ", " << beta;
      EXPECT_NEAR(again->temperature / beta, 1, 1e-8) << family << ", " << beta;
      EXPECT_LT(kl_divergence(world.graph, world.rho, again->log_policy, plan.log_policy), 1e-14);
    }
}

TEST(PlanAtKl, ReachesFromNothingToTheBest) {
  const World world = test::three_arms();  // P_ref(best) = 1/6: the largest KL is log 6
  const auto none = plan_at_kl(world, world.reward, 0);
  ASSERT_TRUE(none);
  EXPECT_EQ(none->log_policy, world.log_reference);
  EXPECT_TRUE(std::isinf(none->temperature));
  for (const double kl : {1e-12, 1e-6, 0.5, 1.7, std::log(6.0) - 1e-9}) {
    const auto plan = plan_at_kl(world, world.reward, kl);
    ASSERT_TRUE(plan) << kl;
    EXPECT_NEAR(plan->kl, kl, 1e-11 * std::fmin(1, kl) + 1e-15) << kl;
  }
  EXPECT_FALSE(plan_at_kl(world, world.reward, std::log(6.0) + 1e-6));
  EXPECT_FALSE(plan_at_kl(world, world.reward, -1e-9));
  EXPECT_FALSE(plan_at_kl(world, world.reward, std::nan("")));
  EXPECT_FALSE(plan_at_kl(world, Values(3, 0.0), 0.1)) << "a reward that tells nothing apart";
  EXPECT_FALSE(plan_at_kl(world, Values(3, 7.0), 0.1)) << "whatever it is";
  EXPECT_FALSE(plan_at_kl(world, Values{0, 1, std::nan("")}, 0.1));
}

TEST(PlanAtKl, DoesNotDependOnTheScale) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(4)}});
  const auto one = plan_at_kl(world, world.reward, 0.7);
  ASSERT_TRUE(one);
  for (const double scale : {1e-200, 1e-9, 1e9, 1e200}) {
    Values scaled = world.reward;
    for (double& r : scaled) r *= scale;
    const auto other = plan_at_kl(world, scaled, 0.7);
    ASSERT_TRUE(other) << scale;
    EXPECT_LT(kl_divergence(world.graph, world.rho, one->log_policy, other->log_policy), 1e-12) << scale;
    EXPECT_NEAR(other->temperature / scale / one->temperature, 1, 1e-8) << scale;
  }
}

// One plan after the other, each of which may take long.
TEST(PlanAtKl, IsGivenUpWithin) {
  const World world = test::world({{"family", "walk"}, {"horizon", test::integer(5)}});
  int asked = 0;
  const num::Interruptible meanwhile([&] {
    if (++asked == 3) throw std::string("enough");
  });
  EXPECT_THROW(plan_at_kl(world, world.reward, 0.3), std::string);
}

}  // namespace
}  // namespace twostage
