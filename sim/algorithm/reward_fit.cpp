#include "sim/algorithm/reward_fit.hpp"

#include <algorithm>
#include <cmath>

#include "sim/algorithm/comparison_rows.hpp"
#include "sim/algorithm/limits.hpp"
#include "sim/algorithm/reward_penalty.hpp"
#include "sim/numerics/damped_newton.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/lbfgs.hpp"
#include "sim/numerics/newton.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

// sum_k wins_k softplus(-Delta_k) + losses_k softplus(Delta_k), with its derivatives in each margin; all
// follow from e^-|Delta|.
class BradleyTerry {
 public:
  explicit BradleyTerry(std::size_t rows)
      : margins(rows), slope(rows), curvature(rows), small_(rows), tail_(rows) {}

  double evaluate(std::span<const double> wins, std::span<const double> losses) {
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
      loss += wins[k] * (tail_[k] + std::fmax(-delta, 0.0)) + losses[k] * (tail_[k] + std::fmax(delta, 0.0));
      slope[k] = losses[k] * win - wins[k] * lose;
      curvature[k] = (wins[k] + losses[k]) * (likely * unlikely);
    }
    return loss;
  }

  std::vector<double> margins;    // in
  std::vector<double> slope;      // out: first derivative
  std::vector<double> curvature;  // out: second

 private:
  std::vector<double> small_, tail_;
};

// Small classes: comparisons as rows, exact Hessian.
class RowObjective final : public num::TwiceDifferentiable {
 public:
  RowObjective(const LinearModel& model, const World& world, const PairTable& table, const Penalty& penalty)
      : model_(model),
        world_(world),
        rows_(model, table),
        penalty_(model, world, penalty, true),
        likelihood_(rows_.rows()) {}

  std::size_t dimension() const override { return rows_.columns(); }

  double evaluate(std::span<const double> theta, std::span<double> gradient) override {
    std::ranges::fill(gradient, 0.0);
    rows_.margins(theta, likelihood_.margins);
    const double loss = likelihood_.evaluate(rows_.wins(), rows_.losses());
    rows_.add_transposed(likelihood_.slope, gradient);
    return loss + rows_.ties() * num::softplus(0) + penalty_.evaluate(theta, gradient);
  }

  void hessian(std::span<double> lower) override {
    std::ranges::fill(lower, 0.0);
    rows_.add_gram(likelihood_.curvature, lower);
    penalty_.add_hessian(lower);
  }

  double longest_step(std::span<const double> direction) const override {
    std::vector<double> edges(world_.graph.edges()), margins(rows_.rows());
    model_.scores(direction, edges);
    rows_.margins(direction, margins);
    return std::fmin(kLongestLogitStep * world_.beta / num::max_abs(edges),
                     kLongestMarginStep / num::max_abs(margins));
  }

 private:
  const LinearModel& model_;
  const World& world_;
  ComparisonRows rows_;
  RewardPenalty penalty_;
  BradleyTerry likelihood_;
};

// Large classes: comparisons as edge paths, everything through `scores` and `pullback`.
class EdgeObjective final : public num::SmoothFunction {
 public:
  EdgeObjective(const LinearModel& model, const World& world, const PairTable& table, const Penalty& penalty)
      : model_(model),
        table_(table),
        penalty_(model, world, penalty, false),
        likelihood_(table.rows()),
        edges_(world.graph.edges()) {}

  std::size_t dimension() const override { return model_.parameters(); }

  double evaluate(std::span<const double> theta, std::span<double> gradient) override {
    model_.scores(theta, edges_);
    for (std::size_t k = 0; k < table_.rows(); ++k)
      likelihood_.margins[k] =
          path_sum(edges_, table_.first_path(k)) - path_sum(edges_, table_.second_path(k));
    const double loss = likelihood_.evaluate(table_.wins, table_.losses);
    std::ranges::fill(edges_, 0.0);
    for (std::size_t k = 0; k < table_.rows(); ++k) {
      for (const EdgeId e : table_.first_path(k)) edges_[static_cast<std::size_t>(e)] += likelihood_.slope[k];
      for (const EdgeId e : table_.second_path(k))
        edges_[static_cast<std::size_t>(e)] -= likelihood_.slope[k];
    }
    model_.pullback(theta, edges_, gradient);
    return loss + penalty_.evaluate(theta, gradient);
  }

 private:
  const LinearModel& model_;
  const PairTable& table_;
  RewardPenalty penalty_;
  BradleyTerry likelihood_;
  std::vector<double> edges_;
};

}  // namespace

RewardFit fit_reward(const LinearModel& model, const World& world, const PreferenceData& data,
                     const Penalty& penalty) {
  const PairTable table = tabulate(data);
  const std::vector<double> start(model.parameters(), 0.0);
  num::Minimum minimum;
  if (newton_fits(model.parameters(), world)) {
    RowObjective objective(model, world, table, penalty);
    minimum = num::finish_damped(objective, num::minimise_newton(objective, start));
  } else {
    EdgeObjective objective(model, world, table, penalty);
    minimum = num::minimise_lbfgs(objective, start, likelihood_options(data.size(), model.parameters()));
  }
  return {std::move(minimum.x), certificate_of(minimum, Optimum::global)};
}

FittedPlan fit_and_plan(const LinearModel& model, const World& world, const PreferenceData& data,
                        const Penalty& penalty) {
  FittedPlan out;
  out.fit = fit_reward(model, world, data, penalty);
  out.edge_reward.resize(world.graph.edges());
  model.scores(out.fit.theta, out.edge_reward);
  SoftPlan plan;
  soft_plan(world.graph, world.log_reference, out.edge_reward, world.beta, plan);
  out.log_policy = std::move(plan.log_policy);
  return out;
}

}  // namespace twostage
