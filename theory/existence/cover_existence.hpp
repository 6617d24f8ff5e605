// Existence of the Bradley-Terry estimate under a flat reward: Cover's function counting theorem.
//
// Statement. n signed rows x_i in R^d in general position (any d of them independent) with labels that are
// fair coins admit a theta with X theta >= 0, != 0, so that the estimate is not attained, with probability
//   2^{-(n-1)} sum_{k < d} C(n - 1, k) = P(Bin(n - 1, 1/2) < d).
// In general position a weak separation can be turned into a strict one (at most d - 1 independent rows lie
// on its boundary), so the count of strict separations is the one that is needed; n <= d never suffices, and
// half of the data sets suffice at n = 2 d.
//
// Regime. d is the rank of the pair differences (constants within prompts drop out). Labels must be fair: a
// reward that is not flat makes separation likelier. Rows must be in general position: continuous features.
// Finitely many completions repeat rows and so are not, for d > 1: see existence_probability.hpp. A
// completion that meets itself is no row: given P(the two differ), their number is binomial.
//
// Source: Cover (1965), IEEE Trans. Electronic Computers 14, theorem 1 (function counting; Schlaefli 1852).
#pragma once

#include <cstddef>

namespace twostage {

struct CoverProbability {
  double exists = 0;
  double separable = 1;  // each to 1e-12 relative, down to 1e-300
};

CoverProbability cover_existence(std::size_t pairs, std::size_t dimension);

// Each pair is a row with probability `distinct`, independently.
CoverProbability cover_existence(std::size_t pairs, std::size_t dimension, double distinct);

}  // namespace twostage
