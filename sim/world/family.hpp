// What the world families share: common knobs, the addresses of their draws, and the parts of a world that
// do not depend on the family (prompts, reference policy, scale of the truth). Internal to sim/world.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "sim/world/world.hpp"

namespace twostage {

// What a draw of a world is for. Together with the prompt and the item it is the draw's whole address:
// beta, classes, the number of prompts, the degree and (where an item keeps its name as the tree grows) the
// horizon stay outside, so that worlds along a study's axes share their random numbers.
enum class WorldPart : std::uint64_t {
  truth = 0,
  features = 1,
  reference = 2,
  prompt_weight = 3,
  support = 4,
  walls = 5,
  places = 6,
  cycle = 7
};

constexpr std::int64_t kMaxPrompts = std::int64_t{1} << 12;
constexpr double kMaxEdges = 1 << 30;        // so that twice as many states still have a StateId
constexpr double kMaxPromptEdges = 1 << 25;  // the items of an address

Philox4x64 world_stream(const WorldSeed& seed, WorldPart part, std::size_t prompt, std::size_t item);
// Standard normal, the first of that stream.
double world_normal(const WorldSeed& seed, WorldPart part, std::size_t prompt, std::size_t item);
// Uniform on [0, 1).
double world_uniform(const WorldSeed& seed, WorldPart part, std::size_t prompt, std::size_t item);

// The knobs of every family (prompts, reference, beta, headroom), then the family's own.
struct HorizonRange {
  std::int64_t fallback;
  std::int64_t min;
  std::int64_t max;
};
std::vector<Knob> family_knobs(const HorizonRange& horizon, std::vector<Knob> own);

// Those with data and those held out.
std::size_t prompt_count(const Settings& resolved);

// A world on a graph with its prompts apart, with weights and reference policy drawn, and reward zero. The
// first is the forest of `prompts` copies of the tree.
World blank_forest(const Settings& resolved, const WorldSeed& seed, const TokenGraph& tree);
World blank_world(const Settings& resolved, const WorldSeed& seed, TokenGraph graph);

// Calls fill(p', edges) with the tree's edges for each prompt p and writes what it leaves there to the
// reward. p' = p, or 0 when the truth is shared.
void draw_truth(World& world, const Settings& resolved, const TokenGraph& tree,
                const std::function<void(std::size_t prompt, std::span<double> tree_edges)>& fill);

// A truth linear in the world's basis: coefficients are independent standard normals on the functions of
// degree <= `degree`, and `excess` times that on the functions of one degree more; item(k) is the name of
// function k in the address.
void draw_linear_truth(World& world, const Settings& resolved, const WorldSeed& seed, int degree,
                       const std::function<std::size_t(std::size_t k)>& item, double excess = 0);

// [prompts] By how much the best completion of each is worth more than the worst.
std::vector<double> reward_spread(const World& world);

// Multiplies the reward by `scale`, or so that the headroom is the one asked for.
void scale_truth(World& world, const Settings& resolved);

// One per file.
Entry<WorldFamily> bandit_family();
Entry<WorldFamily> given_family();
Entry<WorldFamily> maze_family();
Entry<WorldFamily> summary_family();
Entry<WorldFamily> tokens_family();
Entry<WorldFamily> two_token_family();
Entry<WorldFamily> walk_family();

}  // namespace twostage
