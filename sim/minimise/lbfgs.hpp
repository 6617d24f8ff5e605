// Limited-memory BFGS (Nocedal and Wright, Numerical Optimization, algorithm 7.5) with the Hager-Zhang line
// search, for fits too large for Newton's method and for objectives whose Hessian is not at hand.
//
// Written here instead of taken from LBFGSpp (Debian has 0.1.0), which was read for the purpose: its line
// searches accept a step only if f visibly decreases, so they throw at |g| ~ sqrt(eps) |f| where we need the
// rounding floor; an iteration limit and convergence return the same way, so it gives no certificate; and a
// trial point that overflows is not stepped back from.
#pragma once

#include "sim/minimise/smooth_function.hpp"

namespace twostage::num {

struct LbfgsOptions {
  double gradient_goal = 1e-12;  // stop here
  double gradient_accepted =
      1e-9;  // `converged` when rounding or the limit ends the descent at or below this
  std::size_t memory = 30;
  int max_iterations = 5000;
  // Cholesky factor (linear_solve.hpp) of a matrix near the Hessian, which then takes the place of the
  // identity where the method starts from; empty: none. It changes the path to the minimum, not the minimum.
  std::span<const double> metric = {};
};

Minimum minimise_lbfgs(SmoothFunction& f, std::span<const double> start, const LbfgsOptions& options);

}  // namespace twostage::num
