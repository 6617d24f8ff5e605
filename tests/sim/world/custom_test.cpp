// A world from parts: what it keeps, and that every mistake is named instead of read past.
#include "sim/world/custom.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

namespace twostage {
namespace {

using ::testing::HasSubstr;

WorldParts two_prompts() {
  return {.graph = forest(prefix_tree(std::array{2}), 2),
          .reward = {1, 0, 2, -1},
          .reference = {0.25, 0.75, 0.5, 0.5},
          .rho = {0.9, 0.1},
          .beta = 0.5,
          .shared_classes = false};
}

void expect_refused(WorldParts parts, const std::string& key, const std::string& text) {
  try {
    custom_world(std::move(parts));
    ADD_FAILURE() << "accepted; expected: " << text;
  } catch (const InputError& error) {
    EXPECT_EQ(error.key(), key);
    EXPECT_THAT(error.what(), HasSubstr(text));
  }
}

TEST(CustomWorld, KeepsItsParts) {
  const World world = custom_world(two_prompts());
  EXPECT_EQ(world.reward, (std::vector<double>{1, 0, 2, -1}));
  EXPECT_EQ(world.rho, (std::vector<double>{0.9, 0.1}));
  EXPECT_DOUBLE_EQ(std::exp(world.log_reference[1]), 0.75);
  EXPECT_TRUE(world.edges_are_distinct_prefixes);
  EXPECT_EQ(custom_world({.graph = prefix_tree(std::array{3}), .reward = {0, 0, 0}}).rho, std::vector{1.0});
}

TEST(CustomWorld, MergedStatesAreNoPrefixes) {
  // Both first tokens lead to one state.
  const TokenGraph merged(2, {0, 1, 2, 4}, {1, 1, 2, 3});
  EXPECT_FALSE(custom_world({.graph = merged, .reward = {0, 0, 1, 2}}).edges_are_distinct_prefixes);
}

TEST(CustomWorld, RefusesWhatIsNoWorld) {
  const auto broken = [](auto&& change) {
    WorldParts parts = two_prompts();
    change(parts);
    return parts;
  };
  expect_refused(broken([](WorldParts& p) { p.reward.pop_back(); }), "reward", "has 3 numbers; it needs 4");
  expect_refused(broken([](WorldParts& p) { p.reward[2] = NAN; }), "reward", "reward[2] = nan");
  expect_refused(broken([](WorldParts& p) { p.rho = {0.6, 0.1}; }), "rho", "sum to 0.7");
  expect_refused(broken([](WorldParts& p) { p.rho = {1, 0}; }), "rho", "rho[1] = 0");
  expect_refused(broken([](WorldParts& p) { p.rho = {1}; }), "rho", "it needs 2, one for each prompt");
  expect_refused(broken([](WorldParts& p) { p.beta = -1; }), "beta", "beta = -1");
  expect_refused(broken([](WorldParts& p) { p.beta = std::numeric_limits<double>::infinity(); }), "beta",
                 "beta = inf");
  expect_refused(broken([](WorldParts& p) { p.reference[0] = 0.3; }), "reference", "in state 0 sum to 1.05");
  expect_refused(broken([](WorldParts& p) { p.reference[3] = -0.5; }), "reference", "reference[3] = -0.5");
}

// Prompt 0 has its own two completions; both edges of prompt 1 lead to prompt 0's, or one does.
TEST(CustomWorld, RefusesPromptsThatShareStates) {
  const TokenGraph crossed(2, {0, 2, 6}, {2, 3, 2, 3});
  expect_refused({.graph = crossed, .reward = {0, 0, 0, 0}}, "graph", "prompts share states");
  const TokenGraph overlapping(2, {0, 2, 5}, {2, 3, 3, 4});
  expect_refused({.graph = overlapping, .reward = {0, 0, 0, 0}}, "graph", "prompts share states");
}

TEST(CustomWorld, PromptsWithDifferentGraphsShareNoClasses) {
  const std::vector<TokenGraph> graphs = {prefix_tree(std::array{2}), prefix_tree(std::array{3})};
  const std::vector<double> reward = {0, 1, 0, 1, 2};
  expect_refused({.graph = join(graphs), .reward = reward}, "shared_classes",
                 "the prompts have different graphs");
  const World world = custom_world({.graph = join(graphs), .reward = reward, .shared_classes = false});
  EXPECT_EQ(world.graph.prompts(), 2u);
  EXPECT_TRUE(world.edges_are_distinct_prefixes);
}

}  // namespace
}  // namespace twostage
