#include "theory/information/edge_features.hpp"

#include <algorithm>

#include "sim/model/path_covariance.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/interruption.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

// [edges x parameters]
std::vector<double> dense(const EdgeFeatures& features) {
  std::vector<double> out(features.edges() * features.parameters, 0.0);
  for (std::size_t e = 0; e < features.edges(); ++e)
    for (std::size_t k = features.begin[e]; k < features.begin[e + 1]; ++k)
      out[e * features.parameters + static_cast<std::size_t>(features.index[k])] = features.value[k];
  return out;
}

void append_row(EdgeFeatures& features, std::span<const double> row) {
  for (std::size_t k = 0; k < row.size(); ++k)
    if (row[k] != 0) {
      features.index.push_back(static_cast<std::int32_t>(k));
      features.value.push_back(row[k]);
    }
  features.begin.push_back(features.index.size());
}

}  // namespace

EdgeFeatures reward_features(const LinearModel& model, const World& world) {
  EdgeFeatures out{model.parameters(), {0}, {}, {}};
  const std::vector<double> matrix = feature_matrix(model, world);
  for (std::size_t e = 0; e < world.graph.edges(); ++e)
    append_row(out, std::span(matrix).subspan(e * out.parameters, out.parameters));
  return out;
}

std::vector<double> edge_rewards(const EdgeFeatures& features, std::span<const double> theta) {
  std::vector<double> out(features.edges(), 0.0);
  for (EdgeId e = 0; static_cast<std::size_t>(e) < out.size(); ++e)
    for (std::size_t k = 0; k < features.indices(e).size(); ++k)
      out[static_cast<std::size_t>(e)] +=
          features.values(e)[k] * theta[static_cast<std::size_t>(features.indices(e)[k])];
  return out;
}

EdgeFeatures policy_features(const EdgeFeatures& phi, const World& world,
                             std::span<const double> log_policy) {
  EdgeFeatures out{phi.parameters, {0}, {}, {}};
  std::vector<double> mean(phi.parameters), row(phi.parameters);
  EdgeId first = 0;
  while (static_cast<std::size_t>(first) < phi.edges()) {
    num::may_interrupt();
    EdgeId last = first;
    const StateId state = world.graph.source(first);
    std::ranges::fill(mean, 0.0);
    for (; static_cast<std::size_t>(last) < phi.edges() && world.graph.source(last) == state; ++last)
      for (std::size_t k = 0; k < phi.indices(last).size(); ++k)
        mean[static_cast<std::size_t>(phi.indices(last)[k])] +=
            num::exp(log_policy[static_cast<std::size_t>(last)]) * phi.values(last)[k];
    for (EdgeId e = first; e < last; ++e) {
      for (std::size_t k = 0; k < mean.size(); ++k) row[k] = -world.beta * mean[k];
      for (std::size_t k = 0; k < phi.indices(e).size(); ++k)
        row[static_cast<std::size_t>(phi.indices(e)[k])] += world.beta * phi.values(e)[k];
      append_row(out, row);
    }
    first = last;
  }
  return out;
}

std::vector<double> path_covariance(const EdgeFeatures& features, const World& world,
                                    std::span<const double> log_policy) {
  std::vector<double> out(features.parameters * features.parameters);
  martingale_covariance(world, dense(features), features.parameters, log_policy, out);
  return out;
}

std::vector<double> path_covariance_with(const EdgeFeatures& features, const World& world,
                                         std::span<const double> log_policy,
                                         std::span<const double> edge_values) {
  // Cov(psi, g) = sum_e psi(e) E[1{e on the path} (g - E[g | s0])], and the conditional mean of g given e is
  // what came before, in the mean, plus the edge's value, plus what is to come.
  const TokenGraph& graph = world.graph;
  std::vector<double> mass(graph.edges()), later(graph.states());
  occupancy(graph, world.rho, log_policy, mass);
  expected_return(graph, log_policy, edge_values, later);
  std::vector<double> reached(graph.states(), 0.0);  // P(s) E[g so far - E[g | s0] | s]
  for (std::size_t s0 = 0; s0 < graph.prompts(); ++s0) {
    reached[s0] = -world.rho[s0] * later[s0];
  }
  std::vector<double> out(features.parameters, 0.0);
  for (EdgeId e = 0; static_cast<std::size_t>(e) < graph.edges(); ++e) {
    const auto source = static_cast<std::size_t>(graph.source(e));
    const auto target = static_cast<std::size_t>(graph.successor(e));
    const auto edge = static_cast<std::size_t>(e);
    const double probability = num::exp(log_policy[edge]);
    const double so_far = probability * reached[source] + mass[edge] * edge_values[edge];
    reached[target] += so_far;
    const double whole = so_far + mass[edge] * later[target];
    for (std::size_t k = 0; k < features.indices(e).size(); ++k)
      out[static_cast<std::size_t>(features.indices(e)[k])] += whole * features.values(e)[k];
  }
  return out;
}

std::vector<double> mean_features(const EdgeFeatures& features, const World& world,
                                  std::span<const double> log_policy) {
  std::vector<double> mass(world.graph.edges());
  occupancy(world.graph, world.rho, log_policy, mass);
  std::vector<double> out(features.parameters, 0.0);
  for (EdgeId e = 0; static_cast<std::size_t>(e) < features.edges(); ++e)
    for (std::size_t k = 0; k < features.indices(e).size(); ++k)
      out[static_cast<std::size_t>(features.indices(e)[k])] +=
          mass[static_cast<std::size_t>(e)] * features.values(e)[k];
  return out;
}

}  // namespace twostage
