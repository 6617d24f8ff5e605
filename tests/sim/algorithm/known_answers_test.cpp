// Algorithms against closed forms and published counter-examples.
#include <gtest/gtest.h>

#include <cmath>

#include "sim/fit/multi_start.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/loss/reverse_kl.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/hand_made.hpp"

namespace twostage {
namespace {

using test::fit;
using test::integer;
using test::model_class;
using test::penalty;
using test::policy_arm;
using test::reward_arm;

// Two arms, the first preferred w times and the second l times: the likelihood sigmoid(r)^w sigmoid(-r)^l has
// its maximum at r = log(w/l), for the reward and for the implicit reward of a policy.
TEST(KnownAnswers, TwoArmsWithoutPenalty) {
  const World world = test::arms_world({0, 0}, 0.3);
  const PreferenceData data = test::compare_arms({{0, 1, 17}, {1, 0, 5}});
  const double expected = std::log(17.0 / 5);
  for (const ArmSpec& spec : {reward_arm("rm+plan", model_class("dense"), penalty("none")),
                              reward_arm("planned-dpo", model_class("dense"), penalty("none")),
                              policy_arm("dpo", model_class("tabular"), penalty("none"))}) {
    const ArmResult result = fit(spec, world, data);
    EXPECT_NEAR(result.edge_reward[0] - result.edge_reward[1], expected, 1e-10) << spec.algorithm;
    EXPECT_NEAR(result.log_policy()[0] - result.log_policy()[1], expected / 0.3, 1e-9) << spec.algorithm;
    EXPECT_TRUE(result.certificate.converged);
    // Minus the log-likelihood at sigmoid(r) = 17/22.
    EXPECT_NEAR(result.certificate.objective, -17 * std::log(17.0 / 22) - 5 * std::log(5.0 / 22), 1e-10);
  }
}

// Population labels: every comparison of arms i, j with weight n_ij sigmoid(r_i - r_j) for i.
struct Weight {
  EdgeId first;
  EdgeId second;
  double count;
};
PairTable population(const World& world, std::initializer_list<Weight> weights) {
  PairTable table{.horizon = 1, .completions = {}, .first = {}, .second = {}, .wins = {}, .losses = {}};
  for (EdgeId e = 0; e < static_cast<EdgeId>(world.graph.edges()); ++e) table.completions.push_back(e);
  for (const Weight& w : weights) {
    const double p = num::sigmoid(world.reward[static_cast<std::size_t>(w.first)] -
                                  world.reward[static_cast<std::size_t>(w.second)]);
    table.first.push_back(static_cast<std::uint32_t>(w.first));
    table.second.push_back(static_cast<std::uint32_t>(w.second));
    table.wins.push_back(w.count * p);
    table.losses.push_back(w.count * (1 - p));
  }
  return table;
}

double expected_reward(const World& world, std::span<const double> log_policy) {
  return expected_value(world.graph, world.rho, log_policy, world.reward);
}

// Gopalan et al. 2510.20413: r = (2, 3, 1), pi ∝ (e^t, e^-t, 1), beta = 10, pair counts 12: 1, 23: 1, 13: 98.
// DPO ends below the reference policy's expected reward 2, exact RL within the class above it.
TEST(KnownAnswers, MisspecifiedDpoFallsBelowTheReference) {
  const World world = test::arms_world({2, 3, 1}, 10, {1, -1, 0});
  const auto policy = make_linear_model(model_class("first", 1), world, Role::policy);

  DpoLoss loss(world, population(world, {{0, 1, 1}, {1, 2, 1}, {0, 2, 98}}), world.beta);
  PolicyObjective objective(*policy, world, loss, {PenaltyKind::none, 0});
  const num::Minimum dpo = num::minimise_lbfgs(objective, std::vector<double>{0.0}, {});
  EXPECT_TRUE(dpo.converged);
  EXPECT_NEAR(dpo.x[0], 0.09096470, 1e-7);
  EXPECT_NEAR(expected_reward(world, policy_at(*policy, world, dpo.x)), 1.97109642, 1e-7);

  SoftPlan plan;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, plan);
  ReverseKl divergence(*policy, world, plan.log_policy);
  const num::Minimum rl = num::minimise_lbfgs(divergence, std::vector<double>{0.0}, {});
  EXPECT_NEAR(rl.x[0], -0.05263158, 1e-7);
  EXPECT_NEAR(expected_reward(world, policy_at(*policy, world, rl.x)), 2.01799713, 1e-7);
}

// r = (0, -1, 0), pi ∝ exp(theta phi), phi = (-1, 0, 1). By symmetry DPO's minimiser is theta =
// 0 for every beta. With pi_2 = 1/(1 + 2 cosh theta), J(theta) = -pi_2 - beta KL = -1/3 + theta^2/9 - beta
// theta^2/3 to second order, so theta = 0 maximises J only while beta >= 1/3.
TEST(KnownAnswers, FrozenDpo) {
  for (const double beta : {0.1, 0.3, 0.36, 1.0}) {
    const World world = test::arms_world({0, -1, 0}, beta, {-1, 0, 1});
    const auto policy = make_linear_model(model_class("first", 1), world, Role::policy);
    DpoLoss loss(world, population(world, {{0, 1, 1}, {1, 2, 1}, {0, 2, 1}}), beta);
    PolicyObjective objective(*policy, world, loss, {PenaltyKind::none, 0});
    for (const double start : {-3.0, 0.5, 4.0})
      EXPECT_NEAR(num::minimise_lbfgs(objective, std::vector<double>{start}, {}).x[0], 0, 1e-9) << beta;

    SoftPlan plan;
    soft_plan(world.graph, world.log_reference, world.reward, beta, plan);
    ReverseKl divergence(*policy, world, plan.log_policy);
    const double found =
        num::minimise_lbfgs(divergence, std::vector<double>{0.5}, {.gradient_goal = 1e-13}).x[0];
    if (beta < 1.0 / 3) {
      EXPECT_GT(std::fabs(found), 0.3) << beta;
    } else {
      EXPECT_NEAR(found, 0, 1e-5) << beta;
    }
  }
}

// A wrong beta in DPO is a right one in another world: its policy is the plan at that temperature.
TEST(KnownAnswers, DpoAtAnotherBetaIsTheTwoStageRouteThere) {
  World world = test::world({{"family", "walk"}, {"horizon", integer(3)}, {"reference", "random"}});
  const PreferenceData data = test::reference_pairs(world, 150);
  ArmSpec dpo = policy_arm("dpo", model_class("tabular"), penalty("reference-kl"));
  dpo.options.set("beta_factor", 2.5);
  const ArmResult scaled = fit(dpo, world, data);
  world.beta *= 2.5;
  const ArmResult two =
      fit(reward_arm("rm+plan", model_class("dense"), penalty("reference-kl")), world, data);
  EXPECT_LT(policy_gap(world.graph, world.rho, scaled.log_policy(), two.log_policy()), 1e-10);
}

// pi(a|s) = (N(s,a) + lambda mu_ref(s,a)) / (N(s) + lambda mu_ref(s)).
TEST(KnownAnswers, TabularSftCountsWithThePriorOfItsPenalty) {
  const World world = test::world({{"family", "walk"},
                                   {"horizon", integer(4)},
                                   {"prompts", integer(2)},
                                   {"shared_classes", false},
                                   {"reference", "random"}});
  const PreferenceData data = test::reference_pairs(world, 80);
  const ArmResult result =
      fit(policy_arm("sft", model_class("tabular"), penalty("reference-kl", 3)), world, data);
  EXPECT_TRUE(result.certificate.converged);
  EXPECT_EQ(result.certificate.optimum, Optimum::global);
  std::vector<double> count(world.graph.edges());
  occupancy(world.graph, world.rho, world.log_reference, count);
  for (double& c : count) c *= 3;
  for (const EdgeId e : data.chosen) count[static_cast<std::size_t>(e)] += 1;
  const auto A = static_cast<std::size_t>(world.graph.actions(0));
  for (std::size_t e = 0; e < count.size(); ++e) {
    double total = 0;
    for (std::size_t a = 0; a < A; ++a) total += count[e / A * A + a];
    EXPECT_NEAR(num::exp(result.log_policy()[e]), count[e] / total, 1e-8);
  }
}

TEST(KnownAnswers, ProjectionOntoEveryPolicyIsThePlan) {
  const World world = test::world({{"family", "walk"},
                                   {"horizon", integer(4)},
                                   {"prompts", integer(2)},
                                   {"shared_classes", false},
                                   {"reference", "random"}});
  const PreferenceData data = test::reference_pairs(world, 200);
  ArmSpec project = reward_arm("rm+project", model_class("terminal"), penalty("reference-kl"));
  project.policy = model_class("tabular");
  const ArmResult projected = fit(project, world, data);
  const ArmResult planned =
      fit(reward_arm("rm+plan", model_class("terminal"), penalty("reference-kl")), world, data);
  EXPECT_EQ(projected.certificate.optimum, Optimum::global);
  EXPECT_LT(policy_gap(world.graph, world.rho, projected.log_policy(), planned.log_policy()), 1e-8);
}

// the plan of a degree-2 reward is no degree-2 policy, and a projection pays for it; at degree H
// it is.
TEST(KnownAnswers, ProjectionOntoSmallerPolicyClasses) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(5)}, {"degree", integer(2)}});
  const PreferenceData data = test::reference_pairs(world, 300);
  const ArmResult planned =
      fit(reward_arm("rm+plan", model_class("degree", 2), penalty("reference-kl")), world, data);
  double previous = 1e9;
  for (const int degree : {1, 2, 3, 5}) {
    ArmSpec project = reward_arm("rm+project", model_class("degree", 2), penalty("reference-kl"));
    project.policy = model_class("degree", degree);
    const ArmResult projected = fit(project, world, data);
    EXPECT_TRUE(projected.certificate.converged);
    EXPECT_EQ(projected.certificate.optimum, Optimum::stationary);
    const double paid = kl_divergence(world.graph, world.rho, projected.log_policy(), planned.log_policy());
    EXPECT_LT(paid, previous);
    if (degree == 2) {
      EXPECT_GT(paid, 1e-5);
    }
    if (degree == 5) {
      EXPECT_LT(paid, 1e-15);
    }
    previous = paid;
  }
}

