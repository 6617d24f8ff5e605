#include "sim/fit/smooth_fit.hpp"

#include <algorithm>

#include "sim/fit/fit_error.hpp"
#include "sim/fit/limits.hpp"
#include "sim/loss/row_objective.hpp"
#include "sim/minimise/damped_newton.hpp"
#include "sim/minimise/lbfgs.hpp"
#include "sim/minimise/newton.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

// Large classes and those that are not linear: comparisons as edge paths, everything through `scores` and
// `pullback`.
class EdgeObjective final : public num::SmoothFunction {
 public:
  EdgeObjective(const ScoreModel& model, const World& world, const PairTable& table, const Penalty& penalty)
      : model_(model),
        table_(table),
        penalty_(model, world, penalty, false),
        likelihood_(table.rows()),
        edges_(world.graph.edges()),
        score_(table.completion_count()) {}

  std::size_t dimension() const override { return model_.parameters(); }

  double evaluate(std::span<const double> theta, std::span<double> gradient) override {
    model_.scores(theta, edges_);
    path_sums(edges_, table_.completions, table_.horizon, score_);
    for (std::size_t k = 0; k < table_.rows(); ++k)
      likelihood_.margins[k] = score_[table_.first[k]] - score_[table_.second[k]];
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
  const ScoreModel& model_;
  const PairTable& table_;
  RewardPenalty penalty_;
  BradleyTerry likelihood_;
  std::vector<double> edges_;
  std::vector<double> score_;  // [completions]
};

}  // namespace

RewardFit fit_smooth_reward(const LinearModel& model, const World& world, const PairTable& table,
                            const Penalty& penalty) {
  const num::LbfgsOptions descent =
      likelihood_options(table.pairs, model.parameters(), 1, penalty.lambda / world.beta);
  num::Minimum minimum;
  if (newton_fits(model, world, penalty.kind == PenaltyKind::pooled_variance)) {
    RowObjective objective(model, world, table, penalty);
    minimum = minimise_by_cost(objective, world, table, descent, [&](std::span<const double> start) {
      return num::finish_damped(objective, num::minimise_newton(objective, start));
    });
  } else {
    EdgeObjective objective(model, world, table, penalty);
    minimum = num::minimise_lbfgs(objective, std::vector<double>(model.parameters(), 0.0), descent);
  }
  return {std::move(minimum.x), certificate_of(minimum, Optimum::global),
          reward_error(model, world, minimum.step)};
}

RewardFit fit_from_starts(const ScoreModel& model, const World& world, const PairTable& table,
                          const Penalty& penalty, const Starts& starts) {
  EdgeObjective objective(model, world, table, penalty);
  BestOfStarts best =
      minimise_from_starts(objective, model, starts, likelihood_options(table.pairs, model.parameters()));
  RewardFit fit{
      std::move(best.minimum.x), certificate_of(best.minimum, Optimum::stationary, starts.count), {}};
  fit.certificate.values = best.values;
  fit.edge_error = reward_error(model, world, fit.theta, best.minimum.step);
  return fit;
}

FittedPlan plan_for(RewardFit fit, const ScoreModel& model, const World& world) {
  FittedPlan out;
  out.fit = std::move(fit);
  out.edge_reward.resize(world.graph.edges());
  model.scores(out.fit.theta, out.edge_reward);
  SoftPlan plan;
  soft_plan(world.graph, world.log_reference, out.edge_reward, world.beta, plan);
  out.log_policy = std::move(plan.log_policy);
  return out;
}

}  // namespace twostage
