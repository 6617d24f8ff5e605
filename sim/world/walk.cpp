// Walk: x' = x + a - 1 with a in {0, 1, 2}, from x = 0 (sim/DEFINITIONS.md, "Worlds"). Histories merge: layer
// h has 2h + 1 positions, so long horizons are exact at a cost of H^2.
//
// truth = terminal: r*(xi) = w[x_H], a simple verifier (2H free parameters) of a generator that has to plan;
// it sits on the last edges. truth = dense: r*(xi) = sum_h u(h, x_h, a_h). w and u are standard normal.
#include "sim/world/family.hpp"

namespace twostage {
namespace {

constexpr int kMoves = 3;

// Position x of layer h is state x + h of that layer, so move a leads to state x + h + a of the next.
TokenGraph lattice(int horizon) {
  std::vector<StateId> begin = {0};
  std::vector<StateId> successor;
  for (int h = 0; h <= horizon; ++h) {
    const StateId width = 2 * h + 1;
    begin.push_back(begin.back() + width);
    for (StateId i = 0; h < horizon && i < width; ++i)
      for (int a = 0; a < kMoves; ++a) successor.push_back(begin.back() + i + a);
  }
  return {kMoves, begin, std::move(successor)};
}

// 0, -1, 1, -2, 2, ... -> 0, 1, 2, 3, 4, ...: the draw of a position does not depend on the horizon.
std::size_t position_item(int x) {
  return static_cast<std::size_t>(x < 0 ? -2 * x - 1 : 2 * x);
}

World make(const Settings& resolved, const WorldSeed& seed) {
  const int H = static_cast<int>(resolved.integer("horizon"));
  const TokenGraph tree = lattice(H);
  World world = blank_forest(resolved, seed, tree);
  world.edges_are_distinct_prefixes = H == 1;
  const bool terminal = resolved.text("truth") == "terminal";
  draw_truth(world, resolved, tree, [&](std::size_t prompt, std::span<double> edges) {
    if (terminal) {
      const EdgeRange last = tree.prompt_edges(H - 1, 0);
      for (EdgeId e = last.begin; e < last.end; ++e) {
        const int x = tree.successor(e) - tree.layer_begin(H) - H;
        edges[static_cast<std::size_t>(e)] = world_normal(seed, WorldPart::truth, prompt, position_item(x));
      }
    } else {
      for (std::size_t e = 0; e < edges.size(); ++e)
        edges[e] = world_normal(seed, WorldPart::truth, prompt, e);
    }
  });
  for (int h = 0; h <= H; ++h)
    for (std::size_t p = 0; p < world.graph.prompts(); ++p)
      for (int x = -h; x <= h; ++x) world.places.push_back(static_cast<double>(x) / H);
  scale_truth(world, resolved);
  return world;
}

void check(const Settings&) {}

double edges(const Settings& resolved) {
  const auto H = static_cast<double>(resolved.integer("horizon"));
  return static_cast<double>(prompt_count(resolved)) * kMoves * H * H;
}

double basis_bytes(const Settings&) {
  return 0;
}

}  // namespace

Entry<WorldFamily> walk_family() {
  return {"walk",
          "a walk on the line, truth on the final position or on every move",
          "sim/DEFINITIONS.md: worlds",
          Status::exact,
          family_knobs({4, 1, 1000},
                       {{"truth", "terminal", 0, 0, {"terminal", "dense"}, "where the true reward sits"}}),
          {make, check, edges, basis_bytes, {"horizon", "prompts"}}};
}

}  // namespace twostage
