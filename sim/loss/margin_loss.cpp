#include "sim/loss/margin_loss.hpp"

#include <cmath>

#include "sim/numerics/elementary.hpp"

namespace twostage {

double LogisticLoss::evaluate(std::span<const double> margin, std::span<const double> wins,
                              std::span<const double> losses, std::span<double> slope,
                              std::span<double> curvature) {
  const std::size_t rows = margin.size();
  softplus_.resize(rows);
  win_.resize(rows);
  lose_.resize(rows);
  // All follow from e^-|Delta|: sigmoid(Delta), sigmoid(-Delta) and softplus(-Delta).
  for (std::size_t k = 0; k < rows; ++k) lose_[k] = -std::fabs(margin[k]);
  num::softplus(lose_, softplus_);
  num::exp(lose_, lose_);
  for (std::size_t k = 0; k < rows; ++k) {
    const double m = margin[k];
    const double e = lose_[k];
    win_[k] = (m > 0 ? 1 : e) / (1 + e);
    lose_[k] = (m < 0 ? 1 : e) / (1 + e);
    softplus_[k] = (m < 0 ? -m : 0) + softplus_[k];
  }
  double loss = 0;
  for (std::size_t k = 0; k < rows; ++k) {
    // wins softplus(-Delta) + losses softplus(Delta), since softplus(Delta) = softplus(-Delta) + Delta
    loss += (wins[k] + losses[k]) * softplus_[k] + losses[k] * margin[k];
    slope[k] = losses[k] * win_[k] - wins[k] * lose_[k];
    curvature[k] = (wins[k] + losses[k]) * win_[k] * lose_[k];
  }
  return loss;
}

double SquaredLoss::evaluate(std::span<const double> margin, std::span<const double> wins,
                             std::span<const double> losses, std::span<double> slope,
                             std::span<double> curvature) {
  double loss = 0;
  for (std::size_t k = 0; k < margin.size(); ++k) {
    const double above = margin[k] - target_;
    const double below = margin[k] + target_;
    loss += wins[k] * above * above + losses[k] * below * below;
    slope[k] = 2 * (wins[k] * above + losses[k] * below);
    curvature[k] = 2 * (wins[k] + losses[k]);
  }
  return loss;
}

}  // namespace twostage
