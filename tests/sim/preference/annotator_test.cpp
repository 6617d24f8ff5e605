#include "sim/preference/annotator.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "tests/support/three_arms.hpp"

namespace twostage {
namespace {

constexpr std::array<EdgeId, 1> kWorst{0}, kMiddle{1}, kBest{2};

TEST(Annotator, LabelsByBradleyAndTerry) {
  const World world = test::three_arms();
  Annotator annotator(world, Labels::bt);
  EXPECT_NEAR(annotator.probability_of_first({.reward = 2}, {.reward = 0}), 1 / (1 + std::exp(-2.0)), 1e-15);
  EXPECT_EQ(annotator.probability_of_first({.reward = 1}, {.reward = 1}), 0.5);
  // sigmoid(-2) = .119, sigmoid(1) = .731
  EXPECT_TRUE(annotator.prefers_first(kWorst, kBest, 0.11));
  EXPECT_FALSE(annotator.prefers_first(kWorst, kBest, 0.12));
  EXPECT_TRUE(annotator.prefers_first(kBest, kMiddle, 0.73));
  EXPECT_FALSE(annotator.prefers_first(kBest, kMiddle, 0.74));
  EXPECT_EQ(annotator.answered(), 4u) << "what is to be expected is asked of nobody";
}

// Rewards that only rounding tells apart are equal.
TEST(Annotator, PrefersTheBetterAlwaysAndOfEqualsEitherOne) {
  const World world = test::three_arms({.1 + .2, .3, 1});
  Annotator annotator(world, Labels::best);
  EXPECT_TRUE(annotator.prefers_first(kBest, kWorst, 0.999));
  EXPECT_FALSE(annotator.prefers_first(kWorst, kBest, 0));
  EXPECT_TRUE(annotator.prefers_first(kWorst, kMiddle, 0.49));
  EXPECT_FALSE(annotator.prefers_first(kWorst, kMiddle, 0.5));
  EXPECT_EQ(annotator.answered(), 4u);
}

}  // namespace
}  // namespace twostage
