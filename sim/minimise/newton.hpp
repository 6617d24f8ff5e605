// Newton's method for a convex function with exact Hessian and a backtracking line search.
//
// It stops by the Newton decrement delta = sqrt(g^T H^{-1} g), which does not depend on the coordinates: once
// delta^2 <= `decrement_tolerance`, one last full step squares the error. For a likelihood with penalty
// lambda KL(P_ref || P_pi), H dominates lambda times the covariance of the features, so a decrement delta
// bounds the distance between policies by about delta / sqrt(lambda): a guarantee a gradient norm cannot give
// when some states are rare. Boyd and Vandenberghe, Convex Optimization, 9.5.
//
// Its systems are factorised. Where the Hessian is large and its products are cheap, conjugate gradients are
// tried first, up to a quarter of the multiplications of a factorisation, until they fail for the first time.
#pragma once

#include "sim/minimise/smooth_function.hpp"

namespace twostage::num {

// Parameters up to which a factorisation is so cheap that nothing else is worth a try.
inline constexpr std::size_t kCheapToFactorise = 256;

struct NewtonOptions {
  double decrement_tolerance = 1e-16;  // on delta^2, twice the predicted decrease of f
  int max_iterations = 200;
  int max_halvings = 60;
};

// A Hessian that is only semidefinite (flat directions) has its diagonal raised a little, which leaves theta
// along a coordinate that does not matter where it started.
Minimum minimise_newton(TwiceDifferentiable& f, std::span<const double> start,
                        const NewtonOptions& options = {});

}  // namespace twostage::num
