#include "sim/minimise/lbfgs.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/numerics/linear_solve.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage::num {
namespace {

constexpr int kPatience = 200;     // iterations without halving the gradient
constexpr double kCoarse = 1e-10;  // relative error of a value that is a sum over very many terms

}  // namespace

Lbfgs::Lbfgs(SmoothFunction& f, std::span<const double> start, const LbfgsOptions& options)
    : f_(f),
      options_(options),
      best_{.x = {start.begin(), start.end()}},
      gradient_(f.dimension()),
      direction_(f.dimension()) {
  best_.value = f_.evaluate(best_.x, gradient_);
  best_.gradient_norm = lowest_ = norm(gradient_);
}

bool Lbfgs::goes_on() const {
  // At the rounding floor the gradient wanders: good enough, and not getting better.
  const bool at_floor =
      best_.gradient_norm <= options_.gradient_accepted && best_.iterations - fell_ > kPatience;
  return !stopped_ && best_.iterations < options_.max_iterations && std::isfinite(best_.value) &&
         best_.gradient_norm > options_.gradient_goal && !at_floor;
}

bool Lbfgs::advance(int iterations) {
  const int end = best_.iterations + std::min(iterations, options_.max_iterations - best_.iterations);
  while (goes_on() && best_.iterations < end) {
    two_loop();
    const bool scaled = !pairs_.empty() || !options_.metric.empty();
    const double first_step = scaled ? 1.0 : 1 / std::fmax(1.0, best_.gradient_norm);
    old_x_ = best_.x;
    old_gradient_ = gradient_;
    if (!line_search(f_, direction_, first_step, best_.x, best_.value, gradient_, search_)) {
      // Even along -g nothing is gained: the rounding floor. Of the value, it may be, before that of the
      // slope, which is then trusted as far as the value is off in a sum over many terms.
      stopped_ = pairs_.empty() && std::exchange(search_.rounding, kCoarse) == kCoarse;
      pairs_.clear();
      continue;
    }
    ++best_.iterations;
    best_.gradient_norm = norm(gradient_);
    if (best_.gradient_norm < lowest_ / 2) {
      lowest_ = best_.gradient_norm;
      fell_ = best_.iterations;
    }
    remember_step();
  }
  best_.converged = std::isfinite(best_.value) && best_.gradient_norm <= options_.gradient_accepted;
  return !goes_on();
}

void Lbfgs::remember_step() {
  const std::size_t n = best_.x.size();
  Correction pair{std::vector<double>(n), std::vector<double>(n), 0};
  for (std::size_t i = 0; i < n; ++i) {
    pair.s[i] = best_.x[i] - old_x_[i];
    pair.y[i] = gradient_[i] - old_gradient_[i];
  }
  const double sy = dot(pair.s, pair.y);
  if (!(sy > 0)) return;  // rounding: the pair carries no curvature
  pair.inverse_sy = 1 / sy;
  pairs_.push_back(std::move(pair));
  if (pairs_.size() > options_.memory) pairs_.pop_front();
}

void Lbfgs::two_loop() {
  const std::span<const double> metric = options_.metric;
  for (std::size_t i = 0; i < gradient_.size(); ++i) direction_[i] = -gradient_[i];
  alpha_.resize(pairs_.size());
  for (std::size_t k = pairs_.size(); k-- > 0;) {
    alpha_[k] = pairs_[k].inverse_sy * dot(pairs_[k].s, direction_);
    axpy(-alpha_[k], pairs_[k].y, direction_);
  }
  if (!pairs_.empty()) {
    const Correction& newest = pairs_.back();
    std::vector<double> scaled = newest.y;
    if (!metric.empty()) cholesky_solve(metric, scaled.size(), scaled);
    const double gamma = 1 / (newest.inverse_sy * dot(newest.y, scaled));
    for (double& d : direction_) d *= gamma;
  }
  if (!metric.empty()) cholesky_solve(metric, direction_.size(), direction_);
  for (std::size_t k = 0; k < pairs_.size(); ++k) {
    const double beta = pairs_[k].inverse_sy * dot(pairs_[k].y, direction_);
    axpy(alpha_[k] - beta, pairs_[k].s, direction_);
  }
}

Minimum Lbfgs::minimum() {
  two_loop();
  Minimum out = best_;
  out.step = direction_;
  return out;
}

Minimum minimise_lbfgs(SmoothFunction& f, std::span<const double> start, const LbfgsOptions& options) {
  Lbfgs descent(f, start, options);
  descent.advance(options.max_iterations);
  return descent.minimum();
}

}  // namespace twostage::num
