// Stiemke's alternative decided in exact arithmetic, for any integer matrix: either some theta has
// X theta >= 0, X theta != 0, or some y > 0 has X^T y = 0. The first phase of the simplex method on
// X^T z = -X^T 1, z >= 0, with Bland's rule (it cannot cycle) and integer-preserving pivots (Edmonds 1967,
// Bareiss 1968): every tableau entry is a minor of X, so divisions are exact. Slow and certain: the last
// resort where floating-point searches propose nothing that can be proved.
#pragma once

#include <cstddef>
#include <vector>

#include "sim/numerics/modular.hpp"

namespace twostage::num {

struct StiemkeAlternative {
  std::vector<BigInteger> direction;  // [columns] theta, or empty
  std::vector<BigInteger> weights;    // [rows] y, or empty
};

// `matrix` is rows x columns, row by row.
StiemkeAlternative stiemke(const std::vector<BigInteger>& matrix, std::size_t rows, std::size_t columns);

}  // namespace twostage::num
