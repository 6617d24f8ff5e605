// Projections of a plan over all policies, where its rewards are large beside beta: a descent may give up
// what the plan still takes, at a gradient of nothing.
#include <gtest/gtest.h>

#include "sim/plan/divergence.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/hand_made.hpp"

namespace twostage {
namespace {

using test::model_class;
using test::penalty;

TEST(Projection, IsCalledThePlanWhereItIsThePlan) {
  const PreferenceData data = test::compare_arms(
      {{1, 0, 9}, {0, 1, 2}, {2, 0, 9}, {0, 2, 1}, {3, 1, 7}, {1, 3, 3}, {2, 3, 5}, {3, 2, 5}});
  int lost = 0, found = 0;
  for (const double beta : {0.3, 0.1, 0.03, 0.01, 0.003, 0.001}) {
    const World world = test::arms_world({0, 1.5, 2.2, 2.2}, beta);
    for (const char* algorithm : {"rm+project", "rm+distil"}) {
      ArmSpec arm = test::reward_arm(algorithm, model_class("dense"), penalty("variance", 1e-6));
      arm.policy = model_class("tabular");
      const ArmResult result = test::fit(arm, world, data);
      const ArmResult plan = test::fit(
          test::reward_arm("rm+plan", model_class("dense"), penalty("variance", 1e-6)), world, data);
      const bool is_plan =
          kl_divergence(world.graph, world.rho, result.log_policy(), plan.log_policy()) <= 1e-9;
      EXPECT_TRUE(is_plan || !result.certificate.converged) << algorithm << ", beta " << beta;
      EXPECT_EQ(result.certificate.converged, result.certificate.optimum == Optimum::global);
      ++(is_plan ? found : lost);
    }
  }
  EXPECT_GT(lost, 0);
  EXPECT_GT(found, 6);
}

}  // namespace
}  // namespace twostage
