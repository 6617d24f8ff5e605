// Sums in a fixed order. Eight interleaved accumulators, combined pairwise: the compiler may vectorise
// them without changing a bit, and the result depends on the length and the values alone.
#pragma once

#include <cstddef>
#include <span>

namespace twostage::num {

double sum(std::span<const double> x);
double max(std::span<const double> x);          // -inf when empty; NaN when there is one
double max_abs(std::span<const double> x);      // 0 when empty; NaN when there is one
double norm(std::span<const double> x);         // Euclidean
double log_sum_exp(std::span<const double> x);  // -inf when empty; NaN when there is one

namespace detail {

constexpr std::size_t kFew = 8;  // that are quicker done on the spot than by a call
double dot_of_many(std::span<const double> x, std::span<const double> y);
void axpy_of_many(double a, std::span<const double> x, std::span<double> y);

}  // namespace detail

inline double dot(std::span<const double> x, std::span<const double> y) {
  if (x.size() > detail::kFew) return detail::dot_of_many(x, y);
  // An accumulator each. They begin at 0, so that nothing sums up to -0.
  const auto term = [&](std::size_t i) { return i < x.size() ? x[i] * y[i] : 0; };
  return 0 + (((term(0) + term(4)) + (term(2) + term(6))) + ((term(1) + term(5)) + (term(3) + term(7))));
}

// y += a x
inline void axpy(double a, std::span<const double> x, std::span<double> y) {
  if (x.size() > detail::kFew) return detail::axpy_of_many(a, x, y);
  for (std::size_t i = 0; i < x.size(); ++i) y[i] += a * x[i];
}

}  // namespace twostage::num
