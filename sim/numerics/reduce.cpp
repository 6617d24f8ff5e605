#include "sim/numerics/reduce.hpp"

#include <array>
#include <cmath>
#include <limits>

#include "sim/numerics/elementary.hpp"

namespace twostage::num {
namespace {

constexpr std::size_t kLanes = 8;

double combine(const std::array<double, kLanes>& a) {
  return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]));
}

template <typename Term>
double fold_sum(std::size_t n, Term term) {
  std::array<double, kLanes> acc{};
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (std::size_t k = 0; k < kLanes; ++k) acc[k] += term(i + k);
  for (std::size_t k = 0; i < n; ++i, ++k) acc[k] += term(i);
  return combine(acc);
}

}  // namespace

double sum(std::span<const double> x) {
  return fold_sum(x.size(), [x](std::size_t i) { return x[i]; });
}

double dot(std::span<const double> x, std::span<const double> y) {
  return fold_sum(x.size(), [x, y](std::size_t i) { return x[i] * y[i]; });
}

double max(std::span<const double> x) {
  double m = -std::numeric_limits<double>::infinity();
  for (double v : x) m = v > m ? v : m;
  return m;
}

double max_abs(std::span<const double> x) {
  double m = 0;
  for (double v : x) m = std::fabs(v) > m ? std::fabs(v) : m;
  return m;
}

double norm(std::span<const double> x) { return std::sqrt(dot(x, x)); }

double log_sum_exp(std::span<const double> x) {
  const double m = max(x);
  if (!(std::fabs(m) < std::numeric_limits<double>::infinity())) return m;
  return m + log(fold_sum(x.size(), [x, m](std::size_t i) { return exp(x[i] - m); }));
}

void axpy(double a, std::span<const double> x, std::span<double> y) {
  for (std::size_t i = 0; i < x.size(); ++i) y[i] += a * x[i];
}

}  // namespace twostage::num
