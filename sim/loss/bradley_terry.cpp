#include "sim/loss/bradley_terry.hpp"

#include <cmath>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/multiversion.hpp"

namespace twostage {

namespace {

struct Comparisons {
  const double* margin;
  const double* wins;
  const double* losses;
  const double* small;  // e^-|margin|
  const double* tail;   // log(1 + small)
  double* slope;
  double* curvature;
  double* term;  // of the loss
};

TWOSTAGE_MULTIVERSION void evaluate_each(const Comparisons& c, std::size_t rows) {
  TWOSTAGE_INDEPENDENT
  for (std::size_t k = 0; k < rows; ++k) {
    const double delta = c.margin[k];
    const double likely = 1 / (1 + c.small[k]);   // sigmoid(|Delta|)
    const double unlikely = c.small[k] * likely;  // sigmoid(-|Delta|)
    const double win = delta > 0 ? likely : unlikely;
    const double lose = delta > 0 ? unlikely : likely;
    c.term[k] = c.wins[k] * (c.tail[k] + (delta < 0 ? -delta : 0.0)) +
                c.losses[k] * (c.tail[k] + (delta > 0 ? delta : 0.0));
    c.slope[k] = c.losses[k] * win - c.wins[k] * lose;
    c.curvature[k] = (c.wins[k] + c.losses[k]) * (likely * unlikely);
  }
}

}  // namespace

double BradleyTerry::evaluate(std::span<const double> wins, std::span<const double> losses) {
  num::logistic_parts(margins, small_, tail_);
  evaluate_each({.margin = margins.data(),
                 .wins = wins.data(),
                 .losses = losses.data(),
                 .small = small_.data(),
                 .tail = tail_.data(),
                 .slope = slope.data(),
                 .curvature = curvature.data(),
                 .term = terms_.data()},
                margins.size());
  double loss = 0;
  for (const double term : terms_) loss += term;
  return loss;
}

}  // namespace twostage
