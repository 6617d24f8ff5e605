#include "sim/numerics/linear_solve.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "sim/numerics/interruption.hpp"

namespace twostage::num {
namespace {

constexpr std::size_t kPanel = 4;
constexpr std::size_t kLarge = 500;  // from here on a panel takes a millisecond
// A pivot below this fraction of its diagonal entry has lost all its digits to cancellation.
constexpr double kPivotFloor = 1e-14;

// Eliminates column k within the rows below it, given that columns `begin`..k-1 of the panel are done and
// all columns before the panel have been subtracted already.
bool eliminate_column(double* a, std::size_t n, std::size_t begin, std::size_t k, double diagonal) {
  for (std::size_t i = k; i < n; ++i) {
    double x = a[i * n + k];
    for (std::size_t j = begin; j < k; ++j) x -= a[i * n + j] * a[k * n + j];
    a[i * n + k] = x;
  }
  const double pivot = a[k * n + k];
  if (!(pivot > kPivotFloor * diagonal) || !std::isfinite(pivot)) return false;
  const double root = std::sqrt(pivot);
  a[k * n + k] = root;
  for (std::size_t i = k + 1; i < n; ++i) a[i * n + k] /= root;
  return true;
}

}  // namespace

bool cholesky(std::span<double> matrix, std::size_t n) {
  double* a = matrix.data();
  std::vector<double> diagonal(n);
  for (std::size_t k = 0; k < n; ++k) diagonal[k] = a[k * n + k];
  std::array<std::vector<double>, kPanel> column;
  for (auto& c : column) c.assign(n, 0.0);

  for (std::size_t begin = 0; begin < n; begin += kPanel) {
    if (n >= kLarge) may_interrupt();
    const std::size_t end = std::min(begin + kPanel, n);
    for (std::size_t k = begin; k < end; ++k)
      if (!eliminate_column(a, n, begin, k, diagonal[k])) return false;
    if (end == n) break;
    for (std::size_t c = 0; c < kPanel; ++c)
      for (std::size_t i = end; i < n; ++i) column[c][i] = a[i * n + begin + c];
    const double* c0 = column[0].data();
    const double* c1 = column[1].data();
    const double* c2 = column[2].data();
    const double* c3 = column[3].data();
    for (std::size_t i = end; i < n; ++i) {
      double* row = a + i * n;
      const double x0 = c0[i], x1 = c1[i], x2 = c2[i], x3 = c3[i];
      for (std::size_t j = end; j <= i; ++j)
        row[j] = row[j] - ((x0 * c0[j] + x1 * c1[j]) + (x2 * c2[j] + x3 * c3[j]));
    }
  }
  return true;
}

void raise_diagonal(std::span<double> a, std::size_t n, double fraction) {
  double largest = 0;
  for (std::size_t i = 0; i < n; ++i) largest = std::fmax(largest, a[i * n + i]);
  const double least = largest > 0 ? 1e-6 * largest : 1;
  for (std::size_t i = 0; i < n; ++i) a[i * n + i] += fraction * (std::fabs(a[i * n + i]) + least);
}

void cholesky_solve(std::span<const double> l, std::size_t n, std::span<double> x) {
  for (std::size_t i = 0; i < n; ++i) {
    double sum = x[i];
    for (std::size_t j = 0; j < i; ++j) sum -= l[i * n + j] * x[j];
    x[i] = sum / l[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    x[i] /= l[i * n + i];
    for (std::size_t j = 0; j < i; ++j) x[j] -= l[i * n + j] * x[i];
  }
}

std::vector<double> newton_step(std::span<const double> l, std::span<const double> gradient) {
  std::vector<double> step(gradient.begin(), gradient.end());
  for (double& x : step) x = -x;
  cholesky_solve(l, step.size(), step);
  return step;
}

}  // namespace twostage::num
