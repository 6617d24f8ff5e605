#include "sim/model/implicit_model.hpp"

#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

std::vector<double> log_policy_at(const ScoreModel& policies, const World& world,
                                  std::span<const double> theta) {
  std::vector<double> scores(world.graph.edges()), log_policy(world.graph.edges());
  policies.scores(theta, scores);
  softmax_policy(world.graph, world.log_reference, scores, log_policy);
  return log_policy;
}

}  // namespace

void ImplicitModel::scores(std::span<const double> theta, std::span<double> edge_scores) const {
  const std::vector<double> log_policy = log_policy_at(*policies_, world_, theta);
  for (std::size_t e = 0; e < edge_scores.size(); ++e)
    edge_scores[e] = world_.beta * (log_policy[e] - world_.log_reference[e]);
}

void ImplicitModel::pullback(std::span<const double> theta, std::span<const double> d_scores,
                             std::span<double> out) const {
  std::vector<double> d_log_policy(d_scores.begin(), d_scores.end()), d_logits(d_scores.size());
  for (double& d : d_log_policy) d *= world_.beta;
  softmax_pullback(world_.graph, log_policy_at(*policies_, world_, theta), d_log_policy, d_logits);
  policies_->pullback(theta, d_logits, out);
}

}  // namespace twostage
