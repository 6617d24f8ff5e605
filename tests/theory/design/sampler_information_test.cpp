#include <gtest/gtest.h>

#include <cmath>

#include "sim/plan/sweeps.hpp"
#include "tests/support/samplers.hpp"
#include "tests/support/worlds.hpp"
#include "theory/information/information.hpp"

namespace twostage {
namespace {

using test::integer;

// P(xi | s0) of what a sampler's name promises, from sums over completions alone: P_ref(xi) exp(t r / beta)
// normalised, or all completions alike.
std::vector<double> promised(const World& world, const std::vector<test::Path>& paths, double tilt,
                             bool uniform) {
  std::vector<double> out;
  double sum = 0;
  for (const test::Path& path : paths) {
    const double log_weight =
        test::sum_along(world.log_reference, path) + tilt * test::sum_along(world.reward, path) / world.beta;
    out.push_back(uniform ? 1.0 : std::exp(log_weight));
    sum += out.back();
  }
  for (double& p : out) p /= sum;
  return out;
}

// E[sigma'(Delta) x x^T] over all pairs of completions.
std::vector<double> enumerate(const EdgeFeatures& features, const World& world, double first, double second,
                              bool uniform) {
  const std::size_t p = features.parameters;
  std::vector<double> out(p * p, 0.0);
  for (std::size_t s = 0; s < world.graph.prompts(); ++s) {
    const auto paths = test::completions(world.graph, s);
    std::vector<std::vector<double>> psi;
    for (const test::Path& path : paths) {
      psi.emplace_back(p, 0.0);
      for (const EdgeId e : path)
        for (std::size_t k = 0; k < features.indices(e).size(); ++k)
          psi.back()[static_cast<std::size_t>(features.indices(e)[k])] += features.values(e)[k];
    }
    const std::vector<double> one = promised(world, paths, first, uniform);
    const std::vector<double> two = promised(world, paths, second, uniform);
    for (std::size_t i = 0; i < paths.size(); ++i)
      for (std::size_t j = 0; j < paths.size(); ++j) {
        const double delta =
            test::sum_along(world.reward, paths[i]) - test::sum_along(world.reward, paths[j]);
        const double sigma = 1 / (1 + std::exp(-delta));
        const double weight = world.rho[s] * one[i] * two[j] * sigma * (1 - sigma);
        for (std::size_t k = 0; k < p; ++k)
          for (std::size_t l = 0; l < p; ++l)
            out[k * p + l] += weight * (psi[i][k] - psi[j][k]) * (psi[i][l] - psi[j][l]);
      }
  }
  return out;
}

struct Promise {
  const char* kind;
  double first, second;  // tilts, with the knobs at their defaults: 0.5 for tempered, 1 for policy-guided
  bool uniform;
};
constexpr Promise kPromises[] = {{"reference", 0, 0, false},
                                 {"uniform", 0, 0, true},
                                 {"optimal", 1, 1, false},
                                 {"tempered", 0.5, 0.5, false},
                                 {"policy-guided", 1, -1, false}};

void expect_promised(const World& world, const char* reward_class) {
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  const auto model =
      make_linear_model(test::settings({{"class", std::string(reward_class)}}), world, Role::reward);
  const EdgeFeatures rewards = reward_features(*model, world);
  const EdgeFeatures policies = policy_features(rewards, world, optimum.log_policy);
  for (const Promise& promise : kPromises) {
    const PairPolicies pairs =
        make_pair_policies(test::settings({{"kind", std::string(promise.kind)}}), world, optimum);
    for (const EdgeFeatures& features : {rewards, policies}) {
      const std::vector<double> expected =
          enumerate(features, world, promise.first, promise.second, promise.uniform);
      const std::vector<double> found = pair_information(features, world, pairs);
      ASSERT_EQ(found.size(), expected.size());
      for (std::size_t k = 0; k < found.size(); ++k)
        EXPECT_NEAR(found[k], expected[k], 1e-13) << promise.kind << " " << reward_class << " " << k;
    }
  }
}

TEST(SamplerInformation, IsWhatTheNamePromises) {
  expect_promised(test::world({{"family", std::string("tokens")},
                               {"horizon", integer(4)},
                               {"headroom", 0.8},
                               {"reference", std::string("random")},
                               {"prompts", integer(2)},
                               {"beta", 0.7}}),
                  "degree");
  const World walk = test::world({{"family", std::string("walk")},
                                  {"horizon", integer(4)},
                                  {"headroom", 0.8},
                                  {"reference", std::string("random")},
                                  {"prompts", integer(2)},
                                  {"beta", 1.3}});
  expect_promised(walk, "terminal");
  expect_promised(walk, "dense");
}

TEST(SamplerInformation, EverySamplerIsHere) {
  const auto kinds = test::drawing_samplers();
  ASSERT_EQ(kinds.size(), std::size(kPromises));
  for (std::size_t k = 0; k < std::size(kPromises); ++k) EXPECT_EQ(kinds[k], kPromises[k].kind);
}

}  // namespace
}  // namespace twostage
