#include "sim/numerics/newton.hpp"

#include <algorithm>
#include <cmath>

#include "sim/numerics/interruption.hpp"
#include "sim/numerics/linear_solve.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage::num {
namespace {

// Overwrites `work` with a Cholesky factor of `hessian`, its diagonal raised by the smallest fraction of a
// geometric ladder that makes it positive definite.
bool factor(std::span<const double> hessian, std::size_t n, std::span<double> work) {
  constexpr int kRungs = 8;  // 0, 1e-12, 1e-10, ..., 1
  double fraction = 0;
  for (int rung = 0; rung < kRungs; ++rung, fraction = fraction == 0 ? 1e-12 : 100 * fraction) {
    std::copy(hessian.begin(), hessian.end(), work.begin());
    if (fraction > 0) raise_diagonal(work, n, fraction);
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
  bool factored = false;
  for (; best.iterations < options.max_iterations && std::isfinite(best.value); ++best.iterations) {
    may_interrupt();
    f.hessian(hessian);
    factored = factor(hessian, n, work);
    if (!factored) break;
    for (std::size_t i = 0; i < n; ++i) direction[i] = -gradient[i];
    cholesky_solve(work, n, direction);
    const double slope = dot(gradient, direction);  // minus the squared decrement
    if (!(slope <= 0)) break;
    const double fraction = std::fmin(1.0, f.longest_step(direction));
    last_step = fraction == 1 && -slope <= options.decrement_tolerance;

    // A predicted decrease this small may drown in the rounding of f, which is a sum of many terms: the step
    // is then judged by its slope, which keeps its digits (the approximate Wolfe condition of
    // line_search.hpp).
    const bool near = -slope <= 1e-11 * (1 + std::fabs(best.value));
    double value = 0;
    bool accepted = false;
    double t = fraction;
    for (int k = 0; k <= (last_step ? 0 : options.max_halvings) && !accepted; ++k, t *= 0.5) {
      for (std::size_t i = 0; i < n; ++i) trial[i] = best.x[i] + t * direction[i];
      may_interrupt();
      value = f.evaluate(trial, trial_gradient);
      accepted = std::isfinite(value) && (near ? dot(trial_gradient, direction) <= -0.9 * slope
                                               : value <= best.value + 0.1 * t * slope);
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
  if (factored) best.step = newton_step(work, gradient);
  best.converged = last_step && std::isfinite(best.value) && std::isfinite(best.gradient_norm);
  return best;
}

}  // namespace twostage::num
