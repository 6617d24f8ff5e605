#include "results/verdict/statistics/tilt.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {

Tilt::Tilt(std::size_t observed)
    : n_(static_cast<double>(observed)), inverse_(observed), logarithm_(observed) {}

Tilt::Divergence Tilt::divergence(std::span<const double> values, double nu) {
  for (std::size_t r = 0; r < inverse_.size(); ++r) inverse_[r] = 1 / (nu - values[r]);
  for (std::size_t r = 0; r < inverse_.size(); ++r) logarithm_[r] = num::log(nu - values[r]);
  const double inverse = num::sum(inverse_);
  return {num::sum(logarithm_) + n_ * num::log(inverse / n_),
          inverse - n_ * num::dot(inverse_, inverse_) / inverse};
}

// The nu > nearest at which the divergence is the budget. It is nearly n var / (2 nu^2), so that its inverse
// square root is nearly a straight line: Newton's method on that, inside a bracket.
double Tilt::level_of(std::span<const double> values, double budget, double nearest) {
  const double mean = num::sum(values) / n_;
  double low = nearest;
  double high = std::numeric_limits<double>::infinity();
  double nu = nearest + (nearest - mean);
  for (int step = 0; step < 200; ++step) {
    const auto [at, slope] = divergence(values, nu);
    if (std::fabs(at - budget) <= 1e-12 * budget) break;
    (at > budget ? low : high) = nu;
    // h = at^-1/2 - budget^-1/2, h' = -slope at^-3/2 / 2.
    double next = nu + 2 * at / slope * (1 - std::sqrt(at / budget));
    if (!(next > low)) next = low + 0.5 * (nu - low);
    if (!(next < high)) next = nu + 0.5 * (high - nu);
    if (!(next > low && next < high) || next == nu) break;  // neighbouring doubles
    nu = next;
  }
  return nu;
}

void Tilt::furthest(std::span<const double> values, double budget, std::span<double> weights) {
  const std::span<const double> observed = values.first(inverse_.size());
  const double unseen = values.back();
  const double largest = num::max(observed);
  const double smallest = *std::ranges::min_element(observed);
  std::ranges::fill(weights, 1 / n_);
  weights.back() = 0;
  if (smallest == largest && !(unseen > largest)) return;

  if (!(unseen > largest) || divergence(observed, unseen).at > budget) {
    const double nu = level_of(observed, budget, std::fmax(unseen, largest));
    divergence(observed, nu);
    const double all = num::sum(inverse_);
    for (std::size_t r = 0; r < inverse_.size(); ++r) weights[r] = inverse_[r] / all;
    return;
  }
  // sum_r log(1 / (n q_r)) = sum_r log(nu - y_r) - n log(n s) is the budget.
  const double ns = num::exp((num::sum(logarithm_) - budget) / n_);
  for (std::size_t r = 0; r < inverse_.size(); ++r) weights[r] = ns / n_ * inverse_[r];
  weights.back() = std::fmax(0.0, 1 - num::sum(weights.first(inverse_.size())));
}

}  // namespace twostage
