// The transposes of soft_plan and softmax_policy: gradients with respect to log-probabilities become
// gradients with respect to rewards or scores.
#include "sim/numerics/elementary.hpp"
#include "sim/plan/blocks.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {

void soft_plan_pullback(const TokenGraph& graph, const SoftPlan& plan, double beta,
                        std::span<const double> d_log_policy, std::span<double> d_reward,
                        std::vector<double>& d_value) {
  // log pi = log pi_ref + (Q - V)/beta and dV/dQ = pi, so per state
  //   dL/dQ(a) = (g(a) - pi(a) sum_b g(b))/beta + pi(a) dL/dV(s);
  // dL/dV of the successor then collects dL/dQ of its incoming edges.
  d_value.assign(graph.states(), 0.0);
  const double inverse_beta = 1 / beta;
  const StateId* const successor = graph.successors().data();
  stretches_forward(graph, [&]<int kActions>(const Stretch& stretch) {
    const std::size_t A = kActions > 0 ? std::size_t{kActions} : at(stretch.actions);
    const StateId step = states_in_block(stretch.actions);
    for (StateId s0 = stretch.begin; s0 < stretch.end; s0 += step) {
      const StateId s1 = std::min(stretch.end, s0 + step);
      const std::size_t size = at(s1 - s0) * A;
      std::size_t e0 = at(stretch.edge(s0));
      num::exp(std::span(plan.log_policy).subspan(e0, size), d_reward.subspan(e0, size));
      for (std::size_t s = at(s0); s < at(s1); ++s, e0 += A) {
        double total = 0;
        for (std::size_t e = e0; e < e0 + A; ++e) total += d_log_policy[e];
        const double shared = d_value[s] - total * inverse_beta;
        for (std::size_t e = e0; e < e0 + A; ++e) {
          d_reward[e] = d_log_policy[e] * inverse_beta + d_reward[e] * shared;
          d_value[at(successor[e])] += d_reward[e];
        }
      }
    }
  });
}

void soft_plan_pullback(const TokenGraph& graph, const SoftPlan& plan, double beta,
                        std::span<const double> d_log_policy, std::span<double> d_reward) {
  std::vector<double> d_value;
  soft_plan_pullback(graph, plan, beta, d_log_policy, d_reward, d_value);
}

void softmax_pullback(const TokenGraph& graph, std::span<const double> log_policy,
                      std::span<const double> d_log_policy, std::span<double> d_scores) {
  num::exp(log_policy, d_scores);
  for (const Stretch& stretch : graph.stretches()) {
    const std::size_t A = at(stretch.actions);
    for (std::size_t e0 = at(stretch.first_edge); e0 < at(stretch.edge(stretch.end)); e0 += A) {
      double total = 0;
      for (std::size_t e = e0; e < e0 + A; ++e) total += d_log_policy[e];
      for (std::size_t e = e0; e < e0 + A; ++e) d_scores[e] = d_log_policy[e] - d_scores[e] * total;
    }
  }
}

}  // namespace twostage
