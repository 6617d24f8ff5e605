// Sparse reward fits against closed forms, written-out objectives and a planted support.
#include "sim/fit/sparse_fit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/support/arms.hpp"
#include "tests/support/gradients.hpp"
#include "tests/support/hand_made.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;

Penalty l1(double lambda, L1Scaling scaling = L1Scaling::fixed, bool refit = false) {
  return {.kind = PenaltyKind::l1, .lambda = lambda, .scaling = scaling, .refit = refit};
}

Settings l1_settings(double lambda, bool refit = false) {
  Settings out = test::penalty("l1", lambda);
  out.set("refit", refit);
  return out;
}

World two_token(int actions, int sparsity) {
  return test::world(
      {{"family", "two-token"}, {"actions", integer(actions)}, {"sparsity", integer(sparsity)}});
}

// Two arms, the first preferred w times and the second l: w sigma(-r) - l sigma(r) = lambda sign(r), so
// sigma(r) = (w - lambda sign(r)) / (w + l) where its sign is that of r, and 0 if |w - l| <= 2 lambda. The
// class pins the first arm, so theta = -r.
TEST(SparseFit, OneParameterIsAShiftedLogit) {
  const World world = test::arms_world({0, 0}, 1);
  const auto model = make_linear_model(model_class("dense"), world, Role::reward);
  const PreferenceData data = test::compare_arms({{0, 1, 17}, {1, 0, 5}});
  for (const double lambda : {0.0, 0.5, 3.0, 5.9, 6.1, 100.0}) {
    const RewardFit fit = fit_reward(*model, world, tabulate(data), l1(lambda));
    EXPECT_TRUE(fit.certificate.converged);
    EXPECT_EQ(fit.certificate.optimum, Optimum::global);
    const double p = (17 - lambda) / 22;
    if (lambda < 6)
      EXPECT_NEAR(-fit.theta[0], std::log(p / (1 - p)), 1e-12);
    else
      EXPECT_EQ(fit.theta[0], 0.0);
  }
}

// X_j counts the pairs in which exactly one completion is (j, b = 1).
TEST(SparseFit, UniversalWeightsAreTheLengthOfTheColumns) {
  const World world = two_token(6, 0);
  const auto model = make_linear_model(model_class("degree"), world, Role::reward);
  const PreferenceData data = test::reference_pairs(world, 500);
  std::vector<double> count(6, 0.0);
  const auto scored = [&](std::span<const EdgeId> path) {
    return world.graph.action(path[1]) == 1 ? world.graph.action(path[0]) : -1;
  };
  for (std::size_t i = 0; i < data.size(); ++i) {
    const int a = scored(data.chosen_path(i)), b = scored(data.rejected_path(i));
    if (a == b) continue;
    if (a >= 0) ++count[static_cast<std::size_t>(a)];
    if (b >= 0) ++count[static_cast<std::size_t>(b)];
  }
  const ComparisonRows rows(*model, tabulate(data));
  const std::vector<double> weights = l1_weights(l1(1.5, L1Scaling::universal), rows);
  for (std::size_t j = 0; j < 6; ++j)
    EXPECT_NEAR(weights[j], 1.5 * std::sqrt(std::log(12.0) * count[j]), 1e-12);
  EXPECT_THAT(l1_weights(l1(1.5), rows), testing::Each(1.5));
}

// No step along a coordinate, nor in a random direction, leads below the fit of the objective written out.
TEST(SparseFit, MinimisesTheObjectiveWrittenOut) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(4)}, {"headroom", 0.5}});
  const auto model = make_linear_model(model_class("degree", 4), world, Role::reward);
  const PreferenceData data = test::reference_pairs(world, 150);
  const auto objective = [&](const std::vector<double>& theta) {
    std::vector<double> reward(world.graph.edges());
    model->scores(theta, reward);
    double sum = 0;
    for (std::size_t i = 0; i < data.size(); ++i) {
      double margin = 0;
      for (const EdgeId e : data.chosen_path(i)) margin += reward[static_cast<std::size_t>(e)];
      for (const EdgeId e : data.rejected_path(i)) margin -= reward[static_cast<std::size_t>(e)];
      sum += std::log1p(std::exp(-margin));
    }
    for (const double t : theta) sum += 8 * std::fabs(t);
    return sum;
  };
  const RewardFit fit = fit_reward(*model, world, tabulate(data), l1(8));
  ASSERT_TRUE(fit.certificate.converged);
  const double least = objective(fit.theta);
  EXPECT_NEAR(fit.certificate.objective, least, 1e-10);
  const auto zeros = std::ranges::count(fit.theta, 0.0);
  EXPECT_GT(zeros, 0);
  EXPECT_LT(zeros, 15);
  // Convex: no descent in a small ball along the corners' directions and along random ones.
  for (std::size_t j = 0; j < fit.theta.size(); ++j)
    for (const double step : {1e-4, -1e-4, 0.1, -0.1}) {
      std::vector<double> theta = fit.theta;
      theta[j] += step;
      EXPECT_GT(objective(theta), least);
    }
  for (std::uint64_t trial = 0; trial < 20; ++trial) {
    std::vector<double> theta = test::normal_vector(fit.theta.size(), trial, 1e-3);
    for (std::size_t j = 0; j < theta.size(); ++j) theta[j] += fit.theta[j];
    EXPECT_GT(objective(theta), least);
  }
}

