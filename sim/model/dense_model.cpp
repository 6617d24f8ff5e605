#include "sim/model/dense_model.hpp"

#include <algorithm>
#include <numeric>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/world/prompt_set.hpp"

namespace twostage {

DenseModel::DenseModel(const World& world)
    : world_(world), sharing_(world), without_data_(states_without_data(world)) {
  const TokenGraph& graph = world.graph;
  const auto class_state = [&](StateId s) { return static_cast<std::size_t>(sharing_.class_state(s)); };
  const auto inner = static_cast<StateId>(graph.inner_states());
  std::vector<std::int32_t> begin(static_cast<std::size_t>(sharing_.begin(graph.horizon())) + 1, 0);
  std::vector<bool> with_data(begin.size(), false);
  for (StateId s = 0; s < inner; ++s)
    if (!without_data_[static_cast<std::size_t>(s)]) {
      begin[class_state(s) + 1] = graph.actions(s) - 1;
      with_data[class_state(s)] = true;
    }
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  for (StateId s = 0; s < inner; ++s)
    first_.push_back(with_data[class_state(s)] ? begin[class_state(s)] : kNone);
  for (int h = 0; h <= graph.horizon(); ++h)
    layer_begin_.push_back(begin[static_cast<std::size_t>(sharing_.begin(h))]);
}

void DenseModel::scores(std::span<const double> theta, std::span<double> edge_scores) const {
  const TokenGraph& graph = world_.graph;
  double* out = edge_scores.data();
  for (StateId s = 0; static_cast<std::size_t>(s) < graph.inner_states(); ++s) {
    const int A = graph.actions(s);
    if (first_parameter(s) == kNone) {
      out = std::fill_n(out, A, 0.0);
      continue;
    }
    const double* in = theta.data() + first_parameter(s);
    *out++ = 0;
    for (int a = 1; a < A; ++a) *out++ = *in++;
  }
}

void DenseModel::pullback(std::span<const double>, std::span<const double> d_scores,
                          std::span<double> out) const {
  const TokenGraph& graph = world_.graph;
  std::ranges::fill(out, 0.0);
  const double* in = d_scores.data();
  for (StateId s = 0; static_cast<std::size_t>(s) < graph.inner_states(); ++s) {
    const int A = graph.actions(s);
    if (first_parameter(s) == kNone) {
      in += A;
      continue;
    }
    double* sum = out.data() + first_parameter(s);
    ++in;
    for (int a = 1; a < A; ++a) *sum++ += *in++;
  }
}

std::size_t DenseModel::rank() const {
  const TokenGraph& graph = world_.graph;
  const std::vector<bool> reached = reachable_states(graph);
  std::vector<bool> counted(static_cast<std::size_t>(sharing_.begin(graph.horizon())), false);
  std::size_t rank = 0;
  for (StateId s = 0; static_cast<std::size_t>(s) < graph.inner_states(); ++s) {
    const auto c = static_cast<std::size_t>(sharing_.class_state(s));
    if (!reached[static_cast<std::size_t>(s)] || without_data_[static_cast<std::size_t>(s)] || counted[c])
      continue;
    counted[c] = true;
    rank += static_cast<std::size_t>(graph.actions(s) - 1);
  }
  return rank;
}

void DenseModel::add_path(std::span<const EdgeId> path, double scale, FeatureRow& row) const {
  for (const EdgeId e : path)
    if (const std::int32_t k = parameter(e); k >= 0) {
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
    for (EdgeId e = graph.layer_edges(h).begin; e < graph.layer_edges(h).end; ++e) {
      const auto edge = static_cast<std::size_t>(e);
      const std::span<double> next = row_of(graph.successor(e));
      const std::span<double> mean = row_of(graph.source(e));
      const double probability = num::exp(log_policy[edge]);
      num::axpy(probability, next.subspan(first), mean.subspan(first));
      const std::int32_t parameter_of_e = parameter(e);
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
  constexpr StateId none = -1;
  // The first state of each class state.
  std::vector<StateId> first_of(static_cast<std::size_t>(sharing_.begin(graph.horizon())), none);
  for (StateId s = 0; static_cast<std::size_t>(s) < graph.inner_states(); ++s) {
    if (without_data_[static_cast<std::size_t>(s)]) continue;
    StateId& first = first_of[static_cast<std::size_t>(sharing_.class_state(s))];
    if (first == none) first = s;
    const EdgeRange edges = graph.leaving(first);
    if (!std::equal(world_.log_reference.begin() + edges.begin, world_.log_reference.begin() + edges.end,
                    world_.log_reference.begin() + graph.edge(s, 0)))
      return false;
  }
  return true;
}

double DenseModel::covariance_work(const World& world) const {
  return static_cast<double>(parameters()) * static_cast<double>(world.graph.states());
}

std::vector<double> DenseModel::logits_of(std::span<const double> log_policy) const {
  const auto over_reference = [&](EdgeId e) {
    return log_policy[static_cast<std::size_t>(e)] - world_.log_reference[static_cast<std::size_t>(e)];
  };
  std::vector<double> theta(parameters());
  const TokenGraph& graph = world_.graph;
  for (StateId s = 0; static_cast<std::size_t>(s) < graph.inner_states(); ++s)
    for (int a = 1; a < graph.actions(s); ++a)
      if (const std::int32_t own = parameter(graph.edge(s, a)); own != kNone)
        theta[static_cast<std::size_t>(own)] =
            over_reference(graph.edge(s, a)) - over_reference(graph.edge(s, 0));
  return theta;
}

}  // namespace twostage
