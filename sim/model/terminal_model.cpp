#include "sim/model/terminal_model.hpp"

#include <algorithm>

#include "sim/plan/sweeps.hpp"

namespace twostage {

TerminalModel::TerminalModel(const World& world) : world_(world), sharing_(world) {
  const TokenGraph& graph = world.graph;
  const int H = graph.horizon();
  const std::vector<bool> reached = reachable_states(graph);
  parameter_of_final_.assign(static_cast<std::size_t>(sharing_.width(graph, H)), -1);
  const auto prompts = static_cast<StateId>(graph.prompts());
  const StateId per_prompt = (graph.layer_end(H) - graph.layer_begin(H)) / prompts;
  if (per_prompt * prompts != graph.layer_end(H) - graph.layer_begin(H))
    throw std::invalid_argument("terminal rewards need prompts with equal graphs");
  const StateId groups = world.shared_classes ? 1 : prompts;
  for (StateId group = 0; group < groups; ++group) {
    bool pinned = false;
    for (StateId i = group * per_prompt; i < (group + 1) * per_prompt; ++i) {
      if (const StateId s = graph.layer_begin(H) + i; !reached[static_cast<std::size_t>(s)]) continue;
      if (pinned) parameter_of_final_[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(parameters_++);
      pinned = true;
    }
  }
}

std::int32_t TerminalModel::parameter(EdgeId last) const {
  const TokenGraph& graph = world_.graph;
  const int H = graph.horizon();
  const StateId final_state =
      sharing_.class_state(graph, H, graph.successor(last)) - sharing_.begin(graph, H);
  return parameter_of_final_[static_cast<std::size_t>(final_state)];
}

void TerminalModel::scores(std::span<const double> theta, std::span<double> edge_scores) const {
  const TokenGraph& graph = world_.graph;
  const EdgeId last_layer = graph.edge(graph.layer_begin(graph.horizon() - 1), 0);
  std::fill_n(edge_scores.begin(), last_layer, 0.0);
  for (EdgeId e = last_layer; static_cast<std::size_t>(e) < graph.edges(); ++e) {
    const std::int32_t k = parameter(e);
    edge_scores[static_cast<std::size_t>(e)] = k < 0 ? 0 : theta[static_cast<std::size_t>(k)];
  }
}

void TerminalModel::pullback(std::span<const double>, std::span<const double> d_scores,
                             std::span<double> out) const {
  const TokenGraph& graph = world_.graph;
  std::ranges::fill(out, 0.0);
  for (EdgeId e = graph.edge(graph.layer_begin(graph.horizon() - 1), 0);
       static_cast<std::size_t>(e) < graph.edges(); ++e)
    if (const std::int32_t k = parameter(e); k >= 0)
      out[static_cast<std::size_t>(k)] += d_scores[static_cast<std::size_t>(e)];
}

void TerminalModel::add_path(std::span<const EdgeId> path, double scale, FeatureRow& row) const {
  if (const std::int32_t k = parameter(path.back()); k >= 0) {
    row.index.push_back(k);
    row.value.push_back(scale);
  }
}

// Multinomial: rho_p (diag(q) - q q^T) for each prompt p, q = distribution of the final state.
void TerminalModel::path_covariance(std::span<const double> log_policy, std::span<double> out) const {
  const TokenGraph& graph = world_.graph;
  const std::size_t p = parameters_;
  const auto prompts = static_cast<StateId>(graph.prompts());
  std::vector<double> mass(graph.edges());
  occupancy(graph, world_.rho, log_policy, mass);
  std::ranges::fill(out, 0.0);
  std::vector<double> q(p);
  const EdgeRange last = {graph.edge(graph.layer_begin(graph.horizon() - 1), 0),
                          static_cast<EdgeId>(graph.edges())};
  for (StateId s0 = 0; s0 < prompts; ++s0) {
    const auto per_prompt = static_cast<EdgeId>(last.size()) / prompts;
    std::ranges::fill(q, 0.0);  // rho_p q
    std::vector<std::size_t> support;
    for (EdgeId e = last.begin + s0 * per_prompt; e < last.begin + (s0 + 1) * per_prompt; ++e) {
      const std::int32_t k = parameter(e);
      if (k < 0) continue;
      if (q[static_cast<std::size_t>(k)] == 0) support.push_back(static_cast<std::size_t>(k));
      q[static_cast<std::size_t>(k)] += mass[static_cast<std::size_t>(e)];
    }
    std::sort(support.begin(), support.end());
    support.erase(std::unique(support.begin(), support.end()), support.end());
    for (const std::size_t i : support) {
      out[i * p + i] += q[i];
      for (const std::size_t j : support)
        out[i * p + j] -= q[i] * (q[j] / world_.rho[static_cast<std::size_t>(s0)]);
    }
  }
}

}  // namespace twostage
