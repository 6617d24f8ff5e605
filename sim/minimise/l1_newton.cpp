#include "sim/minimise/l1_newton.hpp"

#include <algorithm>
#include <cmath>

#include "sim/numerics/interruption.hpp"
#include "sim/numerics/linear_solve.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage::num {
namespace {

double soft_threshold(double x, double threshold) {
  return x > threshold ? x - threshold : x < -threshold ? x + threshold : 0.0;
}

// The component of the smallest subgradient.
double least_subgradient(double gradient, double weight, double x) {
  if (x != 0) return gradient + (x > 0 ? weight : -weight);
  return soft_threshold(gradient, weight);
}

// min over z of g.(z - x) + (z - x) H (z - x) / 2 + sum_j w_j |z_j|.
class QuadraticModel {
 public:
  explicit QuadraticModel(std::span<const double> weights)
      : weights_(weights), n_(weights.size()), hessian_(n_ * n_), slope_(n_), z_(n_) {}

  std::span<double> hessian() { return hessian_; }  // the lower triangle is written; then call `solve`

  // `tolerance`: on the smallest subgradient of the model.
  const std::vector<double>& solve(std::span<const double> x, std::span<const double> gradient,
                                   double tolerance) {
    constexpr int kRounds = 100;
    constexpr int kSweeps = 4;
    for (std::size_t i = 0; i < n_; ++i)
      for (std::size_t j = 0; j < i; ++j) hessian_[j * n_ + i] = hessian_[i * n_ + j];
    x_ = x;
    gradient_ = gradient;
    std::ranges::copy(x, z_.begin());
    std::ranges::copy(gradient, slope_.begin());
    for (int round = 0; round < kRounds; ++round) {
      may_interrupt();
      for (int k = 0; k < kSweeps; ++k) descend();
      if (solve_on_support() || l1_violation(slope_, weights_, z_) <= tolerance) break;
    }
    return z_;
  }

 private:
  // One pass of coordinate descent; slope_ = g + H (z - x) is kept up to date.
  void descend() {
    for (std::size_t j = 0; j < n_; ++j) {
      const double curvature = hessian_[j * n_ + j];
      if (!(curvature > 0)) continue;
      const double next = soft_threshold(curvature * z_[j] - slope_[j], weights_[j]) / curvature;
      const double change = next - z_[j];
      if (change == 0) continue;
      axpy(change, std::span(hessian_).subspan(j * n_, n_), slope_);
      z_[j] = next;
    }
  }

  // Moves z_ to the minimum among points with its support and signs. Where a sign would change on the way, z_
  // stops there, drops that coordinate and goes on with the others: the model falls all the time. True when
  // the result is the minimum of the whole model.
  bool solve_on_support() {
    for (;;) {
      support_.clear();
      for (std::size_t j = 0; j < n_; ++j)
        if (hessian_[j * n_ + j] > 0 && (z_[j] != 0 || weights_[j] == 0)) support_.push_back(j);
      const std::size_t m = support_.size();
      // The step from z_: H_SS step = -(slope_S + w_S sign_S).
      step_.resize(m);
      for (std::size_t i = 0; i < m; ++i)
        step_[i] = -least_subgradient(slope_[support_[i]], weights_[support_[i]], z_[support_[i]]);
      if (!factor()) return false;
      cholesky_solve(factor_, m, step_);
      double longest = 1;
      std::size_t crossing = m;
      for (std::size_t i = 0; i < m; ++i) {
        const double at = z_[support_[i]];
        if (weights_[support_[i]] == 0 || (at + step_[i]) * at > 0) continue;
        if (const double t = -at / step_[i]; crossing == m || t < longest) {
          longest = t;
          crossing = i;
        }
      }
      for (std::size_t i = 0; i < m; ++i)
        z_[support_[i]] = i == crossing ? 0.0 : z_[support_[i]] + longest * step_[i];
      std::ranges::copy(gradient_, slope_.begin());
      for (std::size_t k = 0; k < n_; ++k)
        if (const double change = z_[k] - x_[k]; change != 0)
          axpy(change, std::span(hessian_).subspan(k * n_, n_), slope_);
      if (crossing == m) break;
    }
    for (std::size_t k = 0; k < n_; ++k)
      if (z_[k] == 0 && weights_[k] > 0 && !(std::fabs(slope_[k]) <= weights_[k] * (1 + 1e-12))) return false;
    return true;
  }

