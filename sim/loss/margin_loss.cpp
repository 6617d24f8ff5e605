#include "sim/loss/margin_loss.hpp"

#include "sim/numerics/elementary.hpp"

namespace twostage {

double LogisticLoss::evaluate(std::span<const double> margin, std::span<const double> wins,
                              std::span<const double> losses, std::span<double> slope,
                              std::span<double> curvature) {
  const std::size_t rows = margin.size();
  for (std::vector<double>* of : {&missed_, &win_, &lose_}) of->resize(rows);
  num::logistic(margin, missed_, win_, lose_);
  double loss = 0;
  for (std::size_t k = 0; k < rows; ++k) {
    // wins softplus(-Delta) + losses softplus(Delta), since softplus(Delta) = softplus(-Delta) + Delta
    loss += (wins[k] + losses[k]) * missed_[k] + losses[k] * margin[k];
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
