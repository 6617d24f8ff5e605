#include "sim/numerics/exact_cone.hpp"

#include "sim/numerics/interruption.hpp"

namespace twostage::num {

StiemkeAlternative stiemke(const std::vector<BigInteger>& matrix, std::size_t rows, std::size_t columns) {
  // Tableau: a row for each column of X, then the row of reduced costs of the sum of the artificials;
  // columns are the z_i, the artificials, the right-hand side. All entries carry the denominator `det`.
  const std::size_t m = columns;
  const std::size_t right = rows + m;
  const std::size_t width = right + 1;
  std::vector<BigInteger> tableau((m + 1) * width);
  const auto at = [&](std::size_t i, std::size_t j) -> BigInteger& { return tableau[i * width + j]; };
  std::vector<bool> flipped(m);  // constraint k was multiplied by -1 to make its right-hand side >= 0
  std::vector<std::size_t> basis(m);
  for (std::size_t k = 0; k < m; ++k) {
    for (std::size_t i = 0; i < rows; ++i) {
      at(k, i) = matrix[i * columns + k];
      at(k, right) -= at(k, i);
    }
    flipped[k] = at(k, right) < 0;
    if (flipped[k])
      for (std::size_t j = 0; j < width; ++j) at(k, j) = -at(k, j);
    at(k, rows + k) = 1;
    basis[k] = rows + k;
    for (std::size_t j = 0; j < rows; ++j) at(m, j) -= at(k, j);
    at(m, right) -= at(k, right);
  }
  BigInteger det = 1;
  while (true) {
    may_interrupt();
    std::size_t entering = 0;  // Bland: the first column with a negative reduced cost
    while (entering < right && at(m, entering) >= 0) ++entering;
    if (entering == right) break;
    std::size_t leaving = m;  // the smallest ratio, ties by the smallest basic variable
    for (std::size_t k = 0; k < m; ++k) {
      if (at(k, entering) <= 0) continue;
      if (leaving == m) {
        leaving = k;
        continue;
      }
      const BigInteger mine = at(k, right) * at(leaving, entering);
      const BigInteger best = at(leaving, right) * at(k, entering);
      if (mine < best || (mine == best && basis[k] < basis[leaving])) leaving = k;
    }
    // The objective is bounded below by zero, so some row leaves.
    const BigInteger pivot = at(leaving, entering);
    for (std::size_t k = 0; k <= m; ++k) {
      if (k == leaving) continue;
      const BigInteger factor = at(k, entering);
      for (std::size_t j = 0; j < width; ++j) at(k, j) = (at(k, j) * pivot - factor * at(leaving, j)) / det;
    }
    det = pivot;
    basis[leaving] = entering;
  }

  StiemkeAlternative result;
  if (at(m, right) == 0) {  // the artificials vanish: z is basic, y = 1 + z
    result.weights.assign(rows, det);
    for (std::size_t k = 0; k < m; ++k)
      if (basis[k] < rows) result.weights[basis[k]] += at(k, right);
    return result;
  }
  // Farkas: reduced costs c_i = -(A^T pi)_i >= 0 and 1 - pi_k for the artificials; pi^T b > 0, so
  // theta = -pi (constraints flipped back) has X theta >= 0 and 1^T X theta > 0.
  for (std::size_t k = 0; k < m; ++k) {
    const BigInteger minus_pi = at(m, rows + k) - det;
    result.direction.push_back(flipped[k] ? BigInteger(-minus_pi) : minus_pi);
  }
  return result;
}

}  // namespace twostage::num
