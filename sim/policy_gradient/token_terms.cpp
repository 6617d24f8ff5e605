#include "sim/policy_gradient/token_terms.hpp"

#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {

void reward_to_climb(const LearningTask& task, KlTerm kl, std::span<const double> log_policy,
                     std::span<double> out) {
  const double beta = kl == KlTerm::in_reward ? task.world.beta : 0;
  for (std::size_t e = 0; e < out.size(); ++e)
    out[e] = task.edge_reward[e] - beta * (log_policy[e] - task.world.log_reference[e]);
}

double kl_slope(KlTerm kl, double log_ratio) {
  if (kl == KlTerm::k2_loss) return log_ratio;
  if (kl == KlTerm::k3_loss) return -num::expm1(-log_ratio);
  return 0;
}

void add_return_gradient(const World& world, std::span<const double> log_policy,
                         std::span<const double> reward, double factor, std::span<double> direction) {
  const TokenGraph& graph = world.graph;
  std::vector<double> mass(graph.edges()), value(graph.states());
  occupancy(graph, world.rho, log_policy, mass);
  expected_return(graph, log_policy, reward, value);
  for (std::size_t e = 0; e < graph.edges(); ++e) {
    const auto to = static_cast<std::size_t>(graph.successor(static_cast<EdgeId>(e)));
    const auto from = static_cast<std::size_t>(graph.source(static_cast<EdgeId>(e)));
    direction[e] += factor * mass[e] * (reward[e] + value[to] - value[from]);
  }
}

}  // namespace twostage