// DPO in a class of policies that is no image of a convex problem: several starts, never worse than the
// first.
TEST(KnownAnswers, OtherPolicyClassesAreStationaryFromSeveralStarts) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(4)}});
  const PreferenceData data = test::reference_pairs(world, 100);
  ArmSpec one = policy_arm("dpo", model_class("degree", 2), penalty("reference-kl"));
  one.options.set("starts", integer(1));
  ArmSpec many = one;
  many.options.set("starts", integer(5));
  const ArmResult first = fit(one, world, data);
  const ArmResult best = fit(many, world, data);
  EXPECT_TRUE(best.certificate.converged);
  EXPECT_EQ(best.certificate.optimum, Optimum::stationary);
  EXPECT_EQ(best.certificate.starts, 5);
  EXPECT_LE(best.certificate.objective, first.certificate.objective);
}

// Beyond 2000 parameters both routes use limited memory: tokens with H = 11 have 2047.
TEST(KnownAnswers, LargeFitsAgreeThroughTheQuasiNewtonPath) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(11)}, {"degree", integer(2)}});
  const PreferenceData data = test::reference_pairs(world, 300);
  const ArmResult two =
      fit(reward_arm("rm+plan", model_class("dense"), penalty("reference-kl")), world, data);
  const ArmResult one = fit(policy_arm("dpo", model_class("tabular"), penalty("reference-kl")), world, data);
  EXPECT_EQ(two.raw_parameters, 2047u);
  EXPECT_TRUE(two.certificate.converged && one.certificate.converged);
  EXPECT_EQ(one.certificate.optimum, Optimum::global);
  EXPECT_LT(policy_gap(world.graph, world.rho, two.log_policy(), one.log_policy()), 1e-8);
}

}  // namespace
}  // namespace twostage
