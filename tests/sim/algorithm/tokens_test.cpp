// Sums and means over tokens, where completions have different lengths: known answers for two arms of lengths
// 1 and 3, computed in numpy, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/loss/policy_objective.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/gradients.hpp"
#include "tests/support/hand_made.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;
using test::policy_arm;

World two_arms(std::vector<double> length) {
  return custom_world({.graph = prefix_tree(std::array{2}), .reward = {0, 0}, .length = std::move(length)});
}

ArmSpec arm(const std::string& algorithm, const std::string& tokens, const Settings& with,
            const std::map<std::string, double>& options = {},
            const Settings& policy = model_class("tabular")) {
  ArmSpec out = policy_arm(algorithm, policy, with);
  out.options.set("tokens", tokens);
  for (const auto& [name, value] : options) out.options.set(name, value);
  return out;
}

double share_of_first(const ArmSpec& spec, const World& world) {
  const PreferenceData data = test::compare_arms({{0, 1, 7}, {1, 0, 3}});
  validate_arm(spec, world);
  const ArmResult result = test::fit(spec, world, data);
  EXPECT_TRUE(result.certificate.converged) << spec.algorithm;
  return std::exp(result.log_policy()[0]);
}

TEST(Tokens, OfTwoArmsOfLengthsOneAndThree) {
  const World world = two_arms({1, 3});
  // Where nobody tests for an estimate without penalty, one too weak to matter takes its place.
  const Settings none = penalty("none"), weak = penalty("reference-kl", 1e-9);
  EXPECT_NEAR(share_of_first(arm("simpo", "sum", none), world), 0.6715996194, 1e-9);
  EXPECT_NEAR(share_of_first(arm("simpo", "mean", weak), world), 0.9114674264, 1e-8);
  EXPECT_NEAR(share_of_first(arm("ipo", "sum", none), world), 0.5986876601, 1e-9);
  EXPECT_NEAR(share_of_first(arm("ipo", "mean", weak), world), 0.6575205230, 1e-8);
  EXPECT_NEAR(share_of_first(arm("orpo", "mean", none, {{"lambda", 1}}), world), 0.7987584357, 1e-8);
  EXPECT_NEAR(share_of_first(arm("orpo", "sum", none, {{"lambda", 1}}), world), 0.6260220023, 1e-8);
  EXPECT_NEAR(share_of_first(arm("cpo", "mean", none), world), 0.8933819004, 1e-8);
  EXPECT_NEAR(share_of_first(arm("cpo", "sum", none), world), 0.7176693649, 1e-8);
  EXPECT_NEAR(share_of_first(arm("alphapo", "mean", weak), world), 0.8952940589, 1e-8);
  EXPECT_NEAR(share_of_first(arm("alphapo", "sum", none), world), 0.6444061200, 1e-8);
}

// Where all have one length the mean is the sum at another scale, with all that is proved of it.
TEST(Tokens, OfOneLengthAreAScale) {
  for (const World& world : {two_arms({3, 3}), two_arms({})}) {
    const double tokens = world.edge_length.empty() ? 1 : 3;
    const auto fit = [&](const ArmSpec& spec) {
      validate_arm(spec, world);
      return run_arm(spec, {world, test::compare_arms({{0, 1, 7}, {1, 0, 3}}), RandomSource(11, "tests"), 0});
    };
    const ArmResult mean = fit(arm("simpo", "mean", penalty("none"), {{"beta", 6}}));
    const ArmResult sum = fit(arm("simpo", "sum", penalty("none"), {{"beta", 6 / tokens}}));
    EXPECT_EQ(mean.existence, Existence::unique);
    EXPECT_EQ(mean.certificate.optimum, Optimum::global);
    EXPECT_NEAR(mean.log_policy()[0], sum.log_policy()[0], 1e-10);
    EXPECT_EQ(fit(arm("ipo", "mean", penalty("none"))).certificate.optimum, Optimum::global);
    EXPECT_EQ(fit(arm("cpo", "mean", penalty("none"))).certificate.optimum, Optimum::global);
  }
}

// Of margins that differ in their scale nothing is proved but what holds for any loss.
TEST(Tokens, OfDifferentLengthsProveNothing) {
  const World world = two_arms({1, 3});
  for (const char* name : {"simpo", "ipo"}) {
    const ArmResult held = test::fit(arm(name, "mean", penalty("reference-kl", 1)), world,
                                     test::compare_arms({{0, 1, 7}, {1, 0, 3}}));
    EXPECT_EQ(held.certificate.optimum, Optimum::stationary) << name;
    EXPECT_EQ(held.existence, Existence::no_exact_test) << name;
    try {
      validate_arm(arm(name, "mean", penalty("none")), world);
      ADD_FAILURE() << name << " was accepted";
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("tokens = \"sum\"")) << name;
    }
  }
  // A likelihood of the chosen completions is as convex whatever its weights.
  const ArmResult cpo =
      run_arm(arm("cpo", "mean", penalty("none")),
              {world, test::compare_arms({{0, 1, 7}, {1, 0, 3}}), RandomSource(11, "tests"), 0});
  EXPECT_EQ(cpo.certificate.optimum, Optimum::global);
  EXPECT_EQ(cpo.existence, Existence::unique);
}

TEST(Tokens, AreNeededForAMean) {
  const World world = two_arms({0, 3});
  for (const char* name : {"simpo", "ipo", "orpo", "cpo", "alphapo"}) {
    try {
      validate_arm(arm(name, "mean", penalty("reference-kl", 1)), world);
      ADD_FAILURE() << name << " was accepted";
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("has no token")) << name;
    }
    EXPECT_NO_THROW(validate_arm(arm(name, "sum", penalty("reference-kl", 1)), world)) << name;
  }
}

// In a maze a way to a goal is as long as it is, through the logits and through the planner.
TEST(Tokens, HaveTheirGradientsInAMaze) {
  const World world = test::world(
      {{"family", "maze"}, {"layout", "S../.#./..G"}, {"horizon", integer(6)}, {"reference", "random"}});
  ASSERT_LT(completion_lengths(world).shortest, completion_lengths(world).longest);
  Settings plans = model_class("planned");
  plans.set("of", std::string("dense"));
  const PreferenceData data = test::reference_pairs(world, 40);
  for (const char* name : {"simpo", "ipo", "orpo", "cpo", "alphapo"})
    for (const Settings& policy : {model_class("tabular"), plans}) {
      SCOPED_TRACE(name);
      const ArmSpec spec = arm(name, "mean", penalty("reference-kl", 1), {}, policy);
      const auto model = make_model(policy, world, Role::policy);
      const auto loss = algorithms().at(name).extra.loss(spec, world, tabulate(data));
      PolicyObjective objective(*model, world, *loss, {.kind = PenaltyKind::none});
      test::expect_gradient(objective, test::normal_vector(model->parameters(), 3, 0.4), 2e-7);
      EXPECT_EQ(test::fit(spec, world, data).ended, Ended::optimum);
    }
}

}  // namespace
}  // namespace twostage