TEST(SparseFit, WithoutStrengthItIsMaximumLikelihood) {
  const World world = two_token(4, 0);
  const auto model = make_linear_model(model_class("degree"), world, Role::reward);
  const PreferenceData data = test::reference_pairs(world, 2000);
  const RewardFit sparse = fit_reward(*model, world, tabulate(data), l1(0));
  const RewardFit plain = fit_reward(*model, world, tabulate(data), {PenaltyKind::none, 0});
  ASSERT_TRUE(sparse.certificate.converged && plain.certificate.converged);
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(sparse.theta[k], plain.theta[k], 1e-9);
}

// The universal penalty does not see the units of the features.
TEST(SparseFit, UniversalScalingIgnoresUnits) {
  const std::vector<double> features = {1, 0.5, -2, 0.25, 0, 1.5, 3, -1};  // four arms, two features
  std::vector<double> scaled = features;
  for (std::size_t k = 0; k < scaled.size(); k += 2) scaled[k] *= 64;
  const PreferenceData data =
      test::compare_arms({{0, 1, 30}, {1, 0, 20}, {2, 3, 25}, {3, 2, 40}, {0, 3, 31}, {3, 0, 33}, {1, 2, 9}});
  std::vector<std::vector<double>> rewards;
  for (const auto& f : {features, scaled}) {
    const World world = test::arms_world({0, 0, 0, 0}, 1, f);
    const auto model = make_linear_model(model_class("first", 2), world, Role::reward);
    const RewardFit fit = fit_reward(*model, world, tabulate(data), l1(0.4, L1Scaling::universal));
    ASSERT_TRUE(fit.certificate.converged);
    rewards.emplace_back(4);
    model->scores(fit.theta, rewards.back());
  }
  for (std::size_t a = 0; a < 4; ++a) EXPECT_NEAR(rewards[0][a], rewards[1][a], 1e-10);
}

// A 2-sparse truth among 32 coefficients, at 20000 pairs. Noise stays out with probability 1 - (2d)^(1 - 2
// lambda^2) = 1 - 4e-8 at lambda = 1.6, up to the shift that shrinkage of the two gives the others, which
// meet them in one pair of 64. Both are seen: |c| > 0.4 against a threshold of w / (n I) = 1.6 sqrt(log 64 n
// / 32) / (n / 32 / 4.5) = 0.26 and a standard error of .06.
TEST(SparseFit, RecoversAPlantedSupport) {
  World world = two_token(32, 0);
  const std::vector<std::size_t> planted = {5, 20};
  std::ranges::fill(world.reward, 0.0);
  for (const std::size_t a : planted) world.reward[32 + 2 * a + 1] = a == 5 ? 1.0 : -0.9;
  const auto model = make_linear_model(model_class("degree"), world, Role::reward);
  const PreferenceData data = test::reference_pairs(world, 20000);
  const RewardFit fit = fit_reward(*model, world, tabulate(data), l1(1.6, L1Scaling::universal));
  const RewardFit refitted = fit_reward(*model, world, tabulate(data), l1(1.6, L1Scaling::universal, true));
  ASSERT_TRUE(fit.certificate.converged && refitted.certificate.converged);
  for (std::size_t k = 0; k < 32; ++k) {
    const bool expected = std::ranges::count(planted, k) > 0;
    EXPECT_EQ(fit.theta[k] != 0, expected) << k;
    EXPECT_EQ(refitted.theta[k] != 0, expected) << k;
  }
  // Shrunk towards zero, and no longer after the second fit: standard error 1 / sqrt(n I) = .086 at most, 5.
  EXPECT_LT(fit.theta[5], refitted.theta[5]);
  EXPECT_GT(fit.theta[20], refitted.theta[20]);
  EXPECT_NEAR(refitted.theta[5], 1.0, 5 * 0.086);
  EXPECT_NEAR(refitted.theta[20], -0.9, 5 * 0.086);
}

