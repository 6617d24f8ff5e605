#include "sim/algorithm/reward_fit.hpp"

#include <algorithm>
#include <cmath>

#include "sim/algorithm/comparison_rows.hpp"
#include "sim/algorithm/limits.hpp"
#include "sim/algorithm/reward_penalty.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/lbfgs.hpp"
#include "sim/numerics/newton.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

// sum_k wins_k softplus(-Delta_k) + losses_k softplus(Delta_k), with its derivatives in each margin.
double bradley_terry(std::span<const double> wins, std::span<const double> losses,
                     std::span<const double> margins, std::span<double> first_derivative,
                     std::span<double> second_derivative) {
  double loss = 0;
  for (std::size_t k = 0; k < margins.size(); ++k) {
    const double delta = margins[k];
    const double small = num::exp(-std::fabs(delta));  // from which everything follows
    const double likely = 1 / (1 + small);             // sigmoid(|Delta|)
    const double unlikely = small * likely;            // sigmoid(-|Delta|)
    const double win = delta > 0 ? likely : unlikely;
    const double lose = delta > 0 ? unlikely : likely;
    const double tail = num::log1p(small);
    loss += wins[k] * (tail + std::fmax(-delta, 0.0)) + losses[k] * (tail + std::fmax(delta, 0.0));
    first_derivative[k] = losses[k] * win - wins[k] * lose;
    second_derivative[k] = (wins[k] + losses[k]) * (likely * unlikely);
  }
  return loss;
}

// Small classes: comparisons as rows, exact Hessian.
class RowObjective final : public num::TwiceDifferentiable {
 public:
  RowObjective(const LinearModel& model, const World& world, const PairTable& table, const Penalty& penalty)
      : rows_(model, table),
        penalty_(model, world, penalty, true),
        margins_(rows_.rows()),
        slope_(rows_.rows()),
        curvature_(rows_.rows()) {}

  std::size_t dimension() const override { return rows_.columns(); }

  double evaluate(std::span<const double> theta, std::span<double> gradient) override {
    std::ranges::fill(gradient, 0.0);
    rows_.margins(theta, margins_);
    const double loss = bradley_terry(rows_.wins(), rows_.losses(), margins_, slope_, curvature_);
    rows_.add_transposed(slope_, gradient);
    return loss + rows_.ties() * num::softplus(0) + penalty_.evaluate(theta, gradient);
  }

  void hessian(std::span<double> lower) override {
    std::ranges::fill(lower, 0.0);
    rows_.add_gram(curvature_, lower);
    penalty_.add_hessian(lower);
  }

 private:
  ComparisonRows rows_;
  RewardPenalty penalty_;
  std::vector<double> margins_, slope_, curvature_;
};

// Large classes: comparisons as edge paths, everything through `scores` and `pullback`.
class EdgeObjective final : public num::SmoothFunction {
 public:
  EdgeObjective(const LinearModel& model, const World& world, const PairTable& table, const Penalty& penalty)
      : model_(model),
        table_(table),
        penalty_(model, world, penalty, false),
        edges_(world.graph.edges()),
        margins_(table.rows()),
        slope_(table.rows()),
        curvature_(table.rows()) {}

  std::size_t dimension() const override { return model_.parameters(); }

  double evaluate(std::span<const double> theta, std::span<double> gradient) override {
    model_.scores(theta, edges_);
    for (std::size_t k = 0; k < table_.rows(); ++k)
      margins_[k] = path_sum(edges_, table_.first_path(k)) - path_sum(edges_, table_.second_path(k));
    const double loss = bradley_terry(table_.wins, table_.losses, margins_, slope_, curvature_);
    std::ranges::fill(edges_, 0.0);
    for (std::size_t k = 0; k < table_.rows(); ++k) {
      for (const EdgeId e : table_.first_path(k)) edges_[static_cast<std::size_t>(e)] += slope_[k];
      for (const EdgeId e : table_.second_path(k)) edges_[static_cast<std::size_t>(e)] -= slope_[k];
    }
    model_.pullback(theta, edges_, gradient);
    return loss + penalty_.evaluate(theta, gradient);
  }

 private:
  const LinearModel& model_;
  const PairTable& table_;
  RewardPenalty penalty_;
  std::vector<double> edges_, margins_, slope_, curvature_;
};

}  // namespace

RewardFit fit_reward(const LinearModel& model, const World& world, const PreferenceData& data,
                     const Penalty& penalty) {
  const PairTable table = tabulate(data);
  const std::vector<double> start(model.parameters(), 0.0);
  num::Minimum minimum;
  if (newton_fits(model.parameters(), world)) {
    RowObjective objective(model, world, table, penalty);
    minimum = num::minimise_newton(objective, start);
  } else {
    EdgeObjective objective(model, world, table, penalty);
    minimum = num::minimise_lbfgs(objective, start, likelihood_tolerances(data.size()));
  }
  return {std::move(minimum.x), certificate_of(minimum, Optimum::global)};
}

}  // namespace twostage
