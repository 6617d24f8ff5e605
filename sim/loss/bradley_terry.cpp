#include "sim/loss/bradley_terry.hpp"

#include <cmath>

#include "sim/numerics/elementary.hpp"

namespace twostage {

double BradleyTerry::evaluate(std::span<const double> wins, std::span<const double> losses) {
  for (std::size_t k = 0; k < margins.size(); ++k) small_[k] = -std::fabs(margins[k]);
  num::softplus(small_, tail_);
  num::exp(small_, small_);
  double loss = 0;
  for (std::size_t k = 0; k < margins.size(); ++k) {
    const double delta = margins[k];
    const double likely = 1 / (1 + small_[k]);   // sigmoid(|Delta|)
    const double unlikely = small_[k] * likely;  // sigmoid(-|Delta|)
    const double win = delta > 0 ? likely : unlikely;
    const double lose = delta > 0 ? unlikely : likely;
    loss += wins[k] * (tail_[k] + (delta < 0 ? -delta : 0.0)) +
            losses[k] * (tail_[k] + (delta > 0 ? delta : 0.0));
    slope[k] = losses[k] * win - wins[k] * lose;
    curvature[k] = (wins[k] + losses[k]) * (likely * unlikely);
  }
  return loss;
}

}  // namespace twostage
