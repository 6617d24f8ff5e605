// Cholesky factorisation A = L L^T of a symmetric positive definite matrix, in place, and the two triangular
// solves. Row-major; only the lower triangle is read or written.
//
// Own kernel instead of Eigen's LLT: Eigen is compiled unvectorised to keep its bits, while the inner loops
// here are plain updates a -= b c without any reduction, which a compiler may vectorise without changing a
// bit. Columns are eliminated four at a time, so that the trailing matrix is read a quarter as often.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace twostage::num {

// False when a pivot is not positive relative to its diagonal entry (or not finite); `a` is then destroyed.
bool cholesky(std::span<double> a, std::size_t n);

// Raises each diagonal entry by that fraction of itself, and by a millionth of that fraction of the largest
// one: coordinates keep their scales, however different, and those with nothing on the diagonal get
// something.
void raise_diagonal(std::span<double> a, std::size_t n, double fraction);

// x <- (L L^T)^{-1} x
void cholesky_solve(std::span<const double> l, std::size_t n, std::span<double> x);

// -(L L^T)^{-1} g
std::vector<double> newton_step(std::span<const double> l, std::span<const double> gradient);

}  // namespace twostage::num
