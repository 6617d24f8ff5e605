// Limits of n * regret in the two-token world against hand calculation: what is gained by knowing c is gained
// by the class, not by the second stage.
#include <gtest/gtest.h>

#include <cmath>

#include "sim/plan/sweeps.hpp"
#include "theory/asymptotics/local_asymptotics.hpp"

namespace twostage {
namespace {

World two_token(int actions) {
  Settings given;
  given.set("family", std::string("two-token"));
  given.set("actions", std::int64_t{actions});
  return make_world(resolve_world(given), {RandomSource(7, "two-token-test"), 0}, 1e9);
}

LocalLimit reward_limit(const World& world, const char* name) {
  Settings spec;
  spec.set("class", std::string(name));
  return local_limit(world, *make_linear_model(spec, world, Role::reward), world.log_reference);
}

LocalLimit policy_limit(const World& world, const char* name) {
  Settings spec;
  spec.set("class", std::string(name));
  const auto model = make_linear_model(spec, world, Role::policy);
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  const EdgeFeatures psi = policy_features(reward_features(*model, world), world, optimum.log_policy);
  return local_limit(world, psi, {world.log_reference, world.log_reference});
}

double logistic(double x) {
  return 1 / (1 + std::exp(-x));
}

// All c equal, beta = 1, uniform reference: then everything is symmetric in a and the traces can be done by
// hand. Let r = theta c, q = sigma(r), s = sigma'(r) = q (1 - q). Pairs are uniform over the 2K completions,
// (a, 0) of reward 0 and (a, 1) of reward r, and under pi* the first token is uniform and b = 1 has q.
// Information over pairs is I = 2 (diag(W 1) - W), W_ij = p_i p_j sigma'(r_i - r_j), in features that are
// indicators of atoms.
//   Known c: one parameter, the difference of two groups of equal size: as two arms, limit 1.
//   c unknown: the atoms are the group (., 0) of mass 1/2, pinned, and K atoms of mass 1/2K. On the mean
//     direction I has the eigenvalue 2 * 1/2 * 1/2K * s = s/2K and C has q/K (1 - q) = s/K: ratio 2. On the
//     K - 1 contrasts I has that plus K * 2 * (1/2K)^2 / 4 = 1/8K and C has q/K: ratio 8q/(1 + 4s).
//     Limit 1 + 4 (K - 1) q / (1 + 4s).
//   Tabular: 2K atoms of mass 1/2K. Between the groups the ratio is 2. On the contrasts within a group I has
//     2 (K/4K^2) (1/4 + s) = (1 + 4s)/8K, and C has q/K in one and (1 - q)/K in the other.
//     Limit 1 + 4 (K - 1) / (1 + 4s).
//   First token alone: log pi(a) differs between pairs with b, b' both free, so the atoms are the K tokens,
//     W_aa' = (1/K^2) (1/2 * 1/4 + 1/2 * s), I = (1/4 + s)/K on the contrasts and C = 1/K.
//     Limit 2 (K - 1) / (1 + 4s).
// At r = 0 these are the dimensions 1, K, 2K - 1, K - 1.
TEST(TwoTokenLimits, ClosedFormsWhereAllCoefficientsAreEqual) {
  for (const int actions : {2, 5, 16})
    for (const double r : {1e-3, 0.8, -1.5, 3.0}) {
      World world = two_token(actions);
      for (double& x : world.reward) x = x == 0 ? 0 : r;
      const double q = logistic(r);
      const double s = q * (1 - q);
      const double K = actions;
      EXPECT_NEAR(reward_limit(world, "true-direction").limit, 1, 1e-9);
      EXPECT_NEAR(reward_limit(world, "degree").limit, 1 + 4 * (K - 1) * q / (1 + 4 * s), 1e-9 * K);
      EXPECT_NEAR(reward_limit(world, "dense").limit, 1 + 4 * (K - 1) / (1 + 4 * s), 1e-9 * K);
      EXPECT_NEAR(policy_limit(world, "tabular").limit, 1 + 4 * (K - 1) / (1 + 4 * s), 1e-9 * K);
      EXPECT_NEAR(policy_limit(world, "first-token").limit, 2 * (K - 1) / (1 + 4 * s), 1e-9 * K);
    }
}

// One parameter is one sum over pairs and one variance under pi* ∝ exp r, whatever c is.
TEST(TwoTokenLimits, OneParameterByEnumeration) {
  for (const int actions : {3, 16, 64}) {
    const World world = two_token(actions);
    std::vector<double> r(static_cast<std::size_t>(actions), 0.0);  // of the 2K completions
    for (const double x : world.reward)
      if (x != 0) r.push_back(x);
    ASSERT_EQ(r.size(), 2 * static_cast<std::size_t>(actions));
    const double mass = 1.0 / static_cast<double>(r.size());
    double information = 0, z = 0, mean = 0, square = 0;
    for (const double x : r) {
      for (const double y : r)
        information += mass * mass * logistic(x - y) * logistic(y - x) * (x - y) * (x - y);
      z += std::exp(x);
      mean += std::exp(x) * x;
      square += std::exp(x) * x * x;
    }
    const double variance = square / z - mean / z * (mean / z);
    EXPECT_NEAR(reward_limit(world, "true-direction").limit, variance / information / 2, 1e-9);
  }
}

// A class with one parameter stays where it is while everything that does not know c grows with K, the
// two-stage route with c unknown included. The first-token class is part of the tabular one, c unknown is
// part of dense.
TEST(TwoTokenLimits, OnlyTheClassThatKnowsTheCoefficientsDoesNotGrow) {
  for (const int actions : {4, 16, 64}) {
    const World world = two_token(actions);
    const double K = actions;
    EXPECT_GT(reward_limit(world, "true-direction").limit, 0.5);
    EXPECT_LT(reward_limit(world, "true-direction").limit, 4);
    EXPECT_GT(reward_limit(world, "degree").limit, 0.6 * K);
    EXPECT_LT(reward_limit(world, "degree").limit, 2.5 * K);
    EXPECT_GT(policy_limit(world, "first-token").limit, 0.6 * (K - 1));
    EXPECT_LT(policy_limit(world, "first-token").limit, 2.5 * (K - 1));
    EXPECT_LT(policy_limit(world, "first-token").limit, policy_limit(world, "tabular").limit);
    EXPECT_LT(reward_limit(world, "degree").limit, reward_limit(world, "dense").limit);
    EXPECT_NEAR(policy_limit(world, "tabular").limit / reward_limit(world, "dense").limit, 1, 1e-9);
  }
}

}  // namespace
}  // namespace twostage
