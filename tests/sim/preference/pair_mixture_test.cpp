// The mixed samplers against their definition, pair by pair.
#include "sim/preference/pair_mixture.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/hand_made.hpp"
#include "tests/support/samplers.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::integer;

// How often y and z are first and second, by the parts with their shares and the weight of the prompt.
double meet(const PairMixture& mixture, std::size_t prompt, const test::Path& y, const test::Path& z) {
  double out = 0;
  for (std::size_t part = 0; part < mixture.parts.size(); ++part)
    out += mixture.share_of(part, prompt) * mixture.weight_of(prompt) *
           std::exp(test::sum_along(mixture.parts[part].log_first, y) +
                    test::sum_along(mixture.parts[part].log_second, z));
  return out;
}

// In either order u(y) u(z) / (2 sigmoid'(h(y) - h(z))), in every world, prompt by prompt; shares sum to one.
TEST(PairMixture, TakesTheSlopeOfTheSigmoidOut) {
  for (const char* family : {"tokens", "walk"}) {
    const World world = test::world({{"family", family},
                                     {"horizon", integer(3)},
                                     {"prompts", integer(2)},
                                     {"reference", "random"},
                                     {"beta", 0.7}});
    const PairMixture mixture = guided_mixture(world, world.reward);
    const std::vector<double> uniform = uniform_policy(world.graph);
    for (std::size_t p = 0; p < world.graph.prompts(); ++p) {
      EXPECT_NEAR(mixture.share_of(0, p) + mixture.share_of(1, p), 1, 1e-15);
      for (const auto& y : test::completions(world.graph, p))
        for (const auto& z : test::completions(world.graph, p)) {
          const double gap = test::sum_along(world.reward, y) - test::sum_along(world.reward, z);
          const double slope = 1 / (2 + std::exp(gap) + std::exp(-gap));
          const double both = std::exp(test::sum_along(uniform, y) + test::sum_along(uniform, z));
          const double expected = both / (2 * slope);
          EXPECT_NEAR(meet(mixture, p, y, z) + meet(mixture, p, z, y), expected, 1e-12 * expected) << family;
        }
    }
  }
}

// Without a reward its pairs are uniform ones.
TEST(PairMixture, OfNothingIsUniform) {
  const World world = test::world({{"family", "walk"}, {"horizon", integer(3)}});
  const PairMixture mixture = guided_mixture(world, std::vector<double>(world.graph.edges(), 0.0));
  const std::vector<double> uniform = uniform_policy(world.graph);
  EXPECT_NEAR(mixture.weight_of(0), 1, 1e-14);
  for (std::size_t e = 0; e < uniform.size(); ++e) {
    EXPECT_NEAR(mixture.parts[1].log_first[e], uniform[e], 1e-14);
    EXPECT_NEAR(mixture.parts[1].log_second[e], uniform[e], 1e-14);
  }
  const PairMixture one = only({uniform, uniform});
  EXPECT_EQ(one.share_of(0, 0), 1);
  EXPECT_EQ(one.weight_of(0), 1);
}

// What a pair of a prompt counts at most, in logs: the limit of spreads that a sum of pairs bears.
TEST(PairMixture, TellsHowMuchAPairCounts) {
  const World world = test::arms_world({0, 700, 3}, 1);
  // E_u e^h E_u e^-h over three arms, of which one is far above and one at the bottom.
  EXPECT_NEAR(guided_mixture(world, world.reward).log_weight, 700 - std::log(9.0) + std::log1p(std::exp(-3)),
              1e-9);
  EXPECT_GT(guided_mixture(world, {0, 800, 3}).log_weight, kMostLogWeight);
  const double none = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(guided_mixture(world, {0, none, 3}).log_weight <= kMostLogWeight);
  EXPECT_EQ(guided_mixture(world, {0, 0, 0}).log_weight, 0);
}

}  // namespace
}  // namespace twostage
