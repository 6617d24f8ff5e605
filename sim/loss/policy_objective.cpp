#include "sim/loss/policy_objective.hpp"

#include <algorithm>

#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {

PolicyObjective::PolicyObjective(const ScoreModel& model, const World& world, PolicyLoss& loss,
                                 const Penalty& penalty)
    : model_(model),
      world_(world),
      loss_(loss),
      penalty_(world, penalty),
      ridge_(penalty.kind == PenaltyKind::ridge ? penalty.lambda : 0),
      scores_(world.graph.edges()),
      log_policy_(world.graph.edges()),
      d_log_policy_(world.graph.edges()) {}

double PolicyObjective::evaluate(std::span<const double> theta, std::span<double> gradient) {
  model_.scores(theta, scores_);
  softmax_policy(world_.graph, world_.log_reference, scores_, log_policy_);
  std::ranges::fill(d_log_policy_, 0.0);
  double value = loss_.evaluate(log_policy_, d_log_policy_);
  value += penalty_.evaluate(log_policy_, d_log_policy_);
  softmax_pullback(world_.graph, log_policy_, d_log_policy_, scores_);
  model_.pullback(theta, scores_, gradient);
  if (ridge_ > 0) {
    num::axpy(ridge_, theta, gradient);
    value += 0.5 * ridge_ * num::dot(theta, theta);
  }
  return value;
}

std::vector<double> policy_at(const ScoreModel& model, const World& world, std::span<const double> theta) {
  std::vector<double> scores(world.graph.edges());
  std::vector<double> log_policy(world.graph.edges());
  model.scores(theta, scores);
  softmax_policy(world.graph, world.log_reference, scores, log_policy);
  return log_policy;
}

std::vector<double> implicit_reward(const World& world, std::span<const double> log_policy, double beta) {
  std::vector<double> reward(log_policy.size());
  for (std::size_t e = 0; e < reward.size(); ++e) reward[e] = beta * (log_policy[e] - world.log_reference[e]);
  return reward;
}

}  // namespace twostage
