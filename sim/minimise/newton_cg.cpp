#include "sim/minimise/newton_cg.hpp"

#include <algorithm>
#include <cmath>

#include "sim/numerics/interruption.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage::num {
namespace {

// Damping, in units of the largest diagonal entry of H at the start.
constexpr double kFirstDamping = 1e-4;
constexpr double kLeastDamping = 1e-9;  // below, there is none
constexpr double kMostDamping = 1e12;
// Steps that are shorter than the longest by this factor leave room for one with less damping.
constexpr double kRoom = 4;

// Tolerances of conjugate gradients: from the first to the last step, and for what is told of the error.
constexpr double kLoosest = 0.5;
constexpr double kTightest = 1e-8;
constexpr double kOfError = 1e-3;

}  // namespace

NewtonCg::NewtonCg(WithProducts& f, std::span<const double> start, const NewtonCgOptions& options)
    : f_(f),
      options_(options),
      best_{.x = {start.begin(), start.end()}},
      gradient_(f.dimension()),
      direction_(f.dimension()),
      trial_(f.dimension()),
      trial_gradient_(f.dimension()),
      tolerance_(kLoosest) {
  best_.value = f_.evaluate(best_.x, gradient_);
  best_.gradient_norm = norm(gradient_);
  if (!std::isfinite(best_.value)) return;
  f_.prepare_products(direction_);
  unit_ = max_abs(direction_);
}

Solved NewtonCg::solve(double tolerance, double mu) {
  const auto [solved, products] =
      conjugate_gradient(f_, gradient_, direction_,
                         {.tolerance = tolerance, .max_products = options_.max_products, .damping = mu});
  for (double& d : direction_) d = -d;
  products_ += std::max(products, 1);
  return solved;
}

bool NewtonCg::nearly_there(Solved solved) const {
  return solved == Solved::yes && mu_ == 0 && -dot(gradient_, direction_) <= options_.decrement_tolerance;
}

void NewtonCg::damp() {
  mu_ = std::fmax(4 * mu_, kFirstDamping * unit_);
  if (!(mu_ < kMostDamping * unit_)) ended_ = true;
}

bool NewtonCg::advance(long products) {
  const long end = products_ + products;
  f_.evaluate(best_.x, gradient_);  // products are of the last point
  while (!ended_ && products_ < end) {
    may_interrupt();
    best_.converged = best_.gradient_norm <= options_.gradient_goal;
    ended_ = best_.converged || !std::isfinite(best_.value);
    if (ended_) break;
    Solved solved = solve(tolerance_, mu_);
    // Small eigenvalues may hide the rest.
    if (nearly_there(solved) && tolerance_ > kTightest) solved = solve(kTightest, mu_);
    ended_ = solved == Solved::failed;
    if (ended_) break;
    last_ = nearly_there(solved);
    const bool falls = dot(gradient_, direction_) < 0;
    if (solved == Solved::no_curvature || !falls || f_.longest_step(direction_) < 1)
      damp();
    else
      step();
  }
  return ended_;
}

void NewtonCg::step() {
  for (std::size_t i = 0; i < trial_.size(); ++i) trial_[i] = best_.x[i] + direction_[i];
  const double value = f_.evaluate(trial_, trial_gradient_);
  const double slope = dot(gradient_, direction_);  // minus the squared decrement
  // For an exact solution d.H.d = -g.d - mu d.d, so the model falls by -g.d - d.H.d/2:
  const double predicted = -0.5 * slope + 0.5 * mu_ * dot(direction_, direction_);
  // Too small to see through the rounding of f: judged by the slope, as in newton.cpp.
  const bool near = predicted <= 1e-11 * (1 + std::fabs(best_.value));
  const double ratio = near ? 1 : (best_.value - value) / predicted;
  if (!std::isfinite(value) || (near ? dot(trial_gradient_, direction_) > -0.9 * slope : ratio < 0.1)) {
    ended_ = last_;  // at the floor of rounding already
    damp();
    f_.evaluate(best_.x, gradient_);
    return;
  }
  best_.x.swap(trial_);
  gradient_.swap(trial_gradient_);
  best_.value = value;
  best_.gradient_norm = norm(gradient_);
  ++best_.iterations;
  best_.converged = ended_ = last_;
  if (ratio > 0.5 && f_.longest_step(direction_) > kRoom) mu_ = mu_ / 4 < kLeastDamping * unit_ ? 0 : mu_ / 4;
  if (ratio < 0.25) mu_ *= 2;
  tolerance_ = std::fmin(kLoosest, std::fmax(kTightest, std::sqrt(-slope)));
}

Minimum NewtonCg::minimum() {
  Minimum out = best_;
  if (!std::isfinite(best_.value)) return out;
  f_.evaluate(best_.x, gradient_);
  const Solved solved = solve(kOfError, 0);
  if (solved == Solved::failed || (solved == Solved::no_curvature && max_abs(direction_) == 0)) {
    f_.prepare_products(direction_);
    for (std::size_t i = 0; i < direction_.size(); ++i) direction_[i] = -gradient_[i] / direction_[i];
  }
  out.step = direction_;
  return out;
}

}  // namespace twostage::num
