#include "sim/minimise/lbfgs.hpp"

#include <cmath>
#include <deque>
#include <utility>

#include "sim/minimise/line_search.hpp"
#include "sim/numerics/linear_solve.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage::num {
namespace {

constexpr int kPatience = 200;     // iterations without halving the gradient
constexpr double kCoarse = 1e-10;  // relative error of a value that is a sum over very many terms

struct Correction {
  std::vector<double> s;  // x_{k+1} - x_k
  std::vector<double> y;  // g_{k+1} - g_k
  double inverse_sy;
};

// direction = -H_k g by the two-loop recursion, H_0 = (s.y / y.W y) W of the newest pair,
// W the inverse of the metric.
void two_loop(const std::deque<Correction>& pairs, std::span<const double> gradient,
              std::span<double> direction, std::vector<double>& alpha, std::span<const double> metric) {
  for (std::size_t i = 0; i < gradient.size(); ++i) direction[i] = -gradient[i];
  alpha.resize(pairs.size());
  for (std::size_t k = pairs.size(); k-- > 0;) {
    alpha[k] = pairs[k].inverse_sy * dot(pairs[k].s, direction);
    axpy(-alpha[k], pairs[k].y, direction);
  }
  if (!pairs.empty()) {
    const Correction& newest = pairs.back();
    std::vector<double> scaled = newest.y;
    if (!metric.empty()) cholesky_solve(metric, scaled.size(), scaled);
    const double gamma = 1 / (newest.inverse_sy * dot(newest.y, scaled));
    for (double& d : direction) d *= gamma;
  }
  if (!metric.empty()) cholesky_solve(metric, direction.size(), direction);
  for (std::size_t k = 0; k < pairs.size(); ++k) {
    const double beta = pairs[k].inverse_sy * dot(pairs[k].y, direction);
    axpy(alpha[k] - beta, pairs[k].s, direction);
  }
}

}  // namespace

Minimum minimise_lbfgs(SmoothFunction& f, std::span<const double> start, const LbfgsOptions& options) {
  const std::size_t n = f.dimension();
  Minimum best{.x = {start.begin(), start.end()}};
  std::vector<double> gradient(n), direction(n), old_x, old_gradient, alpha;
  std::deque<Correction> pairs;
  best.value = f.evaluate(best.x, gradient);
  best.gradient_norm = norm(gradient);
  LineSearchOptions search;
  double lowest = best.gradient_norm;
  int fell = 0;  // the iteration of `lowest`

  // At the rounding floor the gradient wanders: good enough, and not getting better.
  const auto at_floor = [&] {
    return best.gradient_norm <= options.gradient_accepted && best.iterations - fell > kPatience;
  };
  while (best.iterations < options.max_iterations && std::isfinite(best.value) &&
         best.gradient_norm > options.gradient_goal && !at_floor()) {
    two_loop(pairs, gradient, direction, alpha, options.metric);
    const bool scaled = !pairs.empty() || !options.metric.empty();
    const double first_step = scaled ? 1.0 : 1 / std::fmax(1.0, best.gradient_norm);
    old_x = best.x;
    old_gradient = gradient;
    if (!line_search(f, direction, first_step, best.x, best.value, gradient, search)) {
      // Even along -g nothing is gained: the rounding floor. Of the value, it may be, before that of the
      // slope, which is then trusted as far as the value is off in a sum over many terms.
      if (pairs.empty() && std::exchange(search.rounding, kCoarse) == kCoarse) break;
      pairs.clear();
      continue;
    }
    ++best.iterations;
    best.gradient_norm = norm(gradient);
    if (best.gradient_norm < lowest / 2) {
      lowest = best.gradient_norm;
      fell = best.iterations;
    }

    Correction pair{std::vector<double>(n), std::vector<double>(n), 0};
    for (std::size_t i = 0; i < n; ++i) {
      pair.s[i] = best.x[i] - old_x[i];
      pair.y[i] = gradient[i] - old_gradient[i];
    }
    const double sy = dot(pair.s, pair.y);
    if (!(sy > 0)) continue;  // rounding: the pair carries no curvature
    pair.inverse_sy = 1 / sy;
    pairs.push_back(std::move(pair));
    if (pairs.size() > options.memory) pairs.pop_front();
  }
  two_loop(pairs, gradient, direction, alpha, options.metric);
  best.step = std::move(direction);
  best.converged = std::isfinite(best.value) && best.gradient_norm <= options.gradient_accepted;
  return best;
}

}  // namespace twostage::num
