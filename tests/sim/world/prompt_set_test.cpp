// Prompts with data and prompts that are held out, in every family.
#include "sim/world/prompt_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::integer;

std::vector<std::string> families_with_split() {
  std::vector<std::string> names;
  for (const auto& entry : worlds().entries())
    for (const Knob& knob : entry.knobs)
      if (knob.name == "held_out") names.push_back(entry.name);
  return names;
}

World with_split(const std::string& family, int prompts, int held_out) {
  return test::world({{"family", family},
                      {"prompts", integer(prompts)},
                      {"held_out", integer(held_out)},
                      {"reference", "random"},
                      {"prompt_weights", "random"},
                      {"shared_classes", false}});
}

// What is true of a prompt with data does not depend on how many are held out. A maze is drawn anew where a
// start has no choice, so that another start may make it another maze.
TEST(PromptSet, HoldingPromptsOutMovesNoOther) {
  for (const std::string& family : families_with_split()) {
    if (family == "maze") continue;
    SCOPED_TRACE(family);
    const World alone = with_split(family, 3, 0), split = with_split(family, 3, 2),
                more = with_split(family, 5, 0);
    EXPECT_TRUE(alone.every_prompt.empty());
    ASSERT_EQ(split.graph.prompts(), 5u);
    EXPECT_EQ(prompts_with_data(split), 3u);
    EXPECT_EQ(std::vector<double>(split.rho.begin(), split.rho.begin() + 3), alone.rho);
    EXPECT_EQ(split.rho[3], 0);
    EXPECT_EQ(split.rho[4], 0);
    EXPECT_EQ(split.every_prompt, more.rho);
    EXPECT_EQ(split.log_reference, more.log_reference);
    EXPECT_EQ(split.reward, more.reward);
    for (std::size_t p = 0; p < 3; ++p)
      for (int h = 0; h < alone.graph.horizon(); ++h) {
        const EdgeRange there = split.graph.prompt_edges(h, p), here = alone.graph.prompt_edges(h, p);
        ASSERT_EQ(there.size(), here.size());
        for (EdgeId i = 0; i < static_cast<EdgeId>(here.size()); ++i)
          EXPECT_EQ(split.reward[static_cast<std::size_t>(there.begin + i)],
                    alone.reward[static_cast<std::size_t>(here.begin + i)]);
      }
  }
}

TEST(PromptSet, MeasuresAreTheWeightsOfTheirPrompts) {
  const World world = with_split("tokens", 3, 2);
  const auto measure = [&](PromptSet population) { return prompt_measure(world, population); };
  EXPECT_EQ(measure(PromptSet::train), world.rho);
  EXPECT_EQ(measure(PromptSet::all), world.every_prompt);
  const std::vector<double> held_out = measure(PromptSet::held_out);
  EXPECT_EQ(held_out[0] + held_out[1] + held_out[2], 0);
  EXPECT_NEAR(held_out[3] + held_out[4], 1, 1e-15);
  EXPECT_NEAR(held_out[3] / held_out[4], world.every_prompt[3] / world.every_prompt[4], 1e-14);
  // All prompts are a mixture of both.
  const double share = world.every_prompt[3] + world.every_prompt[4];
  for (std::size_t p = 0; p < 5; ++p)
    EXPECT_NEAR(world.every_prompt[p], share * held_out[p] + (1 - share) * world.rho[p], 1e-15);
  const World seen = measured_world(world, PromptSet::held_out);
  EXPECT_EQ(seen.rho, held_out);
  EXPECT_EQ(seen.reward, world.reward);
}

// Results from before there were such prompts hold no word of them, and keep their texts.
TEST(PromptSet, NoneHeldOutIsLeftUnsaid) {
  for (const std::string& family : families_with_split()) {
    const auto resolve = [&](int held_out) {
      return resolve_world(test::settings({{"family", family}, {"held_out", integer(held_out)}}));
    };
    EXPECT_FALSE(resolve(0).has("held_out")) << family;
    EXPECT_EQ(resolve(0), resolve_world(test::settings({{"family", family}}))) << family;
    EXPECT_FALSE(holds_prompts_out(resolve(0))) << family;
    EXPECT_TRUE(holds_prompts_out(resolve(2))) << family;
  }
}

TEST(PromptSet, RefusalsNameTheNearestChoice) {
  const auto refusal = [](auto call) -> std::string {
    try {
      call();
    } catch (const InputError& error) {
      return error.key() + ": " + error.what();
    }
    return "";
  };
  EXPECT_THAT(refusal([] { prompt_set_named("heldout"); }), testing::HasSubstr("did you mean 'held-out'"));
  const Settings none = resolve_world(test::settings({{"family", "tokens"}}));
  check_prompt_set(PromptSet::train, none);
  EXPECT_THAT(refusal([&] { check_prompt_set(PromptSet::held_out, none); }),
              testing::AllOf(testing::StartsWith("population: "), testing::HasSubstr("holds no prompts out"),
                             testing::HasSubstr("held_out = 1")));
  EXPECT_THAT(refusal([] {
                resolve_world(test::settings(
                    {{"family", "tokens"}, {"prompts", integer(4000)}, {"held_out", integer(97)}}));
              }),
              testing::AllOf(testing::StartsWith("held_out: "), testing::HasSubstr("4097"),
                             testing::HasSubstr("4096")));
}

TEST(PromptSet, StatesWithoutDataAreThoseOfHeldOutPromptsAlone) {
  const World world = with_split("walk", 2, 1);
  const std::vector<bool> without = states_without_data(world);
  for (std::size_t p = 0; p < 3; ++p)
    for (int h = 0; h <= world.graph.horizon(); ++h)
      for (StateId s = world.graph.prompt_states(h, p).begin; s < world.graph.prompt_states(h, p).end; ++s)
        EXPECT_EQ(without[static_cast<std::size_t>(s)], p == 2);
}

}  // namespace
}  // namespace twostage