// Refitting on a support of the first two functions is the fit of the class that has only these.
TEST(SparseFit, RefitIsTheLikelihoodOfTheSmallerClass) {
  World world = two_token(12, 0);
  std::ranges::fill(world.reward, 0.0);
  world.reward[12 + 1] = 1.8;
  world.reward[12 + 3] = -1.8;
  const PreferenceData data = test::reference_pairs(world, 5000);
  const auto large = make_linear_model(model_class("degree"), world, Role::reward);
  const auto small = make_linear_model(model_class("first", 2), world, Role::reward);
  const RewardFit refitted = fit_reward(*large, world, tabulate(data), l1(1.6, L1Scaling::universal, true));
  const RewardFit direct = fit_reward(*small, world, tabulate(data), {PenaltyKind::reference_kl, 0.01});
  ASSERT_TRUE(refitted.certificate.converged);
  for (std::size_t k = 0; k < 12; ++k) EXPECT_NEAR(refitted.theta[k], k < 2 ? direct.theta[k] : 0.0, 1e-10);
  EXPECT_NEAR(refitted.certificate.objective, direct.certificate.objective, 1e-8);
}

// Nothing kept: the plan is the reference, with or without a second fit.
TEST(SparseFit, AnEmptySupportIsTheReference) {
  const World world = two_token(5, 0);
  const PreferenceData data = test::reference_pairs(world, 40);
  for (const bool refit : {false, true}) {
    const ArmResult result =
        test::fit(test::reward_arm("rm+plan", model_class("degree"), l1_settings(100, refit)), world, data);
    EXPECT_TRUE(result.certificate.converged);
    EXPECT_EQ(result.theta, std::vector<double>(5, 0.0));
    EXPECT_NEAR(result.certificate.objective, 40 * std::log(2.0), 1e-12);
    for (std::size_t e = 0; e < world.graph.edges(); ++e)
      EXPECT_NEAR(result.log_policy()[e], world.log_reference[e], 1e-15);
  }
}

TEST(SparseFit, ServesBothTwoStageRoutesAndTheTuningRule) {
  const World world = two_token(8, 2);
  const PreferenceData data = test::reference_pairs(world, 400);
  const Settings strength = l1_settings(0.5);
  const ArmResult planned =
      test::fit(test::reward_arm("rm+plan", model_class("degree"), strength), world, data);
  ArmSpec project = test::reward_arm("rm+project", model_class("degree"), strength);
  project.policy = model_class("tabular");
  const ArmResult projected = test::fit(project, world, data);
  EXPECT_EQ(planned.theta, projected.theta);
  for (std::size_t e = 0; e < world.graph.edges(); ++e)
    EXPECT_NEAR(planned.log_policy()[e], projected.log_policy()[e], 1e-6);

  Settings tuned = strength;
  tuned.set("tune", true);
  tuned.set("grid", std::vector<double>{0.2, 0.5, 50});
  const ArmResult chosen = test::fit(test::reward_arm("rm+plan", model_class("degree"), tuned), world, data);
  // 50 keeps nothing and has the likelihood of chance on every fold.
  EXPECT_THAT(chosen.penalty_strength, testing::AnyOf(0.2, 0.5));
}

TEST(SparseFit, IsRefusedWhereTheParametersAreNotAReward) {
  const World world = two_token(4, 0);
  for (const char* algorithm : {"dpo", "sft", "planned-dpo"}) {
    ArmSpec arm = std::string(algorithm) == "planned-dpo"
                      ? test::reward_arm(algorithm, model_class("degree"), l1_settings(1))
                      : test::policy_arm(algorithm, model_class("tabular"), l1_settings(1));
    try {
      validate_arm(arm, world);
      FAIL() << algorithm;
    } catch (const InputError& error) {
      EXPECT_EQ(error.key(), "penalty.kind");
      EXPECT_THAT(error.what(), testing::HasSubstr("valid: rm+plan, rm+project"));
    }
  }
}

}  // namespace
}  // namespace twostage
