// Worlds written down number by number.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/world/world.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using ::testing::HasSubstr;
using Reals = std::vector<double>;

Settings given(std::initializer_list<std::pair<const char*, Value>> knobs) {
  Settings settings;
  settings.set("family", "given");
  for (const auto& [name, value] : knobs) settings.set(name, value);
  return settings;
}

World make(const Settings& settings) {
  return make_world(resolve_world(settings), test::world_seed(), 1e9);
}

void expect_refused(const Settings& settings, const std::string& key, const std::string& text) {
  try {
    make(settings);
    ADD_FAILURE() << "accepted; expected: " << text;
  } catch (const InputError& error) {
    EXPECT_EQ(error.key(), key);
    EXPECT_THAT(error.what(), HasSubstr(text));
  }
}

std::vector<double> probabilities(const World& world) {
  std::vector<double> out;
  for (const double l : world.log_reference) out.push_back(std::exp(l));
  return out;
}

TEST(GivenWorld, OneDecision) {
  const World world = make(given({{"actions", Reals{3}},
                                  {"reward", Reals{2, 3, 1}},
                                  {"reference", Reals{0.5, 0.3, 0.2}},
                                  {"features", Reals{1, -1, 0}},
                                  {"beta", 10.0}}));
  EXPECT_EQ(world.reward, (Reals{2, 3, 1}));
  EXPECT_EQ(world.beta, 10);
  EXPECT_THAT(probabilities(world), ::testing::Pointwise(::testing::DoubleNear(1e-15), Reals{0.5, 0.3, 0.2}));
  ASSERT_TRUE(world.basis);
  Reals edges(3);
  world.basis->synthesize(Reals{2}, edges);
  EXPECT_EQ(edges, (Reals{2, -2, 0}));
}

// Two tokens, 2 x 3 completions. Probabilities .1 .2 .3 | .1 .1 .2: first token .6, .4; then 1/6 1/3 1/2 and
// 1/4 1/4 1/2.
TEST(GivenWorld, CompletionsOfTwoTokens) {
  const World world = make(given({{"horizon", std::int64_t{2}},
                                  {"actions", Reals{2, 3}},
                                  {"reward", Reals{1, 2, 3, 4, 5, 6}},
                                  {"reference", Reals{0.1, 0.2, 0.3, 0.1, 0.1, 0.2}}}));
  EXPECT_EQ(world.reward, (Reals{0, 0, 1, 2, 3, 4, 5, 6}));
  EXPECT_THAT(probabilities(world),
              ::testing::Pointwise(::testing::DoubleNear(1e-15),
                                   Reals{0.6, 0.4, 1. / 6, 1. / 3, 0.5, 0.25, 0.25, 0.5}));
}

TEST(GivenWorld, EachPromptItsOwnNumbers) {
  const World world = make(given({{"prompts", std::int64_t{2}},
                                  {"actions", Reals{2}},
                                  {"reward", Reals{1, 2, 3, 4}},
                                  {"reference", Reals{0.9, 0.1}},
                                  {"rho", Reals{0.25, 0.75}}}));
  EXPECT_EQ(world.reward, (Reals{1, 2, 3, 4}));
  EXPECT_THAT(probabilities(world),
              ::testing::Pointwise(::testing::DoubleNear(1e-15), Reals{0.9, 0.1, 0.9, 0.1}));
  EXPECT_EQ(world.rho, (Reals{0.25, 0.75}));
}

TEST(GivenWorld, MistakesAreNamed) {
  expect_refused(given({{"reward", Reals{1, 2, 3}}}), "reward",
                 "has 3 numbers; valid: one for each completion (2)");
  expect_refused(given({{"reward", Reals{1, 2}}, {"reference", Reals{0.5, 0.6}}}), "reference", "sum to 1.1");
  expect_refused(given({{"reward", Reals{1, 2}}, {"reference", Reals{1, 0}}}), "reference", "holds 0");
  expect_refused(given({{"reward", Reals{1, 2}}, {"rho", Reals{0.5, 0.5}}}), "rho", "one for each prompt");
  expect_refused(given({{"reward", Reals{1, 2}}, {"actions", Reals{2.5}}}), "actions", "whole numbers");
  expect_refused(given({{"reward", Reals{1, 2}}, {"actions", Reals{2, 2}}}), "actions", "horizon = 1");
  expect_refused(given({{"reward", Reals{1, 2}}, {"features", Reals{1, 2, 3}}}), "features", "has 3 rows");
  expect_refused(given({{"reward", Reals{1, NAN}}}), "reward", "out of range");
  // 4096^64 edges: refused by number, before anything is allocated.
  expect_refused(given({{"horizon", std::int64_t{64}}, {"actions", Reals{4096}}, {"reward", Reals{1}}}),
                 "horizon", "too large");
}

}  // namespace
}  // namespace twostage
