// Bandit: horizon one, K arms (sim/DEFINITIONS.md, "Worlds": at H = 1, Q = r, so there is no
// generation-verification gap).
//
// features = 0: the truth is a normal per arm and there is no basis. features = d > 0: a contextual linear
// bandit, r*(x, a) = phi(x, a) . theta, with phi drawn standard normal once per world for each prompt and arm
// (on the grid of FeatureBasis) and theta standard normal; the basis is phi. d <= K - 1, the number of
// differences of rewards that one prompt has.
#include <array>

#include "sim/basis/feature_basis.hpp"
#include "sim/world/family.hpp"

namespace twostage {
namespace {

constexpr std::int64_t kMaxArms = 1 << 12;

std::vector<double> draw_features(const TokenGraph& graph, const WorldSeed& seed, std::size_t d) {
  std::vector<double> features;
  features.reserve(graph.edges() * d);
  for (std::size_t p = 0; p < graph.prompts(); ++p)
    for (std::size_t a = 0; a < static_cast<std::size_t>(graph.actions(static_cast<StateId>(p))); ++a)
      for (std::size_t j = 0; j < d; ++j)
        features.push_back(world_normal(seed, WorldPart::features, p, a * kMaxArms + j));
  return features;
}

World make(const Settings& resolved, const WorldSeed& seed) {
  const TokenGraph tree = prefix_tree(std::array{static_cast<int>(resolved.integer("arms"))});
  World world = blank_forest(resolved, seed, tree);
  if (const auto d = static_cast<std::size_t>(resolved.integer("features")); d > 0) {
    world.basis = std::make_shared<FeatureBasis>(d, world.graph, draw_features(world.graph, seed, d));
    draw_linear_truth(world, resolved, seed, 1, [](std::size_t k) { return k; });
  } else {
    draw_truth(world, resolved, tree, [&](std::size_t prompt, std::span<double> edges) {
      for (std::size_t a = 0; a < edges.size(); ++a)
        edges[a] = world_normal(seed, WorldPart::truth, prompt, a);
    });
  }
  scale_truth(world, resolved);
  return world;
}

void check(const Settings& resolved) {
  const auto arms = resolved.integer("arms");
  const auto features = resolved.integer("features");
  if (features > arms - 1)
    throw InputError("features", "world 'bandit': features = " + to_text(features) +
                                     " is more than arms - 1 = " + to_text(arms - 1) +
                                     ", the differences of rewards that one prompt has; valid: 0 to " +
                                     to_text(arms - 1));
}

double edges(const Settings& resolved) {
  return static_cast<double>(prompt_count(resolved)) * static_cast<double>(resolved.integer("arms"));
}

double basis_bytes(const Settings& resolved) {
  return edges(resolved) * static_cast<double>(resolved.integer("features")) * sizeof(double);
}

}  // namespace

Entry<WorldFamily> bandit_family() {
  return {"bandit",
          "one decision among K arms, truth tabular or linear in features",
          "sim/DEFINITIONS.md: worlds",
          Status::exact,
          family_knobs(
              {1, 1, 1},
              {{"arms", std::int64_t{4}, 2, kMaxArms, {}, "arms K"},
               {"features", std::int64_t{0}, 0, kMaxArms - 1, {}, "features d of the truth; 0: tabular"}}),
          {make, check, edges, basis_bytes, {"arms", "features", "prompts"}}};
}

}  // namespace twostage
