// The gap number, tr(I^-1 C) of the policy class over that of the reward class, is at least 1 wherever both
// hold the truth and the plans of the rewards are among the policies, for pairs from whatever sampler.
//
// Derivation: near the truth the implicit reward of a plan is its reward less a constant in each prompt, so
// the features of the small class are those of the large one times a matrix J, in pairs and in C alike. With
// I_small = J^T I J and C_small = J^T C J, J (J^T I J)^-1 J^T <= I^-1 in the Loewner order, for every I,
// whence tr(I_small^-1 C_small) = tr(J (J^T I J)^-1 J^T C) <= tr(I^-1 C). Equality when J is invertible.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>

#include "tests/support/samplers.hpp"
#include "tests/support/worlds.hpp"
#include "theory/asymptotics/local_asymptotics.hpp"

namespace twostage {
namespace {

struct Shape {
  const char* family;
  const char* generator;  // a reward class that holds the truth
  Settings knobs;
};

std::vector<Shape> shapes() {
  return {{"bandit", "true-direction", test::settings({{"arms", std::int64_t{5}}})},
          {"bandit", "degree", test::settings({{"arms", std::int64_t{5}}, {"features", std::int64_t{2}}})},
          {"walk", "terminal", test::settings({{"horizon", std::int64_t{2}}})},
          {"tokens", "degree", test::settings({{"horizon", std::int64_t{3}}, {"degree", std::int64_t{2}}})}};
}

// One prompt; three that share the parameters; three with a truth and parameters of their own. Of those the
// second has the uniform reference, without which the optimal policies of the prompts differ while the
// parameters may not.
struct Prompts {
  std::int64_t number;
  bool shared;
};
constexpr std::array<Prompts, 3> kPrompts = {{{1, true}, {3, true}, {3, false}}};

World world_of(const Shape& shape, Prompts prompts, double beta, std::uint64_t instance) {
  Settings given = shape.knobs;
  const bool random = prompts.number == 1 || !prompts.shared;
  given.set("family", std::string(shape.family));
  given.set("prompts", prompts.number);
  given.set("shared_truth", prompts.shared);
  given.set("shared_classes", prompts.shared);
  given.set("prompt_weights", std::string("random"));
  given.set("reference", std::string(random ? "random" : "uniform"));
  given.set("beta", beta);
  // The truth in units of beta is the same at every beta: colder, pi* leaves completions to e^-20 and the
  // smallest eigenvalues of I to rounding, where local_limit drops them.
  given.set("headroom", beta / 2);
  return make_world(resolve_world(given), test::world_seed(instance), 1e9);
}

double reward_trace(const World& world, const char* name, const PairPolicies& pairs) {
  const auto model = make_linear_model(test::settings({{"class", std::string(name)}}), world, Role::reward);
  return local_limit(world, reward_features(*model, world), pairs).effective_dimension;
}

double every_policy_trace(const World& world, const SoftPlan& optimum, const PairPolicies& pairs) {
  const auto model =
      make_linear_model(test::settings({{"class", std::string("tabular")}}), world, Role::policy);
  const EdgeFeatures psi = policy_features(reward_features(*model, world), world, optimum.log_policy);
  return local_limit(world, psi, pairs).effective_dimension;
}

class GapNumber : public testing::TestWithParam<double> {};  // beta

// The bound is exact; 1e-9 is what the inversion of I may lose. Nothing here is statistical: the worlds are
// fixed.
TEST_P(GapNumber, IsAtLeastOneForEverySampler) {
  double smallest = std::numeric_limits<double>::infinity(), largest = 0;
  ASSERT_EQ(test::drawing_samplers().size(), 5u);
  for (const Shape& shape : shapes())
    for (const Prompts prompts : kPrompts) {
      // The features of a contextual bandit differ between prompts: one parameter vector for all is then no
      // part of one table of scores for all, and the classes are not nested.
      if (shape.knobs.has("features") && prompts.number > 1 && prompts.shared) continue;
      for (std::uint64_t instance = 0; instance < 2; ++instance) {
        const World world = world_of(shape, prompts, GetParam(), instance);
        SoftPlan optimum;
        soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
        for (const std::string& sampler : test::drawing_samplers()) {
          SCOPED_TRACE(std::string(shape.family) + ", " + std::to_string(prompts.number) + " prompts" +
                       (prompts.shared ? ", " : " apart, ") + sampler + ", world " +
                       std::to_string(instance));
          const PairPolicies pairs = make_pair_policies(test::settings({{"kind", sampler}}), world, optimum);
          const double small = reward_trace(world, shape.generator, pairs);
          const double dense = reward_trace(world, "dense", pairs);
          const double policy = every_policy_trace(world, optimum, pairs);
          EXPECT_GT(small, 0);
          EXPECT_GE(dense / small, 1 - 1e-9);
          EXPECT_GE(policy / small, 1 - 1e-9);
          // All policies and all rewards are one class.
          EXPECT_NEAR(policy / dense, 1, 1e-9);
          smallest = std::min(smallest, policy / small);
          largest = std::max(largest, policy / small);
        }
      }
    }
  // The classes do differ, so that the bound is not met by their being equal.
  EXPECT_GT(smallest, 1.01);
  EXPECT_GT(largest, 2);
}

INSTANTIATE_TEST_SUITE_P(Beta, GapNumber, testing::Values(0.25, 1.0, 4.0), [](const auto& info) {
  return info.param < 1 ? "quarter" : info.param > 1 ? "four" : "one";
});

// Control: the bound is not one of any two classes. The reward class of the two-token world that has to learn
// c has more parameters than the first-token policies, whose second token is told, and its trace is the
// larger.
TEST(GapNumberControl, MayBeBelowOneWhereTheClassesAreNotNested) {
  const World world =
      test::world({{"family", std::string("two-token")}, {"actions", std::int64_t{6}}, {"beta", 1.0}});
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  const PairPolicies pairs{world.log_reference, world.log_reference};
  const auto model =
      make_linear_model(test::settings({{"class", std::string("first-token")}}), world, Role::policy);
  const EdgeFeatures psi = policy_features(reward_features(*model, world), world, optimum.log_policy);
  EXPECT_LT(local_limit(world, psi, pairs).effective_dimension, reward_trace(world, "degree", pairs));
}

}  // namespace
}  // namespace twostage
