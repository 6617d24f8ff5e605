// Levenberg-Marquardt damping of Newton's method: (H + mu I) d = -g, with mu >= 0 raised until f falls as
// predicted and lowered while it does (More, LNM 630, 1978; Nocedal and Wright, Numerical Optimization, 10.3
// and 4.1).
//
// For likelihoods that are nearly separable under a weak penalty. Saturated directions have next to no
// curvature, so Newton's step is far too long along them, and a line search that shortens it stops the other
// directions too. Damping holds back each direction by its own curvature. Needs a factorisation for each
// trial, so it comes second to the methods that take a full step from the start.
#pragma once

#include "sim/minimise/smooth_function.hpp"

namespace twostage::num {

struct DampedNewtonOptions {
  double decrement_tolerance = 1e-16;  // on g^T (H + mu I)^{-1} g, with mu at its floor
  int max_iterations = 2000;
};

// Does not need a convex function: where H + mu I is not positive definite, mu is raised. `converged` says
// that the last H + mu I was so with mu at its floor, 1e-14 of the largest diagonal entry of H at the start:
// flat directions count as a minimum, saddles do not.
Minimum minimise_damped_newton(TwiceDifferentiable& f, std::span<const double> start,
                               const DampedNewtonOptions& options = {});

// Goes on from where another method gave up, and adds up the iterations. A minimum that has converged, or
// whose value is not finite, is returned as it is.
Minimum finish_damped(TwiceDifferentiable& f, Minimum minimum);

}  // namespace twostage::num
