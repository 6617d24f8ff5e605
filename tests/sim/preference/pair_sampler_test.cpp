// Pair samplers against their definitions, completion by completion.
#include "sim/preference/pair_sampler.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/samplers.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::integer;
using test::settings;
using test::world;

std::vector<World> some_worlds() {
  std::vector<World> out;
  for (const char* family : {"tokens", "walk"})
    out.push_back(world({{"family", family},
                         {"horizon", integer(3)},
                         {"prompts", integer(2)},
                         {"reference", "random"},
                         {"beta", 0.7}}));
  return out;
}

SoftPlan optimum_of(const World& w) {
  SoftPlan plan;
  soft_plan(w.graph, w.log_reference, w.reward, w.beta, plan);
  return plan;
}

PairPolicies policies(const World& w, std::initializer_list<std::pair<std::string, Value>> given) {
  return make_pair_policies(settings(given), w, optimum_of(w));
}

// P_t(xi|s0) = P_ref(xi|s0) exp(t r*(xi)/beta) / Z, with Z by enumeration. Products of three probabilities
// and logs of sums of at most 27: some 30 roundings.
void expect_tilted(const World& w, const std::vector<double>& log_policy, double tilt) {
  ASSERT_EQ(log_policy.size(), w.graph.edges());
  for (std::size_t p = 0; p < w.graph.prompts(); ++p) {
    const auto weight = [&](const test::Path& path) {
      return std::exp(test::sum_along(w.log_reference, path) +
                      tilt * test::sum_along(w.reward, path) / w.beta);
    };
    double total = 0;
    for (const auto& path : test::completions(w.graph, p)) total += weight(path);
    for (const auto& path : test::completions(w.graph, p))
      EXPECT_NEAR(std::exp(test::sum_along(log_policy, path)) * total / weight(path), 1, 1e-13)
          << "tilt " << tilt;
  }
}

TEST(PairSampler, TemperedAndGuidedTiltTheReferenceByTheReward) {
  for (const World& w : some_worlds())
    for (const double tilt : {0.0, 0.5, 1.0, 2.5, 4.0}) {
      const PairPolicies tempered = policies(w, {{"kind", "tempered"}, {"tilt", tilt}});
      expect_tilted(w, tempered.log_first, tilt);
      EXPECT_EQ(tempered.log_first, tempered.log_second);
      const PairPolicies guided = policies(w, {{"kind", "policy-guided"}, {"tilt", tilt}});
      expect_tilted(w, guided.log_first, tilt);
      expect_tilted(w, guided.log_second, -tilt);
    }
}

TEST(PairSampler, ReferenceAndOptimumAreThoseOfTheWorldToTheBit) {
  for (const World& w : some_worlds()) {
    const std::vector<double> optimum = optimum_of(w).log_policy;
    for (const PairPolicies& p : {policies(w, {}), policies(w, {{"kind", "reference"}}),
                                  policies(w, {{"kind", "tempered"}, {"tilt", 0.0}}),
                                  policies(w, {{"kind", "policy-guided"}, {"tilt", 0.0}})}) {
      EXPECT_EQ(p.log_first, w.log_reference);
      EXPECT_EQ(p.log_second, w.log_reference);
    }
    for (const PairPolicies& p :
         {policies(w, {{"kind", "optimal"}}), policies(w, {{"kind", "tempered"}, {"tilt", 1.0}})}) {
      EXPECT_EQ(p.log_first, optimum);
      EXPECT_EQ(p.log_second, optimum);
    }
  }
}

TEST(PairSampler, UniformMakesAllCompletionsOfAPromptEquallyLikely) {
  for (const World& w : some_worlds()) {
    const PairPolicies p = policies(w, {{"kind", "uniform"}});
    const auto all = test::completions(w.graph, 1);
    for (const auto& path : all)
      EXPECT_NEAR(std::exp(test::sum_along(p.log_first, path)) * static_cast<double>(all.size()), 1, 1e-14);
    EXPECT_EQ(p.log_first, p.log_second);
  }
}

// Every kind gives policies: one number an edge, positive everywhere, summing to one in each state.
TEST(PairSampler, EveryKindIsAPositivePolicy) {
  for (const World& w : some_worlds())
    for (const std::string& kind : test::drawing_samplers()) {
      const PairPolicies p = policies(w, {{"kind", kind}});
      for (const auto& log_policy : {p.log_first, p.log_second}) {
        ASSERT_EQ(log_policy.size(), w.graph.edges()) << kind;
        const auto actions = static_cast<std::size_t>(w.graph.actions(0));
        for (std::size_t e = 0; e < log_policy.size(); e += actions) {
          double total = 0;
          for (std::size_t a = 0; a < actions; ++a) {
            EXPECT_TRUE(std::isfinite(log_policy[e + a])) << kind;
            total += std::exp(log_policy[e + a]);
          }
          EXPECT_NEAR(total, 1, 1e-14) << kind;
        }
      }
    }
}

TEST(PairSampler, WrongChoicesAreNamed) {
  const World w = world({{"family", "bandit"}});
  EXPECT_THROW(policies(w, {{"kind", "optimum"}}), InputError);
  EXPECT_THROW(policies(w, {{"kind", "optimal"}, {"tilt", 1.0}}), InputError);
  EXPECT_THROW(policies(w, {{"kind", "tempered"}, {"tilt", -1.0}}), InputError);
  EXPECT_THROW(policies(w, {{"kind", integer(1)}}), InputError);
}

}  // namespace
}  // namespace twostage
