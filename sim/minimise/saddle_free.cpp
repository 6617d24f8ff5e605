#include "sim/minimise/saddle_free.hpp"

#include <cmath>

#include "sim/numerics/interruption.hpp"
#include "sim/numerics/linear_solve.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage::num {
namespace {

constexpr double kLargestDamping = 1e12;
constexpr int kSaddleSteps = 50;

// Cholesky factor after a change of the diagonal that matters only where the matrix is flat.
bool factor_raised(std::span<double> matrix, std::size_t n) {
  raise_diagonal(matrix, n, 1e-12);
  return cholesky(matrix, n);
}

// Whether the point of the last evaluation is a minimum to second order, flat directions allowed.
bool semidefinite_here(WithMetric& f, std::span<double> work, std::size_t n) {
  f.hessian(work);
  return factor_raised(work, n);
}

}  // namespace

Minimum minimise_saddle_free(WithMetric& f, std::span<const double> start, const SaddleFreeOptions& options) {
  const std::size_t n = f.dimension();
  Minimum best{.x = {start.begin(), start.end()}};
  std::vector<double> gradient(n), trial(n), trial_gradient(n), direction(n), factor(n * n);
  best.value = f.evaluate(best.x, gradient);

  double damping = 0;
  enum class Factor { none, hessian, metric } factored = Factor::none;  // at the current point
  bool usable = false;                                                  // `factor` holds one
  bool done = false;
  int at_saddle = 0;
  while (!done && best.iterations < options.max_iterations && std::isfinite(best.value) &&
         damping < kLargestDamping) {
    may_interrupt();
    if (damping == 0 && factored == Factor::none) {
      f.hessian(factor);
      usable = cholesky(factor, n);
      if (usable)
        factored = Factor::hessian;
      else
        damping = 1;
    }
    if (damping > 0 && factored != Factor::metric) {
      f.metric(factor);
      usable = factor_raised(factor, n);
      if (!usable) break;
      factored = Factor::metric;
    }
    for (std::size_t i = 0; i < n; ++i) direction[i] = -gradient[i];
    cholesky_solve(factor, n, direction);
    const double full_slope = dot(gradient, direction);
    if (!(full_slope <= 0)) break;
    const double fraction = std::fmin(1 / std::fmax(damping, 1), f.longest_step(direction));
    if (fraction < 1)
      for (double& d : direction) d *= fraction;
    const double slope = std::fmin(fraction, 1.0) * full_slope;
    done = damping == 0 && fraction >= 1 && -slope <= options.decrement_tolerance;
    if (damping == 1 && -slope <= options.decrement_tolerance) {
      // Stationary, and the Hessian singular or indefinite: a flat minimum, or a saddle, from which further
      // steps drift away.
      usable = best.converged = semidefinite_here(f, factor, n);
      if (best.converged || ++at_saddle > kSaddleSteps) break;
      factored = Factor::none;
    }

    ++best.iterations;
    for (std::size_t i = 0; i < n; ++i) trial[i] = best.x[i] + direction[i];
    const double value = f.evaluate(trial, trial_gradient);
    // -g.d - d.H.d/2 >= -g.d/2, since d.H.d <= -g.d for either matrix and any fraction of its step.
    const double predicted = -0.5 * slope;
    // Too small to see through the rounding of f: judged by the slope, as in newton.cpp.
    const bool near = predicted <= 1e-11 * (1 + std::fabs(best.value));
    const double ratio = near ? 1 : (best.value - value) / predicted;
    const bool accept =
        std::isfinite(value) && (near ? dot(trial_gradient, direction) <= -0.9 * slope : ratio >= 0.1);
    if (!accept) {
      if (done) break;  // at the rounding floor already
      damping = damping == 0 ? 1 : 4 * damping;
      f.evaluate(best.x, gradient);  // the metric is asked for at this point
      continue;
    }
    if (ratio > 0.5) damping = damping > 1 ? damping / 4 : 0;
    best.x.swap(trial);
    gradient.swap(trial_gradient);
    best.value = value;
    factored = Factor::none;
  }
  best.gradient_norm = norm(gradient);
  if (usable) best.step = newton_step(factor, gradient);
  best.converged = (done || best.converged) && std::isfinite(best.value) && std::isfinite(best.gradient_norm);
  return best;
}

}  // namespace twostage::num
