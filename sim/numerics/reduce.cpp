#include "sim/numerics/reduce.hpp"

#include <array>
#include <cmath>
#include <limits>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/multiversion.hpp"

namespace twostage::num {
namespace {

constexpr std::size_t kLanes = 8;
using Lanes = std::array<double, kLanes>;

// Element i goes to accumulator i mod 8, whatever number of elements the processor handles at a time.
template <typename Term, typename Combine>
[[gnu::always_inline]] inline void accumulate(Lanes& acc, std::size_t n, Term term, Combine combine) {
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (std::size_t k = 0; k < kLanes; ++k) acc[k] = combine(acc[k], term(i + k));
  for (std::size_t k = 0; i < n; ++i, ++k) acc[k] = combine(acc[k], term(i));
}

template <typename Combine>
[[gnu::always_inline]] inline double combine_lanes(const Lanes& acc, Combine combine) {
  const double even = combine(combine(acc[0], acc[4]), combine(acc[2], acc[6]));
  const double odd = combine(combine(acc[1], acc[5]), combine(acc[3], acc[7]));
  return combine(even, odd);
}

template <typename Term, typename Combine>
[[gnu::always_inline]] inline double fold(std::size_t n, double start, Term term, Combine combine) {
  Lanes acc;
  acc.fill(start);
  accumulate(acc, n, term, combine);
  return combine_lanes(acc, combine);
}

constexpr auto kAdd = [](double a, double b) { return a + b; };
constexpr auto kMax = [](double a, double b) { return b > a ? b : a; };

// 0, or NaN when there is one: a maximum that dropped it would call a broken gradient small.
[[gnu::always_inline]] inline double any_nan(const double* x, std::size_t n) {
  return fold(
      n, 0.0, [x](std::size_t i) { return x[i] != x[i] ? x[i] : 0.0; }, kAdd);
}

TWOSTAGE_MULTIVERSION double sum_kernel(const double* x, std::size_t n) {
  return fold(
      n, 0.0, [x](std::size_t i) { return x[i]; }, kAdd);
}

TWOSTAGE_MULTIVERSION double dot_kernel(const double* x, const double* y, std::size_t n) {
  return fold(
      n, 0.0, [x, y](std::size_t i) { return x[i] * y[i]; }, kAdd);
}

TWOSTAGE_MULTIVERSION double max_kernel(const double* x, std::size_t n) {
  const double lowest = -std::numeric_limits<double>::infinity();
  return any_nan(x, n) + fold(
                             n, lowest, [x](std::size_t i) { return x[i]; }, kMax);
}

TWOSTAGE_MULTIVERSION double max_abs_kernel(const double* x, std::size_t n) {
  return any_nan(x, n) + fold(
                             n, 0.0, [x](std::size_t i) { return std::fabs(x[i]); }, kMax);
}

// In blocks: the exponentials as one elementwise loop, then their sum. A block is a multiple of the lanes,
// so that its length does not enter the result.
TWOSTAGE_MULTIVERSION double sum_exp_kernel(const double* x, double shift, std::size_t n) {
  constexpr std::size_t kBlock = 8 * kLanes;
  Lanes acc{};
  std::array<double, kBlock> e;
  for (std::size_t begin = 0; begin < n; begin += kBlock) {
    const std::size_t length = n - begin < kBlock ? n - begin : kBlock;
    for (std::size_t i = 0; i < length; ++i) e[i] = exp(x[begin + i] - shift);
    accumulate(
        acc, length, [&e](std::size_t i) { return e[i]; }, kAdd);
  }
  return combine_lanes(acc, kAdd);
}

TWOSTAGE_MULTIVERSION void axpy_kernel(double a, const double* x, double* y, std::size_t n) {
  TWOSTAGE_INDEPENDENT
  for (std::size_t i = 0; i < n; ++i) y[i] += a * x[i];
}

}  // namespace

double sum(std::span<const double> x) {
  return sum_kernel(x.data(), x.size());
}

double detail::dot_of_many(std::span<const double> x, std::span<const double> y) {
  return dot_kernel(x.data(), y.data(), x.size());
}

double max(std::span<const double> x) {
  return max_kernel(x.data(), x.size());
}

double max_abs(std::span<const double> x) {
  return max_abs_kernel(x.data(), x.size());
}

double norm(std::span<const double> x) {
  return std::sqrt(dot(x, x));
}

double log_sum_exp(std::span<const double> x) {
  const double m = max(x);
  if (!(std::fabs(m) < std::numeric_limits<double>::infinity())) return m;
  return m + log(sum_exp_kernel(x.data(), m, x.size()));
}

void detail::axpy_of_many(double a, std::span<const double> x, std::span<double> y) {
  axpy_kernel(a, x.data(), y.data(), x.size());
}

}  // namespace twostage::num
