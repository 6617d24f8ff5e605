// Best-of-n by a fitted reward: what the fit decides is the order of completions and their ties.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "sim/algorithm/arm.hpp"
#include "sim/measure/metric.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/world/custom.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/hand_made.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;
using test::reward_arm;
using testing::HasSubstr;

ArmSpec best_of(std::int64_t n, const Settings& rewards, const Settings& with = penalty("reference-kl")) {
  ArmSpec arm = reward_arm("best-of-n", rewards, with);
  arm.options.set("n", n);
  return arm;
}

ArmResult fit(const ArmSpec& arm, const World& world, const PreferenceData& data) {
  return run_arm(arm, {world, data, RandomSource(11, "tests"), 0, true});
}

World three_arms() {
  return custom_world(
      {.graph = prefix_tree(std::array{3}), .reward = {0, 1, 2}, .reference = {1.0 / 2, 1.0 / 3, 1.0 / 6}});
}

World walk(const char* truth = "terminal") {
  return test::world({{"family", "walk"},
                      {"horizon", integer(4)},
                      {"reference", "random"},
                      {"truth", truth},
                      {"beta", 0.8}});
}

std::vector<double> probabilities(const ArmResult& result) {
  std::vector<double> out;
  for (const double log_p : result.log_policy()) out.push_back(num::exp(log_p));
  return out;
}

// Computed elsewhere for the order 0 < 1 < 2, and with the upper two tied: pairs that say so.
TEST(BestOfN, KnownAnswersForAFittedOrder) {
  const World world = three_arms();
  const PreferenceData ordered = test::compare_arms({{2, 1, 9}, {1, 2, 3}, {1, 0, 9}, {0, 1, 3}});
  const PreferenceData tied =
      test::compare_arms({{1, 0, 9}, {0, 1, 3}, {2, 0, 9}, {0, 2, 3}, {1, 2, 4}, {2, 1, 4}});
  using testing::DoubleNear;
  using testing::ElementsAre;
  for (const char* kind : {"reference-kl", "none"}) {
    EXPECT_THAT(probabilities(fit(best_of(4, model_class("dense"), penalty(kind)), world, ordered)),
                ElementsAre(DoubleNear(0.0625, 1e-10), DoubleNear(0.4197530864, 1e-10),
                            DoubleNear(0.5177469136, 1e-10)))
        << kind;
    EXPECT_THAT(probabilities(fit(best_of(25, model_class("dense"), penalty(kind)), world, ordered)),
                ElementsAre(DoubleNear(0.0000000298, 1e-10), DoubleNear(0.0104825662, 1e-10),
                            DoubleNear(0.9895174040, 1e-10)))
        << kind;
  }
  // Two equal likelihoods, but under the penalty a rarer arm is pulled less: without it they tie.
  EXPECT_THAT(probabilities(fit(best_of(4, model_class("dense"), penalty("none")), world, tied)),
              ElementsAre(DoubleNear(.0625, 1e-9), DoubleNear(.625, 1e-9), DoubleNear(.3125, 1e-9)));
}

TEST(BestOfN, OfOneIsTheReference) {
  const World world = walk();
  const PreferenceData data = test::reference_pairs(world, 60);
  for (const char* rewards : {"terminal", "dense"}) {
    const ArmResult result = fit(best_of(1, model_class(rewards)), world, data);
    EXPECT_LT(kl_to_reference(world, result.policy), 1e-14) << rewards;
  }
}

// Everything but the policy is the fit of rm+plan, whose policy goes to the same completions as beta falls.
TEST(BestOfN, IsTheFitOfRewardThenPlan) {
  const World world = walk();
  const PreferenceData data = test::reference_pairs(world, 100);
  for (const char* kind : {"reference-kl", "variance", "none", "l1"}) {
    const ArmResult best = fit(best_of(16, model_class("terminal"), penalty(kind)), world, data);
    const ArmResult plan = fit(reward_arm("rm+plan", model_class("terminal"), penalty(kind)), world, data);
    EXPECT_EQ(best.theta, plan.theta) << kind;
    EXPECT_EQ(best.edge_reward, plan.edge_reward) << kind;
    EXPECT_EQ(best.existence, plan.existence) << kind;
    EXPECT_EQ(best.certificate.optimum, plan.certificate.optimum) << kind;
    EXPECT_LE(kl_to_reference(world, best.policy), std::log(16) - 15.0 / 16) << kind;
  }
}

