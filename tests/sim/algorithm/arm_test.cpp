// What every arm shares: checks, existence, certificates that claim nothing they cannot prove, tuning.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "sim/algorithm/tuning.hpp"
#include "sim/fit/limits.hpp"
#include "sim/numerics/elementary.hpp"
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

ArmResult fit_with_existence(const ArmSpec& spec, const World& world, const PreferenceData& data) {
  return run_arm(spec, {world, data, RandomSource(11, "tests"), 0, true});
}

std::vector<ArmSpec> tabular_arms(const Settings& p) {
  return {reward_arm("rm+plan", model_class("dense"), p), reward_arm("planned-dpo", model_class("dense"), p),
          policy_arm("dpo", model_class("tabular"), p)};
}

// One comparison per pair of three arms and direction: attained and unique. Arm 2 never compared: flat. Arm 0
// never beaten: not attained.
TEST(Existence, OfEveryRouteThroughItsLinearReward) {
  const World world = test::arms_world({0, 0, 0}, 1);
  const PreferenceData unique = test::compare_arms({{0, 1, 2}, {1, 0, 1}, {1, 2, 1}, {2, 1, 3}});
  const PreferenceData flat = test::compare_arms({{0, 1, 2}, {1, 0, 1}});
  const PreferenceData separable = test::compare_arms({{0, 1, 2}, {1, 2, 1}, {2, 1, 3}});
  for (const char* kind : {"none", "reference-kl"})
    for (const ArmSpec& spec : tabular_arms(penalty(kind))) {
      SCOPED_TRACE(spec.algorithm + ' ' + kind);
      EXPECT_EQ(fit_with_existence(spec, world, unique).existence, Existence::unique);
      EXPECT_TRUE(fit_with_existence(spec, world, unique).certificate.converged);
      EXPECT_EQ(fit_with_existence(spec, world, flat).existence, Existence::flat);
      EXPECT_TRUE(fit_with_existence(spec, world, flat).certificate.converged);
      const ArmResult result = fit_with_existence(spec, world, separable);
      EXPECT_EQ(result.existence, Existence::not_attained);
      // A small gradient far out is no minimum: without penalty the certificate must not claim one.
      EXPECT_EQ(result.certificate.converged, std::string(kind) != "none");
      EXPECT_EQ(result.certificate.optimum, std::string(kind) == "none" ? Optimum::none : Optimum::global);
    }
}

// Convex in theta, and a small gradient: still nothing global where the maximum need not be attained and no
// exact test says that it is.
TEST(Existence, WithoutPenaltyNothingIsGlobalUntilExistenceIsProved) {
  const World world = test::arms_world({0, 0, 0}, 1);
  const PreferenceData unique = test::compare_arms({{0, 1, 2}, {1, 0, 1}, {1, 2, 1}, {2, 1, 3}});
  for (const ArmSpec& spec : tabular_arms(penalty("none"))) {
    EXPECT_EQ(fit_with_existence(spec, world, unique).certificate.optimum, Optimum::global) << spec.algorithm;
    EXPECT_EQ(fit(spec, world, unique).certificate.optimum, Optimum::stationary) << spec.algorithm;
  }
  const ArmSpec sft = policy_arm("sft", model_class("tabular"), penalty("none"));
  EXPECT_EQ(fit_with_existence(sft, world, unique).certificate.optimum, Optimum::global);
  EXPECT_EQ(fit(sft, world, unique).certificate.optimum, Optimum::stationary);
}

TEST(Existence, HasNoExactTestForOtherPolicyClassesAndIsSkippedOnRequest) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(3)}});
  const PreferenceData data = test::reference_pairs(world, 50);
  const Settings p = penalty("reference-kl");
  EXPECT_EQ(fit_with_existence(policy_arm("dpo", model_class("degree", 2), p), world, data).existence,
            Existence::no_exact_test);
  EXPECT_EQ(fit(policy_arm("sft", model_class("tabular"), p), world, data).existence,
            Existence::no_exact_test);
  EXPECT_EQ(fit(reward_arm("rm+plan", model_class("dense"), p), world, data).existence,
            Existence::no_exact_test);
}

TEST(Arm, NonFiniteInputIsMarkedNotThrown) {
  World world = test::arms_world({0, 0, 0}, 1, {1, -1, 0});
  world.log_reference[1] = std::numeric_limits<double>::quiet_NaN();
  const PreferenceData data = test::compare_arms({{0, 1, 2}, {1, 2, 1}});
  const Settings p = penalty("reference-kl");
  ArmSpec project = reward_arm("rm+project", model_class("dense"), p);
  project.policy = model_class("first", 1);
  std::vector<ArmSpec> arms = tabular_arms(p);
  arms.push_back(policy_arm("sft", model_class("tabular"), p));
  arms.push_back(policy_arm("dpo", model_class("first", 1), p));
  arms.push_back(project);
  for (const ArmSpec& spec : arms) {
    const ArmResult result = fit(spec, world, data);
    EXPECT_FALSE(result.certificate.converged) << spec.algorithm;
    EXPECT_EQ(result.certificate.optimum, Optimum::none) << spec.algorithm;
  }
}

