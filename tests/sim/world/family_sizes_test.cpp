// Every family's graph has the size that counting gives, by name: a new one without it fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::integer;

struct Size {
  Settings settings;
  std::size_t states;
  std::size_t edges;
  double completions;
  bool exact = true;  // WorldFamily::edges is the number itself, not a bound
};

const std::map<std::string, Size>& sizes() {
  static const std::map<std::string, Size> table = {
      // The prompt and one end for each arm.
      {"bandit", {test::settings({{"arms", integer(5)}}), 6, 5, 5}},
      // Two tokens, of 2 and of 3: 1 + 2 + 6 prefixes.
      {"given",
       {test::settings({{"horizon", integer(2)},
                        {"actions", std::vector<double>{2, 3}},
                        {"reward", std::vector<double>(6, 0.0)}}),
        9, 8, 6}},
      // Positions -h .. h after h of H = 4 steps: 1 + 3 + 5 + 7 + 9 = (H + 1)^2; three actions where any is
      // left.
      {"walk", {test::settings({{"horizon", integer(4)}}), 25, 3 * 16, 81}},
      // The prompt, K = 5 first tokens and two ends of each; one edge into each but the prompt.
      {"two-token", {test::settings({{"actions", integer(5)}}), 1 + 5 + 10, 5 + 10, 10}},
      // A corridor with its goal at one end and the start at the other: cells {0}, {1}, {0, 2} and {1, 2}
      // after
      // 0 to 3 moves, of which the second cell has two actions.
      {"maze", {test::settings({{"horizon", integer(3)}, {"layout", "S.G"}}), 6, 5, 2, false}},
      // As tokens: prefixes of up to H = 3 of A = 3, 1 + 3 + 9 + 27.
      {"summary", {test::settings({{"horizon", integer(3)}}), 40, 39, 27}},
      // Prefixes of up to H = 3 of A = 4 tokens: 1 + 4 + 16 + 64; one edge into each but the empty one.
      {"tokens", {test::settings({{"horizon", integer(3)}, {"alphabet", integer(4)}}), 85, 84, 64}},
  };
  return table;
}

TEST(WorldFamilies, EveryOneHasItsSize) {
  std::vector<std::string> names;
  for (const auto& [name, size] : sizes()) names.push_back(name);
  EXPECT_THAT(names, testing::UnorderedElementsAreArray(worlds().names()));
  for (const auto& [name, size] : sizes())
    for (const int prompts : {1, 3}) {
      Settings settings = size.settings;
      settings.set("family", name);
      settings.set("prompts", integer(prompts));
      if (name == "maze" && prompts == 3) settings.set("layout", "S.G/###/S.G/###/S.G");
      const Settings resolved = resolve_world(settings);
      const World world = make_world(resolved, test::world_seed(), 1e9);
      const auto copies = static_cast<std::size_t>(prompts);
      EXPECT_EQ(world.graph.states(), copies * size.states) << name;
      EXPECT_EQ(world.graph.edges(), copies * size.edges) << name;
      const double told = worlds().at(name, "family").extra.edges(resolved);
      if (size.exact)
        EXPECT_EQ(told, static_cast<double>(world.graph.edges())) << name;
      else
        EXPECT_GE(told, static_cast<double>(world.graph.edges())) << name;
      EXPECT_EQ(completions_from(world.graph)[copies - 1], size.completions) << name << ", of one prompt";
      EXPECT_EQ(test::completions(world.graph, copies - 1).size(),
                static_cast<std::size_t>(size.completions));
    }
}

}  // namespace
}  // namespace twostage