  // Cholesky factor of H_SS, its diagonal raised a little where it is only semidefinite.
  bool factor() {
    const std::size_t m = support_.size();
    for (const double fraction : {0.0, 1e-12, 1e-10, 1e-8}) {
      factor_.resize(m * m);
      for (std::size_t i = 0; i < m; ++i)
        for (std::size_t k = 0; k <= i; ++k) factor_[i * m + k] = hessian_[support_[i] * n_ + support_[k]];
      if (fraction > 0) raise_diagonal(factor_, m, fraction);
      if (cholesky(factor_, m)) return true;
    }
    return false;
  }

  std::span<const double> weights_;
  std::size_t n_;
  std::vector<double> hessian_;
  std::span<const double> x_, gradient_;
  std::vector<double> slope_, z_;
  std::vector<std::size_t> support_;
  std::vector<double> factor_, step_;
};

}  // namespace

double l1_violation(std::span<const double> gradient, std::span<const double> weights,
                    std::span<const double> x) {
  std::vector<double> least(x.size());
  for (std::size_t j = 0; j < x.size(); ++j) least[j] = least_subgradient(gradient[j], weights[j], x[j]);
  return norm(least);
}

double l1_norm(std::span<const double> weights, std::span<const double> x) {
  std::vector<double> terms(x.size());
  for (std::size_t j = 0; j < x.size(); ++j) terms[j] = weights[j] * std::fabs(x[j]);
  return sum(terms);
}

Minimum minimise_l1(TwiceDifferentiable& f, std::span<const double> weights, std::span<const double> start,
                    const L1NewtonOptions& options) {
  const std::size_t n = f.dimension();
  Minimum best{.x = {start.begin(), start.end()}};
  std::vector<double> gradient(n), trial(n), trial_gradient(n), direction(n);
  best.value = f.evaluate(best.x, gradient) + l1_norm(weights, best.x);
  best.gradient_norm = l1_violation(gradient, weights, best.x);
  QuadraticModel model(weights);
  bool last_step = false;
  for (; best.iterations < options.max_iterations && std::isfinite(best.value) && !last_step;
       ++best.iterations) {
    may_interrupt();
    f.hessian(model.hessian());
    const std::vector<double>& target = model.solve(best.x, gradient, 1e-3 * best.gradient_norm);
    for (std::size_t j = 0; j < n; ++j) direction[j] = target[j] - best.x[j];
    // What the first-order model promises for a full step.
    const double slope = dot(gradient, direction) + l1_norm(weights, target) - l1_norm(weights, best.x);
    if (!(slope <= 0)) break;
    const double fraction = std::fmin(1.0, f.longest_step(direction));
    last_step = fraction == 1 && -slope <= options.decrement_tolerance;
    // Too small to see through the rounding of F: judged by the subgradient, which keeps its digits.
    const bool near = -slope <= 1e-11 * (1 + std::fabs(best.value));
    double value = 0, violation = 0;
    bool accepted = false;
    double t = fraction;
    for (int k = 0; k <= (last_step ? 0 : options.max_halvings) && !accepted; ++k, t *= 0.5) {
      for (std::size_t j = 0; j < n; ++j) trial[j] = t == 1 ? target[j] : best.x[j] + t * direction[j];
      may_interrupt();
      value = f.evaluate(trial, trial_gradient) + l1_norm(weights, trial);
      violation = l1_violation(trial_gradient, weights, trial);
      accepted = std::isfinite(value) &&
                 (near ? violation <= best.gradient_norm : value <= best.value + 0.1 * t * slope);
    }
    if (!accepted) break;
    best.x.swap(trial);
    gradient.swap(trial_gradient);
    best.value = value;
    best.gradient_norm = violation;
  }
  best.converged = best.gradient_norm <= options.violation_accepted && std::isfinite(best.value);
  return best;
}

}  // namespace twostage::num
