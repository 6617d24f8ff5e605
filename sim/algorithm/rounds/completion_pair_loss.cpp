#include "sim/algorithm/rounds/completion_pair_loss.hpp"

#include <algorithm>

#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {

CompletionPairLoss::CompletionPairLoss(const World& world, Completions completions,
                                       std::vector<std::vector<double>> preferred, double beta)
    : world_(world),
      completions_(std::move(completions)),
      preferred_(std::move(preferred)),
      beta_(beta),
      reference_(completions_.rows()),
      log_ratio_(reference_.size()),
      pull_(reference_.size()) {
  std::size_t most = 0;
  for (std::size_t p = 0; p < preferred_.size(); ++p)
    most = std::max<std::size_t>(most, completions_.count(p));
  for (std::vector<double>* of : {&margin_, &missed_, &won_, &lost_}) of->resize(most);
  path_sums(world.log_reference, completions_.edges, completions_.horizon, reference_);
}

double CompletionPairLoss::evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) {
  path_sums(log_policy, completions_.edges, completions_.horizon, log_ratio_);
  for (std::size_t i = 0; i < log_ratio_.size(); ++i) log_ratio_[i] -= reference_[i];
  std::ranges::fill(pull_, 0.0);
  double loss = 0;
  for (std::size_t p = 0; p < preferred_.size(); ++p) {
    if (world_.rho[p] == 0) continue;
    const std::size_t begin = completions_.first(p), count = completions_.count(p);
    const std::vector<double>& preferred = preferred_[p];
    for (std::size_t y = 0; y < count; ++y) {
      // The functions of a row at once, the sums in the order of its pairs.
      const auto first = [y](std::vector<double>& of) { return std::span(of).first(y); };
      const std::span margin = first(margin_), missed = first(missed_);
      const std::span won = first(won_), lost = first(lost_);
      for (std::size_t z = 0; z < y; ++z) margin[z] = beta_ * (log_ratio_[begin + y] - log_ratio_[begin + z]);
      num::logistic(margin, missed, won, lost);
      for (std::size_t z = 0; z < y; ++z) {
        const double wins = world_.rho[p] * preferred[y * count + z];
        const double losses = world_.rho[p] * preferred[z * count + y];
        if (wins == 0 && losses == 0) continue;
        loss += wins * missed[z] + losses * (margin[z] + missed[z]);
        const double slope = beta_ * (losses * won[z] - wins * lost[z]);
        pull_[begin + y] += slope;
        pull_[begin + z] -= slope;
      }
    }
  }
  add_along_paths(pull_, completions_.edges, completions_.horizon, d_log_policy);
  return loss;
}

}  // namespace twostage