// A terminal reward makes a policy on edges, a dense one does not where ways merge; every metric that is
// always stored is had of both, and agrees with enumeration in policy_law_test.
TEST(BestOfN, WhatIsMeasuredOfALawOnCompletions) {
  const World world = walk("dense");
  const PreferenceData data = test::reference_pairs(world, 100);
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  const Context context(world, data, optimum);
  const ArmResult ends = fit(best_of(8, model_class("terminal")), world, data);
  const ArmResult ways = fit(best_of(8, model_class("dense")), world, data);
  EXPECT_NE(on_edges(ends.policy), nullptr);
  ASSERT_EQ(on_edges(ways.policy), nullptr);
  EXPECT_THROW(static_cast<void>(ways.log_policy()), std::logic_error);
  for (const auto& entry : metrics().entries()) {
    const Metric& metric = entry.extra;
    if (metric.kind == MetricKind::predicted || is_pairwise(metric.kind)) continue;
    const Measured of_ends = measure(metric, context, ends);
    const Measured of_ways = measure(metric, context, ways);
    EXPECT_TRUE(std::isfinite(of_ends.value)) << entry.name;
    EXPECT_EQ(of_ends.missing, "") << entry.name;
    if (metric.asks == PolicyForm::on_edges) {
      EXPECT_TRUE(std::isnan(of_ways.value)) << entry.name;
      EXPECT_THAT(of_ways.missing, HasSubstr("law on completions")) << entry.name;
      EXPECT_EQ(metric.kind, MetricKind::on_request) << entry.name << " has to be had of every policy";
    } else {
      EXPECT_TRUE(std::isfinite(of_ways.value)) << entry.name;
      EXPECT_EQ(of_ways.missing, "") << entry.name;
    }
  }
  // J(pi*) - J(pi) in the one form and in the other.
  const auto value = [&](const char* name) { return metrics().at(name).extra.value(context, ways); };
  EXPECT_NEAR(value("regret"), soft_return(world, EdgePolicy(optimum.log_policy)) - value("soft_return"),
              1e-11);
  // The win rate against the reference by all pairs of completions.
  double wins = 0;
  const auto all = test::completions(world.graph);
  for (const auto& a : all)
    for (const auto& b : all) {
      const double difference = test::sum_along(world.reward, a) - test::sum_along(world.reward, b);
      wins += std::exp(log_probability(world, ways.policy, a) + test::sum_along(world.log_reference, b)) *
              (std::fabs(difference) < 1e-10 ? 0.5
               : difference > 0              ? 1
                                             : 0);
    }
  EXPECT_NEAR(value("win_rate"), wins, 1e-11);
  // The same law has no gap to itself.
  EXPECT_EQ(metrics().at("policy_gap").extra.pair(world, ways, ways), 0);
  EXPECT_GT(metrics().at("policy_gap").extra.pair(world, ways, ends), 1e-3);
}

TEST(BestOfN, WhatItCannotDoIsRefusedByNumberBeforeThereAreData) {
  const World world = test::world({{"family", "walk"}, {"horizon", integer(14)}, {"truth", "terminal"}});
  EXPECT_NO_THROW(validate_arm(best_of(4, model_class("terminal")), world));
  try {
    validate_arm(best_of(4, model_class("dense")), world);
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("4782969"));
    EXPECT_THAT(error.what(), HasSubstr("'terminal'"));
  }
  EXPECT_EQ(algorithms().at("best-of-n").extra.theory(best_of(4, model_class("terminal"))).why_none,
            "no formula for the algorithm 'best-of-n'");
}

}  // namespace
}  // namespace twostage