// Every algorithm of the registry runs, returns policies that sum to one, and reports its counts.
TEST(Arm, EveryAlgorithmReturnsAPolicyWithItsCounts) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(3)}, {"prompts", integer(2)}});
  const PreferenceData data = test::reference_pairs(world, 60);
  for (const auto& entry : algorithms().entries()) {
    ArmSpec spec = reward_arm(entry.name, {}, penalty("reference-kl"));
    if (entry.extra.uses_reward) spec.reward = model_class("degree", 2);
    if (entry.extra.uses_policy) spec.policy = model_class("tabular");
    // On so few pairs it falls for ever unless next to no label is held to be flipped.
    if (entry.name == "rdpo") spec.options.set("eps", 1e-3);
    if (!entry.extra.run && entry.extra.course_kinds.empty())
      spec.course = test::settings({{"steps", integer(20000)}, {"rate", 1.0}});
    else if (!entry.extra.run)
      spec.course = test::settings({{"kind", "rounds"}, {"steps", integer(2)}});
    validate_arm(spec, world);
    const ArmResult result = fit(spec, world, data);
    EXPECT_TRUE(result.certificate.converged) << entry.name;
    EXPECT_EQ(result.raw_parameters, result.theta.size()) << entry.name;
    EXPECT_EQ(result.rank, entry.extra.uses_reward ? 6u : 7u) << entry.name;
    EXPECT_EQ(result.penalty_strength, 4) << entry.name;
    ASSERT_EQ(result.edge_reward.size(), world.graph.edges()) << entry.name;
    for (std::size_t e = 0; e < world.graph.edges(); e += 2)
      EXPECT_NEAR(num::exp(result.log_policy()[e]) + num::exp(result.log_policy()[e + 1]), 1, 1e-14)
          << entry.name;
    EXPECT_FALSE(entry.summary.empty() || entry.source.empty());
  }
}

TEST(Arm, SameInputSameBits) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(4)}});
  const PreferenceData data = test::reference_pairs(world, 60);
  const ArmSpec spec = policy_arm("dpo", model_class("degree", 2), penalty("reference-kl"));
  EXPECT_EQ(fit(spec, world, data).log_policy(), fit(spec, world, data).log_policy());
}

void expect_refusal(const ArmSpec& spec, const std::string& key, const std::string& words) {
  static const World world = test::world({{"family", "tokens"}, {"horizon", integer(3)}});
  try {
    validate_arm(spec, world);
    FAIL() << "accepted: " << words;
  } catch (const InputError& error) {
    EXPECT_EQ(error.key(), key) << error.what();
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
  }
}

TEST(Arm, RefusalsNameTheKeyAndTheValidChoices) {
  const Settings p = penalty("reference-kl");
  expect_refusal(reward_arm("rm+pln", model_class("dense"), p), "algorithm", "did you mean 'rm+plan'");
  expect_refusal(reward_arm("rm+plan", {}, p), "reward", "needs a class");
  expect_refusal(reward_arm("dpo", model_class("dense"), p), "reward", "uses no reward class");
  expect_refusal(policy_arm("dpo", model_class("terminal"), p), "class", "makes no sense as a policy class");
  expect_refusal(reward_arm("rm+plan", model_class("degree", 4), p), "degree", "valid: 1 to 3");
  expect_refusal(reward_arm("rm+plan", model_class("dense"), penalty("reference-ld")), "penalty.kind",
                 "did you mean 'reference-kl'");
  expect_refusal(reward_arm("rm+plan", model_class("dense"), penalty("ridge", -1)), "penalty.lambda",
                 "out of range");
  ArmSpec stray = reward_arm("rm+plan", model_class("dense"), p);
  stray.options.set("beta_factor", 2.0);
  expect_refusal(stray, "options.beta_factor", "unknown key");
  Settings grid = p;
  grid.set("tune", true);
  grid.set("grid", std::vector<double>{4, 1});
  expect_refusal(reward_arm("rm+plan", model_class("dense"), grid), "penalty.grid", "increasing");
}

