// Lengths of completions: one token an edge, but for what pads a completion to the horizon.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/world/custom.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::integer;

TEST(Lengths, AreTheHorizonWhereNothingIsSaid) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(4)}});
  EXPECT_TRUE(world.edge_length.empty());
  const auto [shortest, longest] = completion_lengths(world);
  EXPECT_EQ(shortest, 4);
  EXPECT_EQ(longest, 4);
}

// From S to G, or back to S, and then to G at the last moment or back once more: who waits at the goal says
// nothing.
TEST(Lengths, OfAMazeAreItsMoves) {
  const World world = test::world({{"family", "maze"}, {"layout", "S.G"}, {"horizon", integer(4)}});
  std::vector<double> lengths;
  for (const auto& path : test::completions(world.graph)) lengths.push_back(completion_length(world, path));
  EXPECT_THAT(lengths, testing::UnorderedElementsAre(2, 4, 4));
  const auto [shortest, longest] = completion_lengths(world);
  EXPECT_EQ(shortest, 2);
  EXPECT_EQ(longest, 4);
}

TEST(Lengths, OfACustomWorldAreChecked) {
  const auto with = [](std::vector<double> length) {
    return custom_world({.graph = prefix_tree(std::array{2}), .reward = {0, 0}, .length = std::move(length)});
  };
  const World world = with({0.5, 3});
  EXPECT_EQ(completion_lengths(world).shortest, 0.5);
  EXPECT_EQ(completion_lengths(world).longest, 3);
  try {
    with({1, -1});
    ADD_FAILURE();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "length[1] = -1 is no number of tokens");
  }
  EXPECT_THROW(with({1}), InputError);
}

}  // namespace
}  // namespace twostage
