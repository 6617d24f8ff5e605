#include "sim/model/terminal_model.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "sim/plan/sweeps.hpp"
#include "sim/world/prompt_set.hpp"

namespace twostage {
namespace {

constexpr std::size_t kFew = 64;       // final states of which each counts
constexpr double kHardlyEver = 1e-12;  // probability

}  // namespace

// A constant for each prompt changes no comparison, so each set of prompts that share final states (directly
// or through others) has one final state too many: the first that is reached is pinned.
TerminalModel::TerminalModel(const World& world) : world_(world), sharing_(world) {
  const TokenGraph& graph = world.graph;
  const int H = graph.horizon();
  const std::vector<bool> reached = reachable_states(graph);
  const std::size_t finals = sharing_.width(H);
  std::vector<std::size_t> root(finals);
  std::iota(root.begin(), root.end(), std::size_t{0});
  const auto find = [&](std::size_t i) {
    while (root[i] != i) i = root[i] = root[root[i]];
    return i;
  };
  std::vector<bool> seen(finals, false);
  for (std::size_t p = 0; p < prompts_with_data(world); ++p) {
    std::optional<std::size_t> first;
    const StateRange states = graph.prompt_states(H, p);
    for (StateId s = states.begin; s < states.end; ++s) {
      if (!reached[static_cast<std::size_t>(s)]) continue;
      const std::size_t i = final_of(s);
      seen[i] = true;
      if (!first) first = i;
      const auto [low, high] = std::minmax({find(*first), find(i)});
      root[high] = low;
    }
  }
  parameter_of_final_.assign(finals, -1);
  std::vector<std::vector<std::size_t>> sets(finals);  // by their first member
  for (std::size_t i = 0; i < finals; ++i)
    if (seen[i]) sets[find(i)].push_back(i);
  std::vector<bool> pin(finals, false);
  for (const auto& set : sets)
    if (!set.empty()) pin[pinned(set)] = true;
  for (std::size_t i = 0; i < finals; ++i)
    if (seen[i] && !pin[i]) parameter_of_final_[i] = static_cast<std::int32_t>(parameters_++);
}

std::size_t TerminalModel::pinned(const std::vector<std::size_t>& set) const {
  if (set.size() <= kFew) return set.front();
  const TokenGraph& graph = world_.graph;
  std::vector<double> of_edge(graph.edges()), of_state;
  occupancy(graph, world_.rho, world_.log_reference, of_edge, of_state);
  std::vector<double> mass(parameter_of_final_.size(), 0.0);
  for (StateId s = graph.layer_begin(graph.horizon()); s < graph.layer_end(graph.horizon()); ++s)
    mass[final_of(s)] += of_state[static_cast<std::size_t>(s)];
  if (mass[set.front()] >= kHardlyEver) return set.front();
  return *std::ranges::max_element(set, {}, [&](std::size_t i) { return mass[i]; });
}

std::size_t TerminalModel::final_of(StateId s) const {
  return static_cast<std::size_t>(sharing_.class_state(s) - sharing_.begin(world_.graph.horizon()));
}

std::int32_t TerminalModel::parameter(EdgeId last) const {
  return parameter_of_final_[final_of(world_.graph.successor(last))];
}

void TerminalModel::scores(std::span<const double> theta, std::span<double> edge_scores) const {
  const TokenGraph& graph = world_.graph;
  const EdgeId last_layer = graph.layer_edges(graph.horizon() - 1).begin;
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
  for (EdgeId e = graph.layer_edges(graph.horizon() - 1).begin; static_cast<std::size_t>(e) < graph.edges();
       ++e)
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
  std::vector<double> mass(graph.edges());
  occupancy(graph, world_.rho, log_policy, mass);
  std::ranges::fill(out, 0.0);
  std::vector<double> q(p);
  for (std::size_t s0 = 0; s0 < prompts_with_data(world_); ++s0) {
    const EdgeRange last = graph.prompt_edges(graph.horizon() - 1, s0);
    std::ranges::fill(q, 0.0);  // rho_p q
    std::vector<std::size_t> support;
    for (EdgeId e = last.begin; e < last.end; ++e) {
      const std::int32_t k = parameter(e);
      if (k < 0) continue;
      if (q[static_cast<std::size_t>(k)] == 0) support.push_back(static_cast<std::size_t>(k));
      q[static_cast<std::size_t>(k)] += mass[static_cast<std::size_t>(e)];
    }
    std::sort(support.begin(), support.end());
    support.erase(std::unique(support.begin(), support.end()), support.end());
    for (const std::size_t i : support) {
      out[i * p + i] += q[i];
      for (const std::size_t j : support) out[i * p + j] -= q[i] * (q[j] / world_.rho[s0]);
    }
  }
}

}  // namespace twostage