// Whatever an entry says is idle, with another value than its own, beside what it is idle beside.
TEST(Arm, RefusesOptionsThatSayNothing) {
  static const World world = test::world({{"family", "tokens"}, {"horizon", integer(3)}});
  int seen = 0;
  for (const auto& entry : algorithms().entries())
    for (const IdleOption& idle : entry.extra.idle) {
      ++seen;
      const auto knob = std::ranges::find(entry.knobs, idle.option, &Knob::name);
      ASSERT_NE(knob, entry.knobs.end()) << entry.name;
      ASSERT_NE(std::ranges::find(entry.knobs, idle.beside, &Knob::name), entry.knobs.end()) << entry.name;
      ArmSpec spec{.name = "arm", .algorithm = entry.name, .penalty = penalty("reference-kl")};
      if (entry.extra.uses_reward) spec.reward = model_class("dense");
      if (entry.extra.uses_policy) spec.policy = model_class("tabular");
      if (!entry.extra.run)
        spec.course = test::settings(
            {{"kind", entry.extra.course_kinds.empty() ? "gradient" : "rounds"}, {"steps", integer(1)}});
      spec.options.set(idle.beside, idle.at);
      spec.options.set(idle.option, knob->fallback);
      validate_arm(spec, world);
      Value other = knob->max;
      if (knob->kind() == Kind::integer) {
        const auto least = static_cast<std::int64_t>(knob->min);
        other = std::get<std::int64_t>(knob->fallback) == least ? least + 1 : least;
      }
      if (knob->kind() == Kind::text)
        other = knob->choices[knob->choices[0] == std::get<std::string>(knob->fallback) ? 1 : 0];
      spec.options.set(idle.option, other);
      expect_refusal(spec, "options." + idle.option, "has no effect where ");
    }
  EXPECT_GE(seen, 14);
}

// Before the run, with the option at fault, not the arm.
TEST(Arm, RefusesWhatItsOptionsCannotServe) {
  static const World world = test::world({{"family", "tokens"}, {"horizon", integer(3)}});
  ArmSpec exo = reward_arm("rm+exo", model_class("dense"), penalty("reference-kl"));
  exo.policy = model_class("tabular");
  exo.course = test::settings({{"kind", "rounds"}});
  exo.options.set("n", integer(1));
  expect_refusal(exo, "options.n", "valid: 2 and more");
  ArmSpec spin = policy_arm("spin", model_class("tabular"), penalty("reference-kl"));
  spin.course = test::settings({{"kind", "rounds"}});
  validate_arm(spin, world, 65537);
  spin.options.set("expectation", std::string("sampled"));
  validate_arm(spin, world, 65536);
  try {
    validate_arm(spin, world, 65537);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(error.key(), "options.expectation");
    EXPECT_NE(std::string(error.what()).find("valid: up to 65536 pairs"), std::string::npos) << error.what();
  }
}

TEST(Arm, RefusesSizesNoFitCanReach) {
  try {
    check_size(2'000'001, "class", "dense");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_EQ(error.key(), "class");
    EXPECT_NE(std::string(error.what()).find("2000001 parameters"), std::string::npos) << error.what();
  }
  check_size(2'000'000, "class", "dense");
}

// Held-out loss by hand: fold f holds the pairs i with i mod 3 = f.
TEST(Tuning, PicksTheGridPointThatBruteForcePicks) {
  const World world = test::world({{"family", "walk"}, {"horizon", integer(3)}, {"headroom", 0.7}});
  const PreferenceData data = test::reference_pairs(world, 121);
  const std::vector<double> grid = {0.01, 0.3, 2, 20, 500};
  for (const ArmSpec& base :
       {reward_arm("rm+plan", model_class("terminal"), {}), policy_arm("dpo", model_class("tabular"), {})}) {
    std::vector<double> loss(grid.size(), 0.0);
    for (std::size_t g = 0; g < grid.size(); ++g)
      for (std::size_t fold = 0; fold < 3; ++fold) {
        PreferenceData kept{.horizon = 3, .chosen = {}, .rejected = {}};
        for (std::size_t i = 0; i < data.size(); ++i)
          if (i % 3 != fold)
            for (std::size_t h = 0; h < 3; ++h) {
              kept.chosen.push_back(data.chosen_path(i)[h]);
              kept.rejected.push_back(data.rejected_path(i)[h]);
            }
        ArmSpec spec = base;
        spec.penalty = penalty("reference-kl", grid[g]);
        const ArmResult result = fit(spec, world, kept);
        for (std::size_t i = fold; i < data.size(); i += 3)
          loss[g] += num::softplus(path_sum(result.edge_reward, data.rejected_path(i)) -
                                   path_sum(result.edge_reward, data.chosen_path(i)));
      }
    const auto best = static_cast<std::size_t>(std::ranges::min_element(loss) - loss.begin());
    ASSERT_GT(best, 0u);
    ASSERT_LT(best, grid.size() - 1);

    ArmSpec tuned = base;
    tuned.penalty.set("tune", true);
    tuned.penalty.set("folds", integer(3));
    tuned.penalty.set("grid", grid);
    const ArmResult result = fit(tuned, world, data);
    EXPECT_EQ(result.penalty_strength, grid[best]);
    EXPECT_FALSE(result.tuned_at_edge);
    ArmSpec chosen = base;
    chosen.penalty = penalty("reference-kl", grid[best]);
    EXPECT_EQ(result.log_policy(), fit(chosen, world, data).log_policy());

    // A grid that ends at the best value is flagged.
    tuned.penalty.set(
        "grid", std::vector<double>(grid.begin(), grid.begin() + static_cast<std::ptrdiff_t>(best) + 1));
    EXPECT_TRUE(fit(tuned, world, data).tuned_at_edge);
  }
}

}  // namespace
}  // namespace twostage
