// Minimises F(x) = f(x) + sum_j w_j |x_j|, f smooth and convex, w >= 0: proximal Newton. Each step minimises
// the quadratic model of f plus the l1 term, and a line search on F makes it safe (Lee, Sun and Saunders,
// SIAM J. Optim. 24, 2014). The model is solved by cyclic coordinate descent, which finds support and signs,
// and then exactly on that support; so coordinates off the support are exact zeros and convergence is
// quadratic.
//
// Certificate: x is a minimum exactly when 0 is a subgradient,
//   g_j + w_j sign(x_j) = 0 where x_j != 0,   |g_j| <= w_j where x_j = 0;
// `Minimum::gradient_norm` is the Euclidean norm of the smallest subgradient, which bounds every violation.
#pragma once

#include "sim/minimise/smooth_function.hpp"

namespace twostage::num {

struct L1NewtonOptions {
  double decrement_tolerance = 1e-16;  // on the predicted decrease of F
  double violation_accepted = 1e-9;    // converged only if the smallest subgradient is below
  int max_iterations = 200;
  int max_halvings = 60;
};

// A coordinate that f does not depend on stays where it started.
Minimum minimise_l1(TwiceDifferentiable& f, std::span<const double> weights, std::span<const double> start,
                    const L1NewtonOptions& options = {});

// Norm of the smallest subgradient of F at x, where f has this gradient.
double l1_violation(std::span<const double> gradient, std::span<const double> weights,
                    std::span<const double> x);

// sum_j w_j |x_j|
double l1_norm(std::span<const double> weights, std::span<const double> x);

}  // namespace twostage::num
