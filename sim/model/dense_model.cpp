#include "sim/model/dense_model.hpp"

#include <algorithm>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {

std::vector<bool> reachable_states(const TokenGraph& graph) {
  std::vector<bool> reached(graph.states(), false);
  std::fill_n(reached.begin(), graph.prompts(), true);
  for (EdgeId e = 0; static_cast<std::size_t>(e) < graph.edges(); ++e)
    if (reached[static_cast<std::size_t>(graph.source(e))])
      reached[static_cast<std::size_t>(graph.successor(e))] = true;
  return reached;
}

DenseModel::DenseModel(const World& world) : world_(world), sharing_(world), layer_begin_({0}) {
  const TokenGraph& graph = world.graph;
  for (int h = 0; h < graph.horizon(); ++h)
    layer_begin_.push_back(layer_begin_.back() + sharing_.width(graph, h) * (graph.actions(h) - 1));
}

std::int32_t DenseModel::parameter(int h, EdgeId e) const {
  const TokenGraph& graph = world_.graph;
  const int a = graph.action(e);
  if (a == 0) return -1;
  const StateId place = sharing_.class_state(graph, h, graph.source(e)) - sharing_.begin(graph, h);
  return layer_begin_[static_cast<std::size_t>(h)] + place * (graph.actions(h) - 1) + a - 1;
}

void DenseModel::scores(std::span<const double> theta, std::span<double> edge_scores) const {
  const TokenGraph& graph = world_.graph;
  double* out = edge_scores.data();
  for (int h = 0; h < graph.horizon(); ++h)
    for (StateId copy = 0; copy < sharing_.copies(); ++copy) {
      const int A = graph.actions(h);
      const double* in = theta.data() + layer_begin_[static_cast<std::size_t>(h)];
      for (StateId s = 0; s < sharing_.width(graph, h); ++s) {
        *out++ = 0;
        for (int a = 1; a < A; ++a) *out++ = *in++;
      }
    }
}

void DenseModel::pullback(std::span<const double>, std::span<const double> d_scores,
                          std::span<double> out) const {
  const TokenGraph& graph = world_.graph;
  std::ranges::fill(out, 0.0);
  const double* in = d_scores.data();
  for (int h = 0; h < graph.horizon(); ++h)
    for (StateId copy = 0; copy < sharing_.copies(); ++copy) {
      const int A = graph.actions(h);
      double* sum = out.data() + layer_begin_[static_cast<std::size_t>(h)];
      for (StateId s = 0; s < sharing_.width(graph, h); ++s) {
        ++in;
        for (int a = 1; a < A; ++a) *sum++ += *in++;
      }
    }
}

std::size_t DenseModel::rank() const {
  const TokenGraph& graph = world_.graph;
  const std::vector<bool> reached = reachable_states(graph);
  std::size_t rank = 0;
  for (int h = 0; h < graph.horizon(); ++h) {
    std::vector<bool> counted(static_cast<std::size_t>(sharing_.width(graph, h)), false);
    for (StateId s = graph.layer_begin(h); s < graph.layer_end(h); ++s)
      if (reached[static_cast<std::size_t>(s)])
        counted[static_cast<std::size_t>(sharing_.class_state(graph, h, s) - sharing_.begin(graph, h))] =
            true;
    rank += static_cast<std::size_t>(std::ranges::count(counted, true)) *
            static_cast<std::size_t>(graph.actions(h) - 1);
  }
  return rank;
}

void DenseModel::add_path(std::span<const EdgeId> path, double scale, FeatureRow& row) const {
  for (std::size_t h = 0; h < path.size(); ++h)
    if (const std::int32_t k = parameter(static_cast<int>(h), path[h]); k >= 0) {
      row.index.push_back(k);
      row.value.push_back(scale);
    }
}

// Features are indicators, so second moments are joint occupancies: E[1_e 1_f] = mu(e) P(f | successor of e)
// for f after e. With m(s) = E[psi | s], all of them cost one pass over states.
void DenseModel::path_covariance(std::span<const double> log_policy, std::span<double> out) const {
  const TokenGraph& graph = world_.graph;
  const std::size_t p = parameters();
  std::vector<double> mass(graph.edges());
  occupancy(graph, world_.rho, log_policy, mass);
  std::vector<double> later(graph.states() * p, 0.0);  // m(s)
  const auto row_of = [&](StateId s) { return std::span(later).subspan(static_cast<std::size_t>(s) * p, p); };

  std::ranges::fill(out, 0.0);
  for (int h = graph.horizon(); h-- > 0;) {
    const auto first = static_cast<std::size_t>(layer_begin_[static_cast<std::size_t>(h)]);
    for (EdgeId e = graph.edge(graph.layer_begin(h), 0); e < graph.edge(graph.layer_end(h), 0); ++e) {
      const auto edge = static_cast<std::size_t>(e);
      const std::span<double> next = row_of(graph.successor(e));
      const std::span<double> mean = row_of(graph.source(e));
      const double probability = num::exp(log_policy[edge]);
      num::axpy(probability, next.subspan(first), mean.subspan(first));
      const std::int32_t parameter_of_e = parameter(h, e);
      if (parameter_of_e < 0) continue;
      const auto k = static_cast<std::size_t>(parameter_of_e);
      mean[k] += probability;
      out[k * p + k] += mass[edge];
      num::axpy(mass[edge], next.subspan(k), out.subspan(k * p + k, p - k));
    }
  }
  for (std::size_t s0 = 0; s0 < graph.prompts(); ++s0) {
    const std::span<const double> mean = row_of(static_cast<StateId>(s0));
    for (std::size_t i = 0; i < p; ++i)
      if (mean[i] != 0) num::axpy(-world_.rho[s0] * mean[i], mean.subspan(i), out.subspan(i * p + i, p - i));
  }
  for (std::size_t i = 0; i < p; ++i)
    for (std::size_t j = 0; j < i; ++j) out[i * p + j] = out[j * p + i];
}

bool DenseModel::every_policy() const {
  const TokenGraph& graph = world_.graph;
  if (!world_.shared_classes || graph.prompts() == 1) return true;
  for (int h = 0; h < graph.horizon(); ++h) {
    const EdgeRange first = prompt_edges(graph, h, 0);
    for (std::size_t p = 1; p < graph.prompts(); ++p)
      if (!std::equal(world_.log_reference.begin() + first.begin, world_.log_reference.begin() + first.end,
                      world_.log_reference.begin() + prompt_edges(graph, h, p).begin))
        return false;
  }
  return true;
}

double DenseModel::covariance_work(const World& world) const {
  return static_cast<double>(parameters()) * static_cast<double>(world.graph.states());
}

}  // namespace twostage
