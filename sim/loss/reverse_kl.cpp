#include "sim/loss/reverse_kl.hpp"

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {

ReverseKl::ReverseKl(const ScoreModel& model, const World& world, std::span<const double> log_target)
    : model_(model),
      world_(world),
      log_target_(log_target),
      scores_(world.graph.edges()),
      log_policy_(world.graph.edges()),
      mass_(world.graph.edges()),
      value_(world.graph.states()) {}

double ReverseKl::evaluate(std::span<const double> theta, std::span<double> gradient) {
  const TokenGraph& graph = world_.graph;
  model_.scores(theta, scores_);
  softmax_policy(graph, world_.log_reference, scores_, log_policy_);
  occupancy(graph, world_.rho, log_policy_, mass_);
  std::vector<double>& cost = scores_;
  for (std::size_t e = 0; e < cost.size(); ++e) cost[e] = log_policy_[e] - log_target_[e];
  expected_return(graph, log_policy_, cost, value_);
  double divergence = 0;
  for (EdgeId e = 0; static_cast<std::size_t>(e) < graph.edges(); ++e) {
    const auto k = static_cast<std::size_t>(e);
    divergence += mass_[k] * num::exp_residual(-cost[k]);  // both policies sum to one: terms never negative
    cost[k] = mass_[k] * (cost[k] + value_[static_cast<std::size_t>(graph.successor(e))] -
                          value_[static_cast<std::size_t>(graph.source(e))]);
  }
  model_.pullback(theta, cost, gradient);
  return divergence;
}

}  // namespace twostage
