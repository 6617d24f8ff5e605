#include "sim/plan/sweeps.hpp"

#include <algorithm>

#include "sim/numerics/elementary.hpp"

namespace twostage {
namespace {

std::size_t at(EdgeId e) { return static_cast<std::size_t>(e); }

// log sum_a exp(w[a]) over the `n` entries from w.
double state_log_sum_exp(const double* w, int n) {
  double m = w[0];
  for (int a = 1; a < n; ++a) m = w[a] > m ? w[a] : m;
  double sum = 0;
  for (int a = 0; a < n; ++a) sum += num::exp(w[a] - m);
  return m + num::log(sum);
}

}  // namespace

void soft_plan(const TokenGraph& graph, std::span<const double> log_reference, std::span<const double> reward,
               double beta, SoftPlan& out) {
  const int A = graph.actions();
  out.value.assign(graph.states(), 0.0);
  out.log_policy.resize(graph.edges());
  for (StateId s = static_cast<StateId>(graph.inner_states()); s-- > 0;) {
    const EdgeId e0 = graph.edge(s, 0);
    double* w = out.log_policy.data() + e0;
    for (int a = 0; a < A; ++a)
      w[a] = log_reference[at(e0 + a)] + (reward[at(e0 + a)] + out.value[at(graph.successor(e0 + a))]) / beta;
    const double lse = state_log_sum_exp(w, A);
    for (int a = 0; a < A; ++a) w[a] -= lse;
    out.value[at(s)] = beta * lse;
  }
}

void softmax_policy(const TokenGraph& graph, std::span<const double> log_reference, std::span<const double> scores,
                    std::span<double> log_policy) {
  const int A = graph.actions();
  for (EdgeId e0 = 0; at(e0) < graph.edges(); e0 += A) {
    double* w = log_policy.data() + e0;
    for (int a = 0; a < A; ++a) w[a] = log_reference[at(e0 + a)] + scores[at(e0 + a)];
    const double lse = state_log_sum_exp(w, A);
    for (int a = 0; a < A; ++a) w[a] -= lse;
  }
}

void occupancy(const TokenGraph& graph, std::span<const double> rho, std::span<const double> log_policy,
               std::span<double> edge_mass) {
  std::vector<double> state_mass(graph.states(), 0.0);
  std::copy(rho.begin(), rho.end(), state_mass.begin());
  for (EdgeId e = 0; at(e) < graph.edges(); ++e) {
    const double mass = state_mass[at(graph.source(e))] * num::exp(log_policy[at(e)]);
    edge_mass[at(e)] = mass;
    state_mass[at(graph.successor(e))] += mass;
  }
}

double path_sum(std::span<const double> edge_values, std::span<const EdgeId> path) {
  double sum = 0;
  for (const EdgeId e : path) sum += edge_values[at(e)];
  return sum;
}

void expected_return(const TokenGraph& graph, std::span<const double> log_policy, std::span<const double> edge_values,
                     std::span<double> state_values) {
  const int A = graph.actions();
  std::fill(state_values.begin(), state_values.end(), 0.0);
  for (StateId s = static_cast<StateId>(graph.inner_states()); s-- > 0;) {
    double sum = 0;
    for (EdgeId e = graph.edge(s, 0); e < graph.edge(s, A); ++e)
      sum += num::exp(log_policy[at(e)]) * (edge_values[at(e)] + state_values[at(graph.successor(e))]);
    state_values[at(s)] = sum;
  }
}

void soft_plan_pullback(const TokenGraph& graph, const SoftPlan& plan, double beta,
                        std::span<const double> d_log_policy, std::span<double> d_reward) {
  // log pi = log pi_ref + (Q - V)/beta and dV/dQ = pi, so per state
  //   dL/dQ(a) = (g(a) - pi(a) sum_b g(b))/beta + pi(a) dL/dV(s);
  // dL/dV of the successor then collects dL/dQ of its incoming edges.
  const int A = graph.actions();
  std::vector<double> d_value(graph.states(), 0.0);
  for (StateId s = 0; at(s) < graph.inner_states(); ++s) {
    const EdgeId e0 = graph.edge(s, 0);
    double total = 0;
    for (int a = 0; a < A; ++a) total += d_log_policy[at(e0 + a)];
    for (EdgeId e = e0; e < e0 + A; ++e) {
      const double p = num::exp(plan.log_policy[at(e)]);
      const double d = (d_log_policy[at(e)] - p * total) / beta + p * d_value[at(s)];
      d_reward[at(e)] = d;
      d_value[at(graph.successor(e))] += d;
    }
  }
}

void softmax_pullback(const TokenGraph& graph, std::span<const double> log_policy,
                      std::span<const double> d_log_policy, std::span<double> d_scores) {
  const int A = graph.actions();
  for (EdgeId e0 = 0; at(e0) < graph.edges(); e0 += A) {
    double total = 0;
    for (int a = 0; a < A; ++a) total += d_log_policy[at(e0 + a)];
    for (EdgeId e = e0; e < e0 + A; ++e)
      d_scores[at(e)] = d_log_policy[at(e)] - num::exp(log_policy[at(e)]) * total;
  }
}

void path_sum_range(const TokenGraph& graph, std::span<const double> edge_values, std::span<double> smallest,
                    std::span<double> largest) {
  const int A = graph.actions();
  std::vector<double> low(graph.states(), 0.0);
  std::vector<double> high(graph.states(), 0.0);
  for (StateId s = static_cast<StateId>(graph.inner_states()); s-- > 0;) {
    const EdgeId e0 = graph.edge(s, 0);
    for (EdgeId e = e0; e < e0 + A; ++e) {
      const double down = edge_values[at(e)] + low[at(graph.successor(e))];
      const double up = edge_values[at(e)] + high[at(graph.successor(e))];
      low[at(s)] = e == e0 ? down : std::min(low[at(s)], down);
      high[at(s)] = e == e0 ? up : std::max(high[at(s)], up);
    }
  }
  std::copy_n(low.begin(), graph.prompts(), smallest.begin());
  std::copy_n(high.begin(), graph.prompts(), largest.begin());
}

}  // namespace twostage
