#include "sim/minimise/damped_newton.hpp"

#include <algorithm>
#include <cmath>

#include "sim/numerics/interruption.hpp"
#include "sim/numerics/linear_solve.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage::num {
namespace {

// In units of the largest diagonal entry of H at the start.
constexpr double kFirst = 1e-4;
constexpr double kFloor = 1e-14;
constexpr double kCeiling = 1e12;

double largest_diagonal(std::span<const double> matrix, std::size_t n) {
  double largest = 0;
  for (std::size_t i = 0; i < n; ++i) largest = std::fmax(largest, std::fabs(matrix[i * n + i]));
  return largest > 0 ? largest : 1;
}

}  // namespace

Minimum minimise_damped_newton(TwiceDifferentiable& f, std::span<const double> start,
                               const DampedNewtonOptions& options) {
  const std::size_t n = f.dimension();
  Minimum best{.x = {start.begin(), start.end()}};
  std::vector<double> gradient(n), trial(n), trial_gradient(n), direction(n), hessian(n * n), factor(n * n);
  best.value = f.evaluate(best.x, gradient);
  f.hessian(hessian);
  const double unit = largest_diagonal(hessian, n);
  const double floor = kFloor * unit;
  double mu = kFirst * unit;

  double slope = 0;  // g.d, minus the squared decrement
  bool factored = false;
  const auto solve = [&](double damping) {
    std::ranges::copy(hessian, factor.begin());
    for (std::size_t i = 0; i < n; ++i) factor[i * n + i] += damping;
    factored = cholesky(factor, n);
    if (!factored) return false;
    for (std::size_t i = 0; i < n; ++i) direction[i] = -gradient[i];
    cholesky_solve(factor, n, direction);
    slope = dot(gradient, direction);
    return slope <= 0;
  };

  bool last_step = false;
  bool tried_floor = false;  // at the current point
  for (; best.iterations < options.max_iterations && std::isfinite(best.value) && mu < kCeiling * unit;
       ++best.iterations) {
    may_interrupt();
    if (!solve(mu)) {
      mu *= 4;
      continue;
    }
    if (-slope <= options.decrement_tolerance && !tried_floor) {
      tried_floor = true;
      last_step = solve(floor) && -slope <= options.decrement_tolerance;
      if (last_step)
        mu = floor;
      else
        solve(mu);
    }

    for (std::size_t i = 0; i < n; ++i) trial[i] = best.x[i] + direction[i];
    const double value = f.evaluate(trial, trial_gradient);
    // d.H.d = -g.d - mu d.d, so the model falls by -g.d - d.H.d/2:
    const double predicted = -0.5 * slope + 0.5 * mu * dot(direction, direction);
    // Too small to see through the rounding of f: judged by the slope, as in newton.cpp.
    const bool near = predicted <= 1e-11 * (1 + std::fabs(best.value));
    const double ratio = near ? 1 : (best.value - value) / predicted;
    if (!std::isfinite(value) || (near ? dot(trial_gradient, direction) > -0.9 * slope : ratio < 0.1)) {
      if (last_step) break;  // at the rounding floor already
      mu *= 4;
      continue;
    }
    best.x.swap(trial);
    gradient.swap(trial_gradient);
    best.value = value;
    tried_floor = false;
    if (last_step) {
      ++best.iterations;
      break;
    }
    f.hessian(hessian);
    if (ratio > 0.75) mu = std::fmax(mu / 4, floor);
    if (ratio < 0.25) mu *= 2;
  }
  best.gradient_norm = norm(gradient);
  if (factored) best.step = newton_step(factor, gradient);
  best.converged = last_step && std::isfinite(best.value) && std::isfinite(best.gradient_norm);
  return best;
}

Minimum finish_damped(TwiceDifferentiable& f, Minimum minimum) {
  if (minimum.converged || !std::isfinite(minimum.value)) return minimum;
  Minimum finished = minimise_damped_newton(f, minimum.x);
  finished.iterations += minimum.iterations;
  return finished;
}

}  // namespace twostage::num
