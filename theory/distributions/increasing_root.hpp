// The root of an increasing, differentiable function in a bracket: Newton's steps, and bisection where one
// would leave the bracket or does not halve it in two steps. Ends when the bracket or the step is at
// rounding.
#pragma once

#include <cmath>

namespace twostage {

struct ValueAndSlope {
  double value;
  double slope;
};

// f(low) <= 0 <= f(high) is the caller's promise; f returns ValueAndSlope.
template <typename Function>
double increasing_root(Function f, double low, double high) {
  double x = low + (high - low) / 2;
  double width_before = high - low;
  for (int i = 0; i < 400 && low < x && x < high; ++i) {
    const ValueAndSlope at = f(x);
    if (at.value == 0) return x;
    (at.value < 0 ? low : high) = x;
    const double newton = x - at.value / at.slope;
    if (newton > low && newton < high && std::fabs(newton - x) <= 4e-16 * std::fabs(x)) return newton;
    const bool slow = i % 2 == 1 && high - low > width_before / 2;
    if (i % 2 == 1) width_before = high - low;
    const bool inside = newton > low && newton < high;
    x = inside && !slow ? newton : low + (high - low) / 2;
  }
  return x;
}

}  // namespace twostage
