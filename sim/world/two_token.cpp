// Two tokens: the first is one of K, the second 0 or 1 (sim/DEFINITIONS.md, "Worlds"). The truth is
//   r*(a, b) = theta c(a) 1{b = 1},   c(a) ~ U(-2, 2) drawn once for each a,   theta = the knob `scale`.
// A reward that knows c has one parameter, one that does not has K, and a policy has (K - 1) + K: the first
// token's logits must encode V(a) = beta log(pi_ref(0|a) + pi_ref(1|a) exp(theta c(a) / beta)).
//
// The two layers have K and 2 actions, so that the tabular class is exactly that. The basis holds 1{a}1{b =
// 1} for a = 0..K-1, so `degree` is the linear reward with c unknown. c(a) is the same for every K.
//
// sparsity = k > 0: c(a) is kept for the first k tokens of a random order and 0 for the others, a k-sparse
// truth of unknown support.
// Source: the two-token problem of Shi et al. 2505.19770, k-sparse rewards after Yao et al. 2501.18282.
#include <algorithm>
#include <array>

#include "sim/basis/sparse_basis.hpp"
#include "sim/world/family.hpp"

namespace twostage {
namespace {

constexpr std::int64_t kMaxActions = 1 << 12;

// Place of edge (a, b = 1) in the second layer.
EdgeId scored_edge(std::size_t a) {
  return static_cast<EdgeId>(2 * a + 1);
}

// The first `count` of a random order of 0 .. K - 1.
std::vector<std::size_t> random_support(const WorldSeed& seed, std::size_t prompt, std::size_t K,
                                        std::size_t count) {
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t a = 0; a < K; ++a)
    order.emplace_back(world_uniform(seed, WorldPart::support, prompt, a), a);
  std::ranges::sort(order);
  std::vector<std::size_t> support;
  for (std::size_t i = 0; i < count; ++i) support.push_back(order[i].second);
  return support;
}

World make(const Settings& resolved, const WorldSeed& seed) {
  const TokenGraph tree = prefix_tree(std::array{static_cast<int>(resolved.integer("actions")), 2});
  const auto K = static_cast<std::size_t>(resolved.integer("actions"));
  const auto sparsity = static_cast<std::size_t>(resolved.integer("sparsity"));
  World world = blank_forest(resolved, seed, tree);
  std::vector<SparseBasis::Entry> entries;
  for (std::size_t p = 0; p < world.graph.prompts(); ++p)
    for (std::size_t a = 0; a < K; ++a)
      entries.push_back(
          {world.graph.prompt_edges(1, p).begin + scored_edge(a), static_cast<std::int32_t>(a), 1});
  world.basis = std::make_shared<SparseBasis>(world.graph, std::vector<int>(K, 1), std::move(entries));
  world.truth_degree = 1;
  draw_truth(world, resolved, tree, [&](std::size_t prompt, std::span<double> edges) {
    std::ranges::fill(edges, 0.0);
    for (const std::size_t a : random_support(seed, prompt, K, sparsity == 0 ? K : sparsity))
      edges[K + static_cast<std::size_t>(scored_edge(a))] =
          4 * world_uniform(seed, WorldPart::truth, prompt, a) - 2;
  });
  scale_truth(world, resolved);
  return world;
}

void check(const Settings& resolved) {
  const auto actions = resolved.integer("actions");
  const auto sparsity = resolved.integer("sparsity");
  if (sparsity > actions)
    throw InputError("sparsity", "world 'two-token': sparsity = " + to_text(sparsity) +
                                     " is more than actions = " + to_text(actions) +
                                     ", the first tokens there are; valid: 0 (all) to " + to_text(actions));
}

double edges(const Settings& resolved) {
  return 3 * static_cast<double>(prompt_count(resolved)) * static_cast<double>(resolved.integer("actions"));
}

double basis_bytes(const Settings& resolved) {
  return SparseBasis::bytes(edges(resolved), edges(resolved) / 3);
}

}  // namespace

Entry<WorldFamily> two_token_family() {
  return {"two-token",
          "a first token of K, then one of two: a simple verifier whose generator has to plan K values",
          "2505.19770",
          Status::exact,
          family_knobs({2, 2, 2}, {{"actions", std::int64_t{16}, 2, kMaxActions, {}, "first tokens K"},
                                   {"sparsity",
                                    std::int64_t{0},
                                    0,
                                    kMaxActions,
                                    {},
                                    "how many first tokens matter, at random places; 0: all"}}),
          {make, check, edges, basis_bytes, {"actions", "prompts"}}};
}

}  // namespace twostage
