#include "sim/completions/rollouts.hpp"

#include <gtest/gtest.h>

#include <array>

#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

const RolloutSource kFrom{.source = RandomSource(5, "rollouts"), .replicate = 3};

World some_world() {
  return test::world({{"family", "tokens"}, {"horizon", test::integer(4)}, {"prompts", test::integer(3)}});
}

// A member's tokens depend on its own policy and address; the prompt on the group's.
TEST(Rollouts, OfSeveralPoliciesAreThoseOfEach) {
  const World world = some_world();
  const std::vector<double> uniform = uniform_policy(world.graph);
  std::vector<double> first(world.graph.edges());  // always the first action
  for (std::size_t e = 0; e < first.size(); ++e) first[e] = e % 2 == 0 ? 0 : -1e300;
  const std::array<std::span<const double>, 2> members{uniform, first};
  const Rollouts mixed = draw_rollouts(world, members, 40, kFrom, 2);
  const Rollouts alike = draw_rollouts(world, uniform, 40, 2, kFrom, 2);
  EXPECT_EQ(mixed.prompt, alike.prompt);
  for (std::size_t i = 0; i < 80; i += 2) {
    EXPECT_TRUE(std::ranges::equal(mixed.path(i), alike.path(i))) << i;
    for (const EdgeId e : mixed.path(i + 1)) EXPECT_EQ(e % 2, 0) << i;
  }
}

// Prompts that are given are answered in the place of those that would be drawn, by the same numbers.
TEST(Rollouts, AnswerGivenPrompts) {
  const World world = some_world();
  const std::vector<double> uniform = uniform_policy(world.graph);
  const Rollouts drawn = draw_rollouts(world, uniform, 30, 1, kFrom, 1);
  EXPECT_EQ(answer_prompts(world, uniform, drawn.prompt, kFrom, 1).edges, drawn.edges);
  const Rollouts of_last = answer_prompts(world, uniform, std::vector<std::size_t>(30, 2), kFrom, 1);
  for (std::size_t i = 0; i < 30; ++i) EXPECT_EQ(world.graph.source(of_last.path(i).front()), 2) << i;
  EXPECT_EQ(answer_prompts(world, uniform, {}, kFrom, 1).size(), 0u);
  EXPECT_THROW(answer_prompts(world, uniform, std::vector<std::size_t>(kMostRollouts + 1, 0), kFrom, 1),
               std::invalid_argument);
}

}  // namespace
}  // namespace twostage
