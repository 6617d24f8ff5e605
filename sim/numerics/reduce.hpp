// Sums in a fixed order. Eight interleaved accumulators, combined pairwise: the compiler may vectorise
// them without changing a bit, and the result depends on the length and the values alone.
#pragma once

#include <cstddef>
#include <span>

namespace twostage::num {

double sum(std::span<const double> x);
double dot(std::span<const double> x, std::span<const double> y);
double max(std::span<const double> x);          // -inf when empty; NaN when there is one
double max_abs(std::span<const double> x);      // 0 when empty; NaN when there is one
double norm(std::span<const double> x);         // Euclidean
double log_sum_exp(std::span<const double> x);  // -inf when empty; NaN when there is one

// y += a x
void axpy(double a, std::span<const double> x, std::span<double> y);

}  // namespace twostage::num
