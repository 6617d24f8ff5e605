// Identity preference optimization against its closed forms.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>

#include "sim/algorithm/tuning.hpp"
#include "sim/loss/policy_loss.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/hand_made.hpp"
#include "tests/support/three_arms.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;
using test::policy_arm;
using test::three_arms;

constexpr std::array<double, 3> kReference = test::kThreeReference;
constexpr std::array<double, 3> kReward = test::kThreeRewards;

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

PreferenceData population() {
  return test::three_arms_population();
}

ArmSpec ipo(double tau, const Settings& with = penalty("none")) {
  ArmSpec arm = policy_arm("ipo", model_class("tabular"), with);
  arm.options.set("tau", tau);
  return arm;
}

ArmResult fit(const ArmSpec& arm, const World& world, const PreferenceData& data) {
  return run_arm(arm, {world, data, RandomSource(11, "tests"), 0, true});
}

// With y and z from the reference the loss is, up to a constant, E (h(y) - h(z))^2 - E (p(y>z) - p(z>y))
// (h(y) - h(z)) / (2 tau) x 2: its minimum over all h has h(y) = p(y > reference) / tau + constant, so pi =
// ref exp(p / tau) / Z. The numbers are those of a numerical minimisation elsewhere.
TEST(Ipo, PopulationOptimumIsThatOfPreferenceProbabilities) {
  const World world = three_arms();
  const std::map<double, std::array<double, 3>> published = {
      {0.25, {0.2328099680, 0.3704721796, 0.3967178523}}, {1.0, {0.4292087223, 0.3556629301, 0.2151283475}}};
  for (const auto& [tau, expected] : published) {
    const ArmResult result = fit(ipo(tau), world, population());
    EXPECT_EQ(result.certificate.optimum, Optimum::global);
    EXPECT_EQ(result.existence, Existence::unique);
    double total = 0;
    std::array<double, 3> closed{};
    for (std::size_t y = 0; y < 3; ++y) {
      double beats = 0;
      for (std::size_t z = 0; z < 3; ++z) beats += kReference[z] * sigmoid(kReward[y] - kReward[z]);
      total += closed[y] = kReference[y] * std::exp(beats / tau);
    }
    for (std::size_t y = 0; y < 3; ++y) {
      EXPECT_NEAR(std::exp(result.log_policy()[y]), closed[y] / total, 1e-10) << "tau " << tau;
      EXPECT_NEAR(std::exp(result.log_policy()[y]), expected[y], 2e-10) << "tau " << tau;
    }
  }
}

// At pi ∝ exp(.1, -.2, .3), tau = .5, computed elsewhere: the loss, and dL/dlogit = g - (sum g) pi with g =
// dL/dlog pi.
TEST(Ipo, LossAndGradientAtAPoint) {
  const World world = three_arms();
  const std::array<double, 3> logits{0.1, -0.2, 0.3};
  std::vector<double> log_policy(3), g(3, 0.0);
  double total = 0;
  for (const double t : logits) total += std::exp(t);
  for (std::size_t y = 0; y < 3; ++y) log_policy[y] = logits[y] - std::log(total);
  LogRatioLoss loss(world, tabulate(population()), 1, std::make_unique<SquaredLoss>(1 / (2 * 0.5)));
  EXPECT_NEAR(loss.evaluate(log_policy, g), 0.9582602338, 1e-10);
  const double sum = g[0] + g[1] + g[2];
  const std::array<double, 3> expected{0.0587619885, -0.4002191491, 0.3414571605};
  for (std::size_t y = 0; y < 3; ++y) EXPECT_NEAR(g[y] - sum * std::exp(log_policy[y]), expected[y], 1e-10);
}

// One arm always wins: the likelihood has no maximum, but the square is least where the margin is 1 / (2
// tau).
TEST(Ipo, IsAttainedWhereTheLikelihoodIsNot) {
  const World world = test::arms_world({0, 0}, 0.3);
  const PreferenceData data = test::compare_arms({{0, 1, 9}});
  EXPECT_EQ(fit(policy_arm("dpo", model_class("tabular"), penalty("none")), world, data).existence,
            Existence::not_attained);
  const ArmResult result = fit(ipo(0.1), world, data);
  EXPECT_EQ(result.existence, Existence::unique);
  EXPECT_TRUE(result.certificate.converged);
  EXPECT_NEAR(result.log_policy()[0] - result.log_policy()[1], 5, 1e-10);
}

