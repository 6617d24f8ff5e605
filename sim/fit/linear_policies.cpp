#include "sim/fit/linear_policies.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "sim/fit/limits.hpp"
#include "sim/loss/step_length.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/interruption.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/world/prompt_set.hpp"

namespace twostage {

LinearPolicies::LinearPolicies(const LinearModel& model, const World& world, LogRatioLoss& loss,
                               const Penalty& penalty)
    : model_(model), world_(world), loss_(loss), penalty_(penalty), objective_(model, world, loss, penalty) {}

void LinearPolicies::linear_scores(std::span<const double> theta, std::span<double> edges) const {
  model_.scores(theta, edges);
  if (const auto offset = model_.offset(); !offset.empty()) num::axpy(-1, offset, edges);
}

bool LinearPolicies::has_products() {
  if (entry_begin_.empty() && !too_many_) too_many_ = !write_features_out();
  return !too_many_;
}

bool LinearPolicies::write_features_out() {
  constexpr double most_numbers = 1 << 26;  // of Phi, zeros included: a fraction of a second
  const TokenGraph& graph = world_.graph;
  const std::size_t edges = graph.edges();
  if (static_cast<double>(model_.parameters()) * static_cast<double>(edges) > most_numbers) return false;
  const std::vector<bool> idle = states_without_data(world_);
  for (StateId s = 0; static_cast<std::size_t>(s) < graph.inner_states(); ++s)
    if (!idle[static_cast<std::size_t>(s)]) state_.push_back(graph.leaving(s));
  for (std::vector<double>* of : {&policy_, &of_edge_, &curved_}) of->resize(edges);
  for (std::vector<double>* of : {&along_, &pull_}) of->resize(loss_.table().completion_count());
  slope_.resize(state_.size());

  // Twice: the entries are counted, then written.
  const auto for_each_entry = [&](auto visit) {
    std::vector<double> unit(model_.parameters(), 0.0);
    for (std::size_t k = 0; k < unit.size(); ++k) {
      num::may_interrupt();
      unit[k] = 1;
      linear_scores(unit, of_edge_);
      unit[k] = 0;
      for (const EdgeRange of_state : state_)
        for (auto e = static_cast<std::size_t>(of_state.begin); e < static_cast<std::size_t>(of_state.end);
             ++e)
          if (of_edge_[e] != 0 && !visit(e, Entry{static_cast<std::uint32_t>(k), of_edge_[e]})) return false;
    }
    return true;
  };
  std::vector<std::size_t> begin(edges + 1, 0);
  std::size_t count = 0;
  const bool few = for_each_entry([&](std::size_t e, const Entry&) {
    ++begin[e + 1];
    return ++count <= kMostEntries;
  });
  if (!few) return false;
  for (std::size_t e = 0; e < edges; ++e) begin[e + 1] += begin[e];
  entry_.resize(count);
  entry_begin_ = begin;
  return for_each_entry([&](std::size_t e, const Entry& entry) {
    entry_[begin[e]++] = entry;
    return true;
  });
}

double LinearPolicies::products_per_step() const {
  // Rough estimates, in the units of lbfgs_step_price.
  constexpr double of_edge = 26, of_entry = 10, of_comparison = 13, of_place = 5, of_parameter = 13;
  const PairTable& table = loss_.table();
  double edges = 0;
  for (const EdgeRange of_state : state_) edges += static_cast<double>(of_state.size());
  const double product = of_edge * edges + of_entry * static_cast<double>(entry_.size()) +
                         of_comparison * static_cast<double>(table.rows()) +
                         of_place * static_cast<double>(table.completions.size()) +
                         of_parameter * static_cast<double>(model_.parameters());
  return lbfgs_step_price(model_.parameters(), world_, table) / product;
}

void LinearPolicies::prepare_products(std::span<double> diagonal) {
  if (!has_products()) throw std::logic_error("LinearPolicies: the class is too large for products");
  num::exp(objective_.log_policy(), policy_);
  for (std::size_t s = 0; s < state_.size(); ++s) {
    slope_[s] = 0;
    for (EdgeId e = state_[s].begin; e < state_[s].end; ++e)
      slope_[s] += objective_.d_log_policy()[static_cast<std::size_t>(e)];
  }
  std::ranges::fill(diagonal, penalty_.kind == PenaltyKind::ridge ? penalty_.lambda : 0.0);
  const std::vector<double> of_edge = edge_diagonal();
  for (std::size_t e = 0; e < of_edge.size(); ++e)
    for (const Entry& entry : features(e))
      diagonal[entry.parameter] += entry.value * entry.value * of_edge[e];
  for (double& d : diagonal)
    if (d == 0) d = 1;  // nothing depends on it
}

// Of a state, n - pi N on its edges, n what a margin depends on them by and N the sum of n, squared and
// summed over margins: sum w n^2 - 2 pi sum w n N + pi^2 sum w N^2.
std::vector<double> LinearPolicies::edge_diagonal() const {
  const TokenGraph& graph = world_.graph;
  const PairTable& table = loss_.table();
  std::vector<double> square(graph.edges(), 0.0), cross(graph.edges(), 0.0), whole(graph.inner_states(), 0.0);
  for (std::size_t k = 0; k < table.rows(); ++k) {
    const double w = loss_.curvature()[k];
    const auto [a, b] = loss_.weights(k);
    const auto first = table.first_path(k), second = table.second_path(k);
    const auto add = [&](EdgeId e, double n, double total) {
      square[static_cast<std::size_t>(e)] += w * n * n;
      cross[static_cast<std::size_t>(e)] += w * n * total;
    };
    for (std::size_t h = 0; h < first.size(); ++h) {
      const StateId s = graph.source(first[h]), t = graph.source(second[h]);
      if (first[h] == second[h]) {
        add(first[h], a - b, a - b);
      } else {
        add(first[h], a, s == t ? a - b : a);
        add(second[h], -b, s == t ? a - b : -b);
      }
      whole[static_cast<std::size_t>(s)] += w * (s == t ? (a - b) * (a - b) : a * a);
      if (s != t) whole[static_cast<std::size_t>(t)] += w * b * b;
    }
  }
  for (std::size_t s = 0; s < state_.size(); ++s) {
    const double total = whole[static_cast<std::size_t>(graph.source(state_[s].begin))];
    for (auto e = static_cast<std::size_t>(state_[s].begin); e < static_cast<std::size_t>(state_[s].end);
         ++e) {
      const double pi = policy_[e];
      square[e] += pi * (pi * total - 2 * cross[e]) + std::fabs(slope_[s]) * pi * (1 - pi);
    }
  }
  return square;
}

void LinearPolicies::hessian_times(std::span<const double> v, std::span<double> out) {
  const PairTable& table = loss_.table();
  // J Phi v: what v changes of log pi.
  for (const EdgeRange edges : state_) {
    const auto begin = static_cast<std::size_t>(edges.begin), end = static_cast<std::size_t>(edges.end);
    double mean = 0;
    for (std::size_t e = begin; e < end; ++e) {
      double score = 0;
      for (const Entry& entry : features(e)) score += entry.value * v[entry.parameter];
      of_edge_[e] = score;
      mean += policy_[e] * score;
    }
    for (std::size_t e = begin; e < end; ++e) of_edge_[e] -= mean;
    std::fill(curved_.data() + begin, curved_.data() + end, 0.0);
  }
  path_sums(of_edge_, table.completions, table.horizon, along_);
  std::ranges::fill(pull_, 0.0);
  for (std::size_t k = 0; k < table.rows(); ++k) {
    const auto [a, b] = loss_.weights(k);
    const double pull = loss_.curvature()[k] * (a * along_[table.first[k]] - b * along_[table.second[k]]);
    pull_[table.first[k]] += a * pull;
    pull_[table.second[k]] -= b * pull;
  }
  add_along_paths(pull_, table.completions, table.horizon, curved_);
  std::ranges::fill(out, 0.0);
  if (penalty_.kind == PenaltyKind::ridge) num::axpy(penalty_.lambda, v, out);
  for (std::size_t s = 0; s < state_.size(); ++s) {
    const auto begin = static_cast<std::size_t>(state_[s].begin),
               end = static_cast<std::size_t>(state_[s].end);
    double total = 0;
    for (std::size_t e = begin; e < end; ++e) total += curved_[e];
    for (std::size_t e = begin; e < end; ++e) {
      const double curved = curved_[e] - policy_[e] * (total + slope_[s] * of_edge_[e]);
      for (const Entry& entry : features(e)) out[entry.parameter] += entry.value * curved;
    }
  }
}

double LinearPolicies::longest_step(std::span<const double> direction) const {
  std::vector<double> edges(world_.graph.edges());
  linear_scores(direction, edges);
  return kLongestLogitStep / num::max_abs(edges);
}

}  // namespace twostage
