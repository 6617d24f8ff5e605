#include "sim/model/path_covariance.hpp"

#include <algorithm>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/interruption.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {

double LinearModel::covariance_work(const World& world) const {
  return static_cast<double>(parameters()) * static_cast<double>(world.graph.edges() + world.graph.states());
}

namespace {

// visit(mu(e), phi(e) + m(s') - m(s)) for each edge e of the graph.
template <typename Visit>
void for_each_difference(const World& world, std::span<const double> features, std::size_t p,
                         std::span<const double> log_policy, Visit visit) {
  const TokenGraph& graph = world.graph;
  std::vector<double> mass(graph.edges());
  occupancy(graph, world.rho, log_policy, mass);

  std::vector<double> later(graph.states() * p, 0.0);  // m(s)
  std::vector<double> centred;
  for (StateId s = static_cast<StateId>(graph.inner_states()); s-- > 0;) {
    num::may_interrupt();
    const std::span<double> mean(later.data() + static_cast<std::size_t>(s) * p, p);
    const EdgeRange edges = graph.leaving(s);
    centred.resize(edges.size() * p);
    for (std::size_t a = 0; a < edges.size(); ++a) {
      const std::size_t e = static_cast<std::size_t>(edges.begin) + a;
      const double* phi = features.data() + e * p;
      const double* next = later.data() + static_cast<std::size_t>(graph.successors()[e]) * p;
      double* row = centred.data() + a * p;
      for (std::size_t k = 0; k < p; ++k) row[k] = phi[k] + next[k];
      num::axpy(num::exp(log_policy[e]), {row, p}, mean);
    }
    for (std::size_t a = 0; a < edges.size(); ++a) {
      double* row = centred.data() + a * p;
      for (std::size_t k = 0; k < p; ++k) row[k] -= mean[k];
      visit(mass[static_cast<std::size_t>(edges.begin) + a], std::span<const double>(row, p));
    }
  }
}

}  // namespace

void martingale_covariance(const World& world, std::span<const double> features, std::size_t p,
                           std::span<const double> log_policy, std::span<double> out) {
  std::ranges::fill(out, 0.0);
  for_each_difference(world, features, p, log_policy, [&](double weight, std::span<const double> row) {
    if (weight == 0) return;
    for (std::size_t i = 0; i < p; ++i)
      if (row[i] != 0) num::axpy(weight * row[i], row.first(i + 1), out.subspan(i * p, i + 1));
  });
  for (std::size_t i = 0; i < p; ++i)
    for (std::size_t j = 0; j < i; ++j) out[j * p + i] = out[i * p + j];
}

std::size_t path_rank(const World& world, std::span<const double> features, std::size_t p) {
  constexpr double nothing = 1e-9;
  std::vector<std::vector<double>> columns(p);
  for_each_difference(world, features, p, uniform_policy(world.graph),
                      [&](double weight, std::span<const double> row) {
                        if (weight == 0) return;
                        for (std::size_t k = 0; k < p; ++k) columns[k].push_back(row[k]);
                      });
  const auto scale = [](std::vector<double>& column, double factor) {
    for (double& x : column) x *= factor;
  };
  for (auto& column : columns)
    if (const double norm = num::norm(column); norm > 0) scale(column, 1 / norm);
  // Gram-Schmidt, the longest of what is left of them first.
  for (std::size_t rank = 0; rank < p; ++rank) {
    std::size_t longest = rank;
    double norm = 0;
    for (std::size_t k = rank; k < p; ++k)
      if (const double mine = num::norm(columns[k]); mine > norm) {
        longest = k;
        norm = mine;
      }
    if (norm <= nothing) return rank;
    std::swap(columns[rank], columns[longest]);
    scale(columns[rank], 1 / norm);
    for (std::size_t k = rank + 1; k < p; ++k)
      num::axpy(-num::dot(columns[rank], columns[k]), columns[rank], columns[k]);
  }
  return p;
}

void add_mean_covariance(const World& world, std::span<const double> features, std::size_t p,
                         std::span<const double> log_policy, std::span<double> out) {
  const TokenGraph& graph = world.graph;
  std::vector<double> later(graph.states() * p, 0.0);  // m(s)
  const auto row = [&](StateId s) { return std::span(later).subspan(static_cast<std::size_t>(s) * p, p); };
  for (EdgeId e = static_cast<EdgeId>(graph.edges()); e-- > 0;) {
    const double probability = num::exp(log_policy[static_cast<std::size_t>(e)]);
    num::axpy(probability, features.subspan(static_cast<std::size_t>(e) * p, p), row(graph.source(e)));
    num::axpy(probability, row(graph.successor(e)), row(graph.source(e)));
  }
  std::vector<double> centre(p, 0.0);
  for (std::size_t s0 = 0; s0 < graph.prompts(); ++s0)
    num::axpy(world.rho[s0], row(static_cast<StateId>(s0)), centre);
  for (std::size_t s0 = 0; s0 < graph.prompts(); ++s0) {
    const std::span<double> mean = row(static_cast<StateId>(s0));
    num::axpy(-1, centre, mean);
    for (std::size_t i = 0; i < p; ++i) num::axpy(world.rho[s0] * mean[i], mean, out.subspan(i * p, p));
  }
}

std::vector<double> feature_matrix(const LinearModel& model, const World& world) {
  const std::size_t p = model.parameters();
  const std::size_t edges = world.graph.edges();
  const std::span<const double> offset = model.offset();
  std::vector<double> features(edges * p), unit(p, 0.0), column(edges);
  for (std::size_t k = 0; k < p; ++k) {
    num::may_interrupt();
    unit[k] = 1;
    model.scores(unit, column);
    unit[k] = 0;
    if (!offset.empty()) num::axpy(-1, offset, column);
    for (std::size_t e = 0; e < edges; ++e) features[e * p + k] = column[e];
  }
  return features;
}

void generic_path_covariance(const LinearModel& model, const World& world, std::span<const double> log_policy,
                             std::span<double> out) {
  martingale_covariance(world, feature_matrix(model, world), model.parameters(), log_policy, out);
}

}  // namespace twostage