// The third arm is in no pair. On the set {h01 = (p - 1/2) / tau} the member with the least KL(ref || pi)
// maximises (ref0 + ref1) log s + ref2 log(1 - s) in s = pi0 + pi1, so pi2 = ref2.
TEST(Ipo, WhereTheDataAreSilentItStaysAtTheReference) {
  const World world = three_arms();
  const ArmResult result = fit(ipo(0.5), world, test::compare_arms({{0, 1, 3}, {1, 0, 1}}));
  EXPECT_EQ(result.existence, Existence::flat);
  EXPECT_EQ(result.certificate.optimum, Optimum::global);
  EXPECT_NEAR(std::exp(result.log_policy()[2]), kReference[2], 1e-9);
  EXPECT_NEAR(result.log_policy()[0] - result.log_policy()[1] - std::log(kReference[0] / kReference[1]),
              (0.75 - 0.5) / 0.5, 1e-9);
}

// Two tokens: a tree of states, where the loss is not convex in the logits. The margins of all policies are
// those of all rewards, so least squares in rewards of the four completions (one of them pinned) have the
// same minimum.
TEST(Ipo, TreesAreLeastSquaresInImplicitRewards) {
  const World world = test::world(
      {{"family", "tokens"}, {"alphabet", integer(2)}, {"horizon", integer(2)}, {"reference", "random"}});
  const PreferenceData data = test::reference_pairs(world, 200);
  constexpr double tau = 0.4;
  const ArmResult result = fit(ipo(tau), world, data);
  ASSERT_EQ(result.existence, Existence::unique);
  EXPECT_EQ(result.certificate.optimum, Optimum::global);
  // Normal equations: sum over pairs of (h(chosen) - h(rejected) - 1 / (2 tau)) with the sign of each
  // completion.
  std::map<test::Path, double> residual;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const auto h = [&](std::span<const EdgeId> edges) {
      const test::Path path(edges.begin(), edges.end());
      return test::sum_along(result.log_policy(), path) - test::sum_along(world.log_reference, path);
    };
    const double left = h(data.chosen_path(i)) - h(data.rejected_path(i)) - 1 / (2 * tau);
    const auto chosen = data.chosen_path(i);
    const auto rejected = data.rejected_path(i);
    residual[test::Path(chosen.begin(), chosen.end())] += left;
    residual[test::Path(rejected.begin(), rejected.end())] -= left;
  }
  EXPECT_EQ(residual.size(), 4u);
  for (const auto& [path, sum] : residual) EXPECT_NEAR(sum, 0, 1e-8);
}

// The strength is chosen by the squares of the pairs held out, not by a likelihood that ipo does not model.
TEST(Ipo, TuningScoresItsOwnLoss) {
  const World world = three_arms();
  const PreferenceData data = test::reference_pairs(world, 40);
  const Tuning tuning{.active = true, .folds = 4, .grid = {0.01, 0.1, 1, 10, 100}};
  const ArmSpec arm = ipo(0.3, penalty("reference-kl", 1));
  const Algorithm& algorithm = algorithms().at("ipo").extra;
  const Tuned tuned = tune_penalty(arm, {world, data, RandomSource(11, "tests"), 0, false}, tuning,
                                   algorithm.run, algorithm.held_out_loss);
  for (std::size_t g = 0; g < tuning.grid.size(); ++g) {
    double expected = 0;
    for (std::size_t fold = 0; fold < 4; ++fold) {
      PreferenceData kept, held_out;
      kept.horizon = held_out.horizon = 1;
      for (std::size_t i = 0; i < data.size(); ++i) {
        PreferenceData& part = i % 4 == fold ? held_out : kept;
        part.chosen.push_back(data.chosen[i]);
        part.rejected.push_back(data.rejected[i]);
      }
      const ArmResult result = fit(with_strength(arm, tuning.grid[g]), world, kept);
      for (std::size_t i = 0; i < held_out.size(); ++i) {
        const auto u = [&](EdgeId e) {
          return result.log_policy()[static_cast<std::size_t>(e)] -
                 world.log_reference[static_cast<std::size_t>(e)];
        };
        expected += std::pow(u(held_out.chosen[i]) - u(held_out.rejected[i]) - 1 / 0.6, 2);
      }
    }
    EXPECT_NEAR(tuned.held_out_loss[g], expected, 1e-8 * expected) << "lambda " << tuning.grid[g];
  }
}

TEST(Ipo, WhatItCannotHaveIsRefused) {
  const World world = three_arms();
  try {
    fit(ipo(0.5, penalty("l1", 1)), world, test::compare_arms({{0, 1, 1}}));
    FAIL() << "l1 was accepted";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("'l1' does not go with algorithm 'ipo'"));
    EXPECT_THAT(error.what(), testing::HasSubstr("valid: rm+plan, rm+project"));
  }
  EXPECT_EQ(algorithms().at("ipo").extra.theory(ipo(0.5)).why_none, "no formula for the algorithm 'ipo'");
}

}  // namespace
}  // namespace twostage
