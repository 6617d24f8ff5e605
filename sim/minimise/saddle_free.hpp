// Newton's method for a smooth function that need not be convex. Where the Hessian is positive definite the
// step is Newton's; elsewhere, or when that step fails, it solves M d = -g / mu with a metric M that
// dominates the Hessian (the Hessian with its negative parts turned positive), so that saddles repel instead
// of attract, and mu >= 1 shortens the step until f falls. Dauphin et al., NeurIPS 2014 (saddle-free Newton);
// here the function supplies M, so no eigenvalues are needed.
#pragma once

#include "sim/minimise/smooth_function.hpp"

namespace twostage::num {

class WithMetric : public TwiceDifferentiable {
 public:
  // M at the point of the last `evaluate`: positive semidefinite, M - H positive semidefinite; lower
  // triangle.
  virtual void metric(std::span<double> lower) = 0;
};

struct SaddleFreeOptions {
  double decrement_tolerance = 1e-16;  // on g^T H^{-1} g; one last full Newton step follows
  int max_iterations = 500;
};

Minimum minimise_saddle_free(WithMetric& f, std::span<const double> start,
                             const SaddleFreeOptions& options = {});

}  // namespace twostage::num
