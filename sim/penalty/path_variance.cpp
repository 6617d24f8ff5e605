#include "sim/penalty/path_variance.hpp"

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {

double add_path_variance(const World& world, std::span<const double> log_policy,
                         std::span<const double> edge_values, bool pooled, double scale,
                         std::span<double> gradient) {
  const TokenGraph& graph = world.graph;
  const std::size_t prompts = graph.prompts();
  std::vector<double> mean(graph.states());
  expected_return(graph, log_policy, edge_values, mean);

  std::vector<double> mass(graph.states(), 0.0);    // mu(s)
  std::vector<double> before(graph.states(), 0.0);  // E[1{s} sum of d before s]
  std::vector<double> terms(graph.edges());
  double between = 0;
  for (std::size_t p = 0; p < prompts; ++p) mass[p] = world.rho[p];
  if (pooled) {
    const double centre = num::dot(world.rho, std::span(mean).first(prompts));
    for (std::size_t p = 0; p < prompts; ++p) {
      before[p] = world.rho[p] * (mean[p] - centre);
      between += before[p] * (mean[p] - centre);
    }
  }
  for (EdgeId e = 0; static_cast<std::size_t>(e) < graph.edges(); ++e) {
    const auto k = static_cast<std::size_t>(e);
    const auto s = static_cast<std::size_t>(graph.source(e));
    const auto next = static_cast<std::size_t>(graph.successor(e));
    const double probability = num::exp(log_policy[k]);
    const double difference = edge_values[k] + mean[next] - mean[s];
    const double mu = mass[s] * probability;
    const double through = before[s] * probability + mu * difference;  // E[1{e} sum of d up to e]
    mass[next] += mu;
    before[next] += through;
    terms[k] = mu * difference * difference;
    gradient[k] += 2 * scale * through;
  }
  return scale * (num::sum(terms) + between);
}

}  // namespace twostage
