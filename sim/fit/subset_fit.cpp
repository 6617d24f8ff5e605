#include "sim/fit/subset_fit.hpp"

#include <algorithm>
#include <cmath>

#include "sim/fit/fit_error.hpp"
#include "sim/fit/limits.hpp"
#include "sim/fit/on_support.hpp"
#include "sim/loss/row_objective.hpp"
#include "sim/minimise/damped_newton.hpp"
#include "sim/minimise/newton.hpp"

namespace twostage {
namespace {

using Features = std::vector<std::size_t>;

class Search {
 public:
  Search(const LinearModel& whole, std::size_t k, const World& world, const PairTable& table,
         const Penalty& penalty)
      : objective_(whole, world, table, penalty), k_(k) {
    for (std::size_t i = 0; i < whole.parameters(); ++i) order_.push_back(i);
    const num::Minimum all = fit(order_);
    const std::vector<double> squares = objective_.rows().column_squares();
    const auto weight = [&](std::size_t i) { return all.x[i] * all.x[i] * squares[i]; };
    std::ranges::stable_sort(order_, [&](std::size_t a, std::size_t b) { return weight(a) > weight(b); });
    Features first(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(std::min(k, order_.size())));
    best_ = fit(first);
    branch({}, 0, all.value);
  }

  num::Minimum result() && {
    best_.iterations = fits_;
    best_.converged = best_.converged && sound_;
    return std::move(best_);
  }

 private:
  num::Minimum fit(Features features) {
    ++fits_;
    if (features.empty()) {
      const std::vector<double> nothing(objective_.dimension(), 0.0);
      std::vector<double> unused(nothing.size());
      return {.x = nothing, .value = objective_.evaluate(nothing, unused), .converged = true};
    }
    std::ranges::sort(features);
    OnSupport on_support(objective_, std::move(features));
    const std::vector<double> start(on_support.dimension(), 0.0);
    num::Minimum minimum = num::finish_damped(on_support, num::minimise_newton(on_support, start));
    sound_ = sound_ && minimum.converged;
    minimum.x = on_support.whole(minimum.x);
    if (!minimum.step.empty()) minimum.step = on_support.whole(minimum.step);
    return minimum;
  }

  // `taken` of order_[0 .. next); `bound`: what they cost with all that are open.
  void branch(const Features& taken, std::size_t next, double bound) {
    constexpr double margin = 1e-9;
    if (!(bound < best_.value - margin * (1 + std::fabs(best_.value)))) return;
    if (taken.size() == k_ || next == order_.size()) {
      num::Minimum mine = fit(taken);
      if (mine.value < best_.value) best_ = std::move(mine);
      return;
    }
    Features with = taken;
    with.push_back(order_[next]);
    branch(with, next + 1, bound);
    Features open = taken;
    open.insert(open.end(), order_.begin() + static_cast<std::ptrdiff_t>(next) + 1, order_.end());
    branch(taken, next + 1, fit(std::move(open)).value);
  }

  RowObjective objective_;
  std::size_t k_;
  Features order_;  // the likely first
  num::Minimum best_;
  int fits_ = 0;
  bool sound_ = true;  // every fit converged, so that every bound is one
};

}  // namespace

RewardFit fit_subset(const LinearModel& whole, std::size_t k, const World& world, const PairTable& table,
                     const Penalty& penalty) {
  num::Minimum minimum = Search(whole, k, world, table, penalty).result();
  return {.theta = std::move(minimum.x),
          .certificate = certificate_of(minimum, Optimum::global),
          .edge_error = reward_error(whole, world, minimum.step)};
}

}  // namespace twostage
