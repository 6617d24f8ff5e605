#include "theory/design/sampler_report.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/hand_made.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::integer;

EdgeFeatures class_of(const World& world, const char* name) {
  return reward_features(
      *make_linear_model(test::settings({{"class", std::string(name)}}), world, Role::reward), world);
}

// Two arms with D = log 3, beta = 1, pairs from the uniform reference. sigma' = 3/16 = C; half of the pairs
// differ: I = 3/32, so that n E[regret] -> tr(I^-1 C) / 2 = 1; the best design has I = 3/16 and the limit
// 1/2. The condition number is 2; the bound C_inf / (2 sigma') = (3/2) / (3/8) = 4. The ball of radius KL(pi*
// || pi_ref) with two arms of 1/2 holds q = 3/4 exactly: ratio 3/2.
TEST(SamplerReport, TwoArms) {
  const World world = test::arms_world({std::log(3.0), 0.0}, 1.0);
  const EdgeFeatures psi{1, {0, 1, 1}, {0}, {1.0}};
  const SamplerReport report = sampler_report(world, psi, {world.log_reference, world.log_reference});
  EXPECT_NEAR(report.limit, 1, 1e-12);
  EXPECT_NEAR(report.best_limit, 0.5, 1e-12);
  EXPECT_NEAR(report.efficiency, 0.5, 1e-12);
  EXPECT_NEAR(report.condition, 2, 1e-12);
  EXPECT_NEAR(report.log_condition_bound, std::log(4.0), 1e-12);
  EXPECT_NEAR(report.radius, 0.75 * std::log(1.5) + 0.25 * std::log(0.5), 1e-14);
  EXPECT_NEAR(report.first.local, std::log(1.5), 1e-9);
  EXPECT_NEAR(report.first.logs.chi_square, std::log(1.25), 1e-14);
  EXPECT_EQ(report.second.local, report.first.local);
  EXPECT_TRUE(report.reason.empty());
}

// What has too many distinct completions for a design still has its coverage and its limit.
TEST(SamplerReport, BeyondEnumeration) {
  const World world =
      test::world({{"family", std::string("walk")}, {"horizon", integer(9)}, {"headroom", 0.5}});
  const SamplerReport report =
      sampler_report(world, class_of(world, "dense"), {world.log_reference, world.log_reference});
  EXPECT_TRUE(std::isnan(report.efficiency));
  EXPECT_FALSE(report.reason.empty());
  EXPECT_GT(report.limit, 0);
  EXPECT_LE(report.first.logs.optimal, report.first.local);
  EXPECT_LE(report.first.local, report.first.logs.global);
  EXPECT_LE(report.condition, std::exp(report.log_condition_bound));
}

// Where the two completions have policies of their own, so has the coverage: pi_1 = pi* covers itself at a
// ratio of one, the plan against r* does not.
TEST(SamplerReport, MembersDiffer) {
  const World world =
      test::world({{"family", std::string("tokens")}, {"horizon", integer(3)}, {"headroom", 0.5}});
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  const PairPolicies pairs =
      make_pair_policies(test::settings({{"kind", std::string("policy-guided")}}), world, optimum);
  const SamplerReport report = sampler_report(world, class_of(world, "degree"), pairs);
  EXPECT_NEAR(report.first.logs.optimal, 0, 1e-12);
  EXPECT_GT(report.second.logs.optimal, 0.1);
  EXPECT_LE(report.efficiency, 1 + report.gap);
}

// Pairs from a policy that hardly ever leaves its best arm: down to where double precision loses sight of the
// others the efficiency falls, and then it is 0 and says why. It is a share throughout.
TEST(SamplerReport, NearlyDeterministicSampler) {
  double before = 1;
  for (const double scale : {1.0, 3.0, 6.0, 10.0, 15.0, 20.0, 30.0, 60.0}) {
    const World world = test::arms_world({scale, 0.0, -0.5 * scale, -scale}, 0.5);
    SoftPlan optimum;
    soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
    const SamplerReport report =
        sampler_report(world, class_of(world, "dense"), {optimum.log_policy, optimum.log_policy});
    EXPECT_LE(report.efficiency, before) << scale;
    before = report.efficiency;
    if (scale < 9) {
      EXPECT_TRUE(report.reason.empty()) << report.reason;
      EXPECT_GT(report.efficiency, 0);
    } else {
      EXPECT_EQ(report.limit, std::numeric_limits<double>::infinity()) << scale;
      EXPECT_EQ(report.condition, std::numeric_limits<double>::infinity()) << scale;
      EXPECT_EQ(report.efficiency, 0) << scale;
      EXPECT_FALSE(report.reason.empty()) << scale;
    }
  }
}

}  // namespace
}  // namespace twostage
