#include "sim/minimise/newton.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sim/minimise/conjugate_gradient.hpp"
#include "sim/numerics/interruption.hpp"
#include "sim/numerics/linear_solve.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage::num {
namespace {

// H d = -g at the point of the last evaluation of f, at each of which it is set up anew.
class NewtonSystem {
 public:
  NewtonSystem(TwiceDifferentiable& f, double decrement_tolerance)
      : f_(f), n_(f.dimension()), decrement_tolerance_(decrement_tolerance) {
    constexpr double fewest = 10;  // products that may come to something
    constexpr double most = 200;
    const auto n = static_cast<double>(n_);
    const double products = 0.25 * (n * n * n / 3) / f.product_cost();
    if (n_ > kCheapToFactorise && products >= fewest) products_ = static_cast<int>(std::fmin(products, most));
  }

  // False when not even a raised diagonal makes H positive definite.
  bool solve(std::span<const double> gradient, std::span<double> direction) {
    if (products_ > 0 && solve_by_products(gradient, direction)) return true;
    products_ = 0;
    factored_ = factor();
    if (factored_) std::ranges::copy(newton_step(factor_, gradient), direction.begin());
    return factored_;
  }

  // About the step that would come next, from a gradient at the point of the last evaluation: by the last
  // factor, which the last, tiny, step has hardly changed. Empty without one.
  std::vector<double> next_step(std::span<const double> gradient) {
    std::vector<double> step(n_);
    if (products_ > 0 && solve_to(kCoarsest, gradient, step)) return step;
    if (products_ > 0) factored_ = factor();
    return factored_ ? newton_step(factor_, gradient) : std::vector<double>{};
  }

 private:
  // A residual of the size of the last decrement keeps the method quadratic. It may hide what lies along
  // eigenvectors of small eigenvalues: a decrement that is to be the last is taken from none but the finest.
  bool solve_by_products(std::span<const double> gradient, std::span<double> direction) {
    const bool nearly_last = decrement_ * decrement_ <= kFinest;
    const double tolerance = nearly_last ? kFinest : std::fmin(decrement_, kCoarsest);
    bool settled = solve_to(tolerance, gradient, direction);
    const auto squared = [&] { return -dot(gradient, direction); };
    if (settled && !nearly_last && squared() <= decrement_tolerance_)
      settled = solve_to(kFinest, gradient, direction);
    decrement_ = std::sqrt(squared());
    return settled;
  }

  bool solve_to(double tolerance, std::span<const double> gradient, std::span<double> direction) {
    const Solved solved =
        conjugate_gradient(f_, gradient, direction, {.tolerance = tolerance, .max_products = products_})
            .solved;
    for (double& d : direction) d = -d;
    return solved == Solved::yes;
  }

  // A Cholesky factor of the Hessian, its diagonal raised by the smallest fraction of a geometric ladder that
  // makes it positive definite.
  bool factor() {
    constexpr int rungs = 8;  // 0, 1e-12, 1e-10, ..., 1
    hessian_.resize(n_ * n_);
    factor_.resize(n_ * n_);
    f_.hessian(hessian_);
    double fraction = 0;
    for (int rung = 0; rung < rungs; ++rung, fraction = fraction == 0 ? 1e-12 : 100 * fraction) {
      std::ranges::copy(hessian_, factor_.begin());
      if (fraction > 0) raise_diagonal(factor_, n_, fraction);
      if (cholesky(factor_, n_)) return true;
    }
    return false;
  }

  static constexpr double kCoarsest = 1e-2, kFinest = 1e-8;  // tolerances of conjugate gradients

  TwiceDifferentiable& f_;
  std::size_t n_;
  double decrement_tolerance_;
  int products_ = 0;              // that conjugate gradients may take; 0: H is factorised
  double decrement_ = kCoarsest;  // sqrt(g^T H^-1 g) of the last system
  std::vector<double> hessian_, factor_;
  bool factored_ = false;
};

}  // namespace

Minimum minimise_newton(TwiceDifferentiable& f, std::span<const double> start, const NewtonOptions& options) {
  const std::size_t n = f.dimension();
  Minimum best{.x = {start.begin(), start.end()}};
  std::vector<double> gradient(n), trial(n), trial_gradient(n), direction(n);
  best.value = f.evaluate(best.x, gradient);
  NewtonSystem system(f, options.decrement_tolerance);
  bool last_step = false;
  bool solved = false;
  for (; best.iterations < options.max_iterations && std::isfinite(best.value); ++best.iterations) {
    may_interrupt();
    solved = system.solve(gradient, direction);
    if (!solved) break;
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
  if (solved) best.step = system.next_step(gradient);
  best.converged = last_step && std::isfinite(best.value) && std::isfinite(best.gradient_norm);
  return best;
}

}  // namespace twostage::num
