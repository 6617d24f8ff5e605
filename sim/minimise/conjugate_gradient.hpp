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
  double damping = 0;  // H + damping I is solved with instead of H
};

enum class Solved {
  yes,           // to the tolerance
  no_curvature,  // H is not positive definite, or singular with b out of its range
  too_long,      // the products do not suffice
  failed,        // an entry of the diagonal is not positive, or something is not finite
};

struct ConjugateGradientEnd {
  Solved solved;
  int products;
};

// At the point of the last `evaluate`. Unless it failed, x is what was reached: b^T x > 0, or x = 0 where the
// first direction has no curvature.
ConjugateGradientEnd conjugate_gradient(WithProducts& f, std::span<const double> b, std::span<double> x,
                                        const ConjugateGradientOptions& options = {});

}  // namespace twostage::num
