// Line search of Hager and Zhang (SIAM J. Optim. 16, 2005) with the approximate Wolfe conditions.
//
// Near a minimum the decrease of f drowns in its own rounding at |x - x*| ~ sqrt(eps), while the slope still
// carries full information. Accepting a step by its slope, and asking of f only that it does not rise beyond
// rounding, lets the gradient be driven to the rounding floor.
#pragma once

#include <limits>

#include "sim/minimise/smooth_function.hpp"

namespace twostage::num {

struct LinePoint {
  double step = 0;
  double value = 0;
  double slope = 0;  // derivative along the direction
};

struct LineSearchOptions {
  double decrease = 0.1;   // delta < 1/2
  double curvature = 0.9;  // sigma >= delta
  int max_evaluations = 60;
  // How much f may seem to rise by rounding alone, relative to 1 + |f|. A sum over tens of thousands of terms
  // is off by more than one over a few.
  double rounding = 64 * std::numeric_limits<double>::epsilon();
};

// Looks along x + t d, starting at t = `first_step`, for a step that satisfies the (approximate) Wolfe
// conditions. On success x, value and gradient are those of the new point, and true is returned; on failure
// they are unchanged.
bool line_search(SmoothFunction& f, std::span<const double> direction, double first_step,
                 std::vector<double>& x, double& value, std::vector<double>& gradient,
                 const LineSearchOptions& options = {});

}  // namespace twostage::num
