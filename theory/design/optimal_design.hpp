// Which pairs to ask about: the best distribution over pairs of completions, when prompts keep their weights
// rho (they are not ours to choose).
//
// Statement. A pair (i, j) of a prompt tells sigma'(Delta) x x^T about a class, x = psi_i - psi_j. Weights w,
// for each prompt a distribution over its pairs, give I(w) = sum_s rho_s sum_ij w_s(ij) sigma'(Delta) x x^T.
//   determinant   max log det I(w): the smallest confidence ellipsoid, whatever coordinates
//   regret        min tr(I(w)^-1 C): the smallest limit of n E[regret]
//   (theory/asymptotics/local_asymptotics.hpp)
// Certificate (general equivalence): with the sensitivity
//   phi(ij) = sigma'(Delta) x^T I^-1 x   or   sigma'(Delta) x^T I^-1 C I^-1 x,
// whose mean under w is d or tr(I^-1 C), a design is optimal if and only if in each prompt no pair has more
// than the prompt's mean. At any design, with gap = sum_s rho_s max phi / mean - 1,
//   det(I)^(1/d) >= det(I_best)^(1/d) / (1 + gap),    tr(I^-1 C) <= tr(I_best^-1 C) (1 + gap),
// the first since det(I^-1 I_best)^(1/d) <= tr(I^-1 I_best) / d, the second by Cauchy-Schwarz, tr(I^-1 C)^2
// <= tr(I_best^-1 C) tr(I_best I^-1 C I^-1). So the gap bounds what is left to gain, however it was found.
//
// A sampler's efficiency is its criterion in these units, relative to the best: the share of its pairs that
// the best design would need for the same result. Regime: a design is optimal at the truth, which nobody who
// asks knows: it is a bar for samplers, not one of them. First order in 1/n, as the limits themselves.
// Completions are listed: 1024 distinct ones at most.
//
// Source: Kiefer and Wolfowitz 1960 (equivalence for the determinant), Pukelsheim 1993, Optimal Design of
// Experiments (linear criteria). For preference data: Mukherjee et al., arXiv 2404.13895 (Kiefer-Wolfowitz
// designs over lists); Das et al., arXiv 2402.10500 (prompts chosen
// uniformly can leave a constant gap; here they are given).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "theory/information/edge_features.hpp"
#include "theory/information/information.hpp"

namespace twostage {

inline constexpr std::size_t kMostDesignAtoms = 1024;
inline constexpr std::size_t kMostDesignDimension = 64;
inline constexpr double kDesignTolerance = 1e-6;

enum class DesignCriterion : std::uint8_t { determinant, regret };

struct DesignedPair {
  std::size_t prompt;
  std::size_t first, second;  // rows of atoms_of(features, world, ..): the rows do not depend on the pairs
  double weight;              // those of a prompt sum to 1
};

struct OptimalDesign {
  DesignCriterion criterion = DesignCriterion::regret;
  std::size_t dimension = 0;  // rank of the pair differences
  double value = 0;  // log det I in an orthonormal basis of what completions can tell apart, or tr(I^-1 C)
  double gap = 0;    // at most the tolerance asked for, where rounding permits; valid in any case
  std::vector<DesignedPair> pairs;  // of positive weight, by prompt and row
  std::vector<double> information;  // [parameters x parameters] I, row-major
};

// `features` at the truth. Throws InputError beyond kMostDesignAtoms distinct completions or
// kMostDesignDimension directions that they tell apart.
OptimalDesign optimal_design(const World& world, const EdgeFeatures& features, DesignCriterion criterion,
                             double tolerance = kDesignTolerance);

// At most 1 + gap: (det I(sampler) / det I(design))^(1/d), or tr(I(design)^-1 C) / tr(I(sampler)^-1 C).
// 0 for a sampler whose information is singular to rounding.
double design_efficiency(const World& world, const EdgeFeatures& features, const OptimalDesign& design,
                         const PairPolicies& sampler);

}  // namespace twostage
