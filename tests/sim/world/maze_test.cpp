// Mazes: the unrolled graph, what a completion earns, shared parameters, redraws, refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "sim/model/score_model.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/world/maze_grid.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::integer;
using ::testing::HasSubstr;

World drawn(const std::string& layout, int horizon, int prompts = 1, bool shared = true) {
  return test::world({{"family", "maze"},
                      {"layout", layout},
                      {"horizon", integer(horizon)},
                      {"prompts", integer(prompts)},
                      {"shared_classes", shared},
                      {"goal_values", "one"}});
}

std::vector<double> returns(const World& world, std::size_t prompt = 0) {
  std::vector<double> out;
  for (const auto& path : test::completions(world.graph, prompt))
    out.push_back(test::sum_along(world.reward, path));
  return out;
}

// From the second of three cells the way goes right, to the goal (two moves, then it stays), or back left
// (three moves and no goal).
TEST(Maze, PaysForTheGoalAndForEveryMoveBeforeIt) {
  const World world = drawn("S.G", 3);
  EXPECT_THAT(returns(world),
              testing::ElementsAre(testing::DoubleNear(1 - 0.2, 1e-15), testing::DoubleNear(-0.3, 1e-15)));
  EXPECT_EQ(world.truth_degree, 2);
  EXPECT_EQ(test::world({{"family", "maze"}, {"layout", "S.G"}, {"step_cost", 0.0}}).truth_degree, 1);
}

// Every completion of a drawn maze, walked on the grid itself.
TEST(Maze, CompletionsAreWalksOfTheGrid) {
  for (std::uint64_t instance = 0; instance < 5; ++instance) {
    const Settings resolved = resolve_world(test::settings({{"family", "maze"},
                                                            {"horizon", integer(5)},
                                                            {"prompts", integer(3)},
                                                            {"width", integer(4)},
                                                            {"height", integer(3)},
                                                            {"shared_truth", false}}));
    const World world = make_world(resolved, test::world_seed(instance), 1e9);
    WorldSeed seed = test::world_seed(instance);
    seed.attempt = static_cast<std::uint64_t>(world.redraws);
    const MazeGrid grid = draw_maze(resolved, seed);
    for (std::size_t p = 0; p < 3; ++p) {
      // Depth first, in the order of the moves: the earnings of all walks.
      std::vector<double> expected;
      const auto walk = [&](auto&& self, int cell, int left, double earned) -> void {
        if (left == 0) return expected.push_back(earned);
        for (const int to : grid.moves(cell)) {
          double more = to == cell ? 0 : -0.1;
          for (std::size_t g = 0; g < grid.goals.size(); ++g)
            if (to != cell && grid.goals[g] == to) more += world_normal(seed, WorldPart::truth, p, g);
          self(self, to, left - 1, earned + more);
        }
      };
      walk(walk, grid.starts[p], 5, 0);
      const std::vector<double> found = returns(world, p);
      ASSERT_EQ(found.size(), expected.size());
      for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-14);
    }
  }
}

// The exact plan against the sum over all completions.
TEST(Maze, SoftValueIsTheLogSumOverCompletions) {
  const World world = test::world({{"family", "maze"},
                                   {"horizon", integer(5)},
                                   {"prompts", integer(3)},
                                   {"reference", "random"},
                                   {"beta", 0.4}});
  SoftPlan plan;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, plan);
  std::vector<double> mass(world.graph.edges());
  occupancy(world.graph, world.rho, plan.log_policy, mass);
  std::vector<double> expected(world.graph.edges(), 0.0);
  for (std::size_t p = 0; p < 3; ++p) {
    double sum = 0;
    for (const auto& path : test::completions(world.graph, p))
      sum += std::exp(test::sum_along(world.log_reference, path) +
                      test::sum_along(world.reward, path) / world.beta);
    EXPECT_NEAR(plan.value[p], world.beta * std::log(sum), 1e-12);
    for (const auto& path : test::completions(world.graph, p)) {
      const double probability = std::exp(test::sum_along(world.log_reference, path) +
                                          test::sum_along(world.reward, path) / world.beta) /
                                 sum;
      for (const EdgeId e : path) expected[static_cast<std::size_t>(e)] += world.rho[p] * probability;
    }
  }
  for (std::size_t e = 0; e < expected.size(); ++e) EXPECT_NEAR(mass[e], expected[e], 1e-13);
}

std::size_t parameters(const World& world, const char* name, Role role) {
  return make_model(test::settings({{"class", name}}), world, role)->parameters();
}

