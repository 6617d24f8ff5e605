// Tokens: all sequences of H tokens from an alphabet of A (a prefix tree); the truth is a random polynomial
// of degree d (sim/DEFINITIONS.md, "Worlds"): standard normal coefficients on the products of at most d
// contrasts, one per position (polynomial_basis.hpp; Walsh functions for A = 2). d is the complexity of the
// verifier; `excess` times a random polynomial of degree d + 1 alone makes a truth that degree d just misses.
#include "sim/basis/polynomial_basis.hpp"
#include "sim/world/family.hpp"

namespace twostage {
namespace {

World make(const Settings& resolved, const WorldSeed& seed) {
  const int A = static_cast<int>(resolved.integer("alphabet"));
  const int H = static_cast<int>(resolved.integer("horizon"));
  World world = blank_forest(resolved, seed, prefix_tree(std::vector(static_cast<std::size_t>(H), A)));
  const auto basis = std::make_shared<PolynomialBasis>(A, H, world.graph.prompts());
  world.basis = basis;
  draw_linear_truth(
      world, resolved, seed, static_cast<int>(resolved.integer("degree")),
      [&basis](std::size_t k) { return static_cast<std::size_t>(basis->code(k)); }, resolved.real("excess"));
  scale_truth(world, resolved);
  return world;
}

void check(const Settings& resolved) {
  const auto horizon = resolved.integer("horizon");
  const auto degree = resolved.integer("degree");
  if (resolved.real("excess") > 0 && degree == horizon)
    throw InputError("excess", "world 'tokens': excess needs functions of degree " + to_text(degree + 1) +
                                   ", more than horizon = " + to_text(horizon) + "; lower degree");
  if (degree > horizon)
    throw InputError("degree", "world 'tokens': degree = " + to_text(degree) +
                                   " is larger than horizon = " + to_text(horizon) +
                                   ", the number of positions; valid: 1 to " + to_text(horizon));
}

double tree_edges(const Settings& resolved) {
  double edges = 0;
  double width = 1;
  for (std::int64_t h = 0; h < resolved.integer("horizon"); ++h)
    edges += width *= static_cast<double>(resolved.integer("alphabet"));
  return edges;
}

double edges(const Settings& resolved) {
  return static_cast<double>(prompt_count(resolved)) * tree_edges(resolved);
}

double basis_bytes(const Settings& resolved) {
  return tree_edges(resolved) * PolynomialBasis::kBytesPerEdge;
}

}  // namespace

Entry<WorldFamily> tokens_family() {
  return {"tokens",
          "token sequences on a prefix tree, truth a random polynomial of degree d",
          "sim/DEFINITIONS.md: worlds",
          Status::exact,
          // The trees that fit are smaller than these limits say: their size is checked, and told, apart.
          family_knobs({4, 1, 64},
                       {{"alphabet", std::int64_t{2}, 2, 64, {}, "tokens to choose from, A"},
                        {"degree", std::int64_t{2}, 1, 64, {}, "degree of the true reward"},
                        {"excess", 0.0, 0, 100, {}, "times a polynomial of one degree more is added"}}),
          {make, check, edges, basis_bytes, {"horizon", "alphabet", "prompts"}}};
}

}  // namespace twostage
