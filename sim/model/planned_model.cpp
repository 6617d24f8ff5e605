#include "sim/model/planned_model.hpp"

#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

SoftPlan plan_for(const ScoreModel& reward, const World& world, std::span<const double> theta) {
  std::vector<double> edge_reward(world.graph.edges());
  reward.scores(theta, edge_reward);
  SoftPlan plan;
  soft_plan(world.graph, world.log_reference, edge_reward, world.beta, plan);
  return plan;
}

}  // namespace

void PlannedModel::scores(std::span<const double> theta, std::span<double> edge_scores) const {
  const SoftPlan plan = plan_for(*rewards_, world_, theta);
  for (std::size_t e = 0; e < edge_scores.size(); ++e)
    edge_scores[e] = plan.log_policy[e] - world_.log_reference[e];
}

void PlannedModel::pullback(std::span<const double> theta, std::span<const double> d_scores,
                            std::span<double> out) const {
  const SoftPlan plan = plan_for(*rewards_, world_, theta);
  std::vector<double> d_reward(d_scores.size());
  soft_plan_pullback(world_.graph, plan, world_.beta, d_scores, d_reward);
  rewards_->pullback(theta, d_reward, out);
}

}  // namespace twostage
