// Conjugate gradients: H x = b for a symmetric positive definite H that is known by its products alone. On
// the way, error and work fall with the spread of the eigenvalues of D^-1 H, D the diagonal of H, and not
// with the size of H. H may be singular where b lies in its range: x then has no part in the kernel of H.
// Hestenes and Stiefel (1952); Nocedal and Wright, Numerical Optimization, 5.1.
#pragma once

#include "sim/minimise/smooth_function.hpp"

namespace twostage::num {

struct ConjugateGradientOptions {
  double tolerance = 1e-8;  // on the residual r = b - H x in the norm sqrt(r^T D^-1 r), relative to that of b
  int max_products = 100;
};

// At the point of the last `evaluate`. False, with x of no use, when the diagonal is not positive, a product
// shows no curvature, or the products do not suffice.
bool conjugate_gradient(TwiceDifferentiable& f, std::span<const double> b, std::span<double> x,
                        const ConjugateGradientOptions& options = {});

}  // namespace twostage::num
