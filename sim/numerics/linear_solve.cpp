#include "sim/numerics/linear_solve.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "sim/numerics/interruption.hpp"
#include "sim/numerics/multiversion.hpp"

namespace twostage::num {
namespace {

constexpr std::size_t kPanel = 4;
constexpr std::size_t kBlock = 2 * kPanel;  // what all entries behind it are reduced by at once
constexpr std::size_t kTile = 256;          // columns of those, whose factors stay near the processor
constexpr std::size_t kLarge = 500;         // from here on a block takes milliseconds
// A pivot below this fraction of its diagonal entry has lost all its digits to cancellation.
constexpr double kPivotFloor = 1e-14;

using Columns = std::array<double*, kBlock>;

// y[i] -= l x[i], i = begin .. n - 1.
TWOSTAGE_MULTIVERSION void subtract_column(double l, const double* x, double* y, std::size_t begin,
                                           std::size_t n) {
  TWOSTAGE_INDEPENDENT
  for (std::size_t i = begin; i < n; ++i) y[i] -= x[i] * l;
}

TWOSTAGE_MULTIVERSION void divide_column(double root, double* x, std::size_t begin, std::size_t n) {
  TWOSTAGE_INDEPENDENT
  for (std::size_t i = begin; i < n; ++i) x[i] /= root;
}

// Every entry meets the panels before it in their order, each as one term.
[[gnu::always_inline]] inline double less_panel(double entry, const double* x, const double* const* c,
                                                std::size_t j) {
  return entry - ((x[0] * c[0][j] + x[1] * c[1][j]) + (x[2] * c[2][j] + x[3] * c[3][j]));
}

// Entries of a row or column from those of the panel: y[j] -= x . c[j], j = begin .. n - 1.
TWOSTAGE_MULTIVERSION void subtract_panel(const double* from, const double* const* columns, double* y,
                                          std::size_t begin, std::size_t n) {
  const double x[] = {from[0], from[1], from[2], from[3]};
  const double* const c[] = {columns[0], columns[1], columns[2], columns[3]};
  TWOSTAGE_INDEPENDENT
  for (std::size_t j = begin; j < n; ++j) y[j] = less_panel(y[j], x, c, j);
}

TWOSTAGE_MULTIVERSION void subtract_block(const double* from, const double* const* columns, double* y,
                                          std::size_t begin, std::size_t n) {
  const double x[] = {from[0], from[1], from[2], from[3], from[4], from[5], from[6], from[7]};
  const double* const c[] = {columns[0], columns[1], columns[2], columns[3],
                             columns[4], columns[5], columns[6], columns[7]};
  TWOSTAGE_INDEPENDENT
  for (std::size_t j = begin; j < n; ++j)
    y[j] = less_panel(less_panel(y[j], x, c, j), x + kPanel, c + kPanel, j);
}

// Columns begin .. end of the factor, of which `column` holds what the columns before them have left. False
// where a pivot vanishes.
bool factor_block(const Columns& column, std::size_t begin, std::size_t end, std::size_t n,
                  std::span<const double> diagonal) {
  for (std::size_t k = begin; k < end; ++k) {
    const std::size_t own = k - begin;
    const std::size_t panel = own / kPanel * kPanel;
    double* const x = column[own];
    if (own == panel && panel > 0)
      for (std::size_t c = panel; c < end - begin; ++c) {
        const std::size_t j = begin + c;
        const double at[] = {column[0][j], column[1][j], column[2][j], column[3][j]};
        subtract_panel(at, column.data(), column[c], j, n);
      }
    for (std::size_t c = panel; c < own; ++c) subtract_column(column[c][k], column[c], x, k, n);
    const double pivot = x[k];
    if (!(pivot > kPivotFloor * diagonal[k]) || !std::isfinite(pivot)) return false;
    x[k] = std::sqrt(pivot);
    divide_column(x[k], x, k + 1, n);
  }
  return true;
}

}  // namespace

bool cholesky(std::span<double> matrix, std::size_t n) {
  double* const a = matrix.data();
  std::vector<double> diagonal(n);
  for (std::size_t k = 0; k < n; ++k) diagonal[k] = a[k * n + k];
  std::vector<double> copies(kBlock * n);  // of the columns of a block: their entries lie side by side
  Columns column;
  for (std::size_t c = 0; c < kBlock; ++c) column[c] = copies.data() + c * n;
  // Rows behind a block that have something in it: prompts may share nothing.
  std::vector<std::size_t> touched;

  for (std::size_t begin = 0; begin < n; begin += kBlock) {
    if (n >= kLarge) may_interrupt();
    const std::size_t end = std::min(begin + kBlock, n);
    for (std::size_t i = begin; i < n; ++i)
      for (std::size_t k = begin; k < end; ++k) column[k - begin][i] = a[i * n + k];
    if (!factor_block(column, begin, end, n, diagonal)) return false;
    for (std::size_t i = begin; i < n; ++i)
      for (std::size_t k = begin; k < std::min(end, i + 1); ++k) a[i * n + k] = column[k - begin][i];
    if (end == n) break;
    touched.clear();
    for (std::size_t i = end; i < n; ++i)
      if (std::any_of(a + i * n + begin, a + i * n + end, [](double x) { return x != 0; }))
        touched.push_back(i);
    for (std::size_t tile = end; tile < n; tile += kTile)
      for (const std::size_t i : touched)
        if (i >= tile)
          subtract_block(a + i * n + begin, column.data(), a + i * n, tile, std::min(tile + kTile, i + 1));
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
