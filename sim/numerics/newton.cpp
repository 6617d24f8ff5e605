#include "sim/numerics/newton.hpp"

#include <algorithm>
#include <cmath>

#include "sim/numerics/linear_solve.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage::num {
namespace {

// Overwrites `work` with a Cholesky factor of `hessian`, or of hessian + shift I with the smallest shift of
// a geometric ladder that makes it positive definite.
bool factor(std::span<const double> hessian, std::size_t n, std::span<double> work) {
  double largest = 0;
  for (std::size_t i = 0; i < n; ++i) largest = std::fmax(largest, std::fabs(hessian[i * n + i]));
  if (!std::isfinite(largest)) return false;
  if (largest == 0) largest = 1;
  for (double shift = 0; shift <= largest; shift = shift == 0 ? 1e-12 * largest : 100 * shift) {
    std::copy(hessian.begin(), hessian.end(), work.begin());
    for (std::size_t i = 0; i < n; ++i) work[i * n + i] += shift;
    if (cholesky(work, n)) return true;
  }
  return false;
}

}  // namespace

Minimum minimise_newton(TwiceDifferentiable& f, std::span<const double> start, const NewtonOptions& options) {
  const std::size_t n = f.dimension();
  Minimum best{.x = {start.begin(), start.end()}};
  std::vector<double> gradient(n), trial(n), trial_gradient(n), direction(n), hessian(n * n), work(n * n);
  best.value = f.evaluate(best.x, gradient);
  bool last_step = false;
  for (; best.iterations < options.max_iterations && std::isfinite(best.value); ++best.iterations) {
    f.hessian(hessian);
    if (!factor(hessian, n, work)) break;
    for (std::size_t i = 0; i < n; ++i) direction[i] = -gradient[i];
    cholesky_solve(work, n, direction);
    const double slope = dot(gradient, direction);  // minus the squared decrement
    if (!(slope <= 0)) break;
    last_step = -slope <= options.decrement_tolerance;

    // A predicted decrease this small may drown in the rounding of f, which is a sum of many terms: the full
    // step is then judged by the gradient, which keeps its digits.
    const bool near = -slope <= 1e-11 * (1 + std::fabs(best.value));
    double value = 0;
    bool accepted = false;
    double t = 1;
    for (int k = 0; k <= (near ? 0 : options.max_halvings) && !accepted; ++k, t *= 0.5) {
      for (std::size_t i = 0; i < n; ++i) trial[i] = best.x[i] + t * direction[i];
      value = f.evaluate(trial, trial_gradient);
      accepted = std::isfinite(value) &&
                 (near ? norm(trial_gradient) < norm(gradient) : value <= best.value + 1e-4 * t * slope);
    }
    if (!accepted) break;
    best.x.swap(trial);
    gradient.swap(trial_gradient);
    best.value = value;
    if (last_step) {
      ++best.iterations;
      break;
    }
  }
  best.gradient_norm = norm(gradient);
  best.converged = last_step && std::isfinite(best.value) && std::isfinite(best.gradient_norm);
  return best;
}

}  // namespace twostage::num