// "S.S.G" with two moves. Start 0: cell 1 has two actions. Start 2: cells 2, then 3 and 1, have two. Own
// classes have 1 + 3 parameters, shared ones have cell 1 after one move once. Final states: {0, 2} and {0, 2,
// 4}.
TEST(Maze, StartsShareTheParametersOfACellAndTime) {
  const World own = drawn("S.S.G", 2, 2, false), shared = drawn("S.S.G", 2, 2, true);
  EXPECT_EQ(parameters(own, "tabular", Role::policy), 4u);
  EXPECT_EQ(parameters(shared, "tabular", Role::policy), 3u);
  EXPECT_EQ(parameters(own, "terminal", Role::reward), 1u + 2u);
  EXPECT_EQ(parameters(shared, "terminal", Role::reward), 2u);
  EXPECT_EQ(parameters(own, "degree", Role::reward), 2u * 2u);
  EXPECT_EQ(parameters(shared, "degree", Role::reward), 2u);
}

// Final states of "S.#.S/..#G." never meet: each start pins one of its own.
TEST(Maze, StartsThatNeverMeetPinAFinalStateEach) {
  const World world = test::world(
      {{"family", "maze"}, {"layout", "SG#GS/..#.."}, {"horizon", integer(2)}, {"prompts", integer(2)}});
  const auto model = make_model(test::settings({{"class", "terminal"}}), world, Role::reward);
  EXPECT_EQ(model->parameters(), world.graph.layer_width(2) - 2);
  EXPECT_EQ(model->rank(), model->parameters());
}

TEST(Maze, FirstTokensAreNotSharedByDifferentStarts) {
  const World world = drawn("S.S.G", 2, 2, true);
  EXPECT_THAT([&] { parameters(world, "first-token", Role::policy); },
              testing::ThrowsMessage<InputError>(HasSubstr("different first tokens")));
  EXPECT_EQ(parameters(drawn("S.S.G", 2, 2, false), "first-token", Role::policy), 1u);
}

// Walls that leave no way are drawn anew, at addresses of their own; more prompts keep the starts there are.
TEST(Maze, UndrawableMazesAreRedrawn) {
  int redrawn = 0;
  for (std::uint64_t instance = 0; instance < 40; ++instance) {
    const World world = test::world(
        {{"family", "maze"}, {"walls", 0.6}, {"width", integer(4)}, {"height", integer(4)}}, instance);
    redrawn += world.redraws > 0 ? 1 : 0;
    std::vector<double> low(1), high(1);
    path_sum_range(world.graph, world.reward, low, high);
    EXPECT_LT(low[0], high[0]);
  }
  EXPECT_GT(redrawn, 5);
  EXPECT_LT(redrawn, 40);
  EXPECT_THAT(
      [] {
        test::world({{"family", "maze"}, {"horizon", integer(1)}, {"width", integer(1)}});
      },
      testing::Not(testing::Throws<Undrawable>()));
  EXPECT_THAT(
      [] {
        test::world({{"family", "maze"},
                     {"walls", 0.9},
                     {"width", integer(3)},
                     {"height", integer(3)},
                     {"goals", integer(8)}});
      },
      testing::ThrowsMessage<InputError>(HasSubstr("in each of 1000 draws walls left too few cells")));
}

TEST(Maze, LayoutsAreChecked) {
  const auto message = [](const std::string& layout, int prompts = 1) {
    try {
      drawn(layout, 3, prompts);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(message("S.G/.."), HasSubstr("has 2 cells in row 1"));
  EXPECT_THAT(message("S.G//"), HasSubstr("has 0 cells in row 1"));
  EXPECT_THAT(message("S.x"), HasSubstr("holds 'x'"));
  EXPECT_THAT(message("S.."), HasSubstr("needs a start 'S' and a goal 'G'"));
  EXPECT_THAT(message("SSG"),
              HasSubstr("prompts = 1, but the starts of the layout are 2; valid: prompts = 2"));
  EXPECT_THAT(message("S#G"), HasSubstr("all completions earn the same"));
  EXPECT_EQ(message("S.G"), "");
  EXPECT_THAT(
      [] {
        test::world(
            {{"family", "maze"}, {"width", integer(2)}, {"height", integer(1)}, {"goals", integer(2)}});
      },
      testing::ThrowsMessage<InputError>(HasSubstr("need cells of their own, and there are 2")));
}

}  // namespace
}  // namespace twostage
