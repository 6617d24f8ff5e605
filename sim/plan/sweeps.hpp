// The three sweeps from which everything exact is built: backward log-sum-exp (soft values), forward
// occupancy, and path sums. No parameters. Outputs must not overlap inputs.
//
// States are processed in blocks whose exps and logs are taken together. All of it is elementwise, and sums
// over actions run in the order of the actions, so bits depend neither on the instruction set nor on the
// blocks.
#pragma once

#include <span>
#include <vector>

#include "sim/graph/token_graph.hpp"

namespace twostage {

// Soft plan for reward r at temperature beta (sim/DEFINITIONS.md, "Soft planning"):
//   Q(s,a) = r(s,a) + V(s'),  V(s) = beta log sum_a pi_ref(a|s) exp(Q(s,a)/beta),  V = 0 at layer H,
//   log pi(a|s) = log pi_ref(a|s) + (Q - V)/beta.
struct SoftPlan {
  std::vector<double> value;       // [states]
  std::vector<double> log_policy;  // [edges]
};
void soft_plan(const TokenGraph& graph, std::span<const double> log_reference, std::span<const double> reward,
               double beta, SoftPlan& out);

// The policy with logits `scores` over the reference, state by state (no look-ahead):
//   log pi(a|s) = log pi_ref(a|s) + s(s,a) - log sum_b pi_ref(b|s) exp s(s,b).
void softmax_policy(const TokenGraph& graph, std::span<const double> log_reference,
                    std::span<const double> scores, std::span<double> log_policy);

// Edge occupancy mu(e) = P(the path crosses e), prompts drawn from rho: [edges]. Sums to H. `state_mass`
// receives P(the path visits s), [states]: pass the same vector again to spare the allocation.
void occupancy(const TokenGraph& graph, std::span<const double> rho, std::span<const double> log_policy,
               std::span<double> edge_mass, std::vector<double>& state_mass);
void occupancy(const TokenGraph& graph, std::span<const double> rho, std::span<const double> log_policy,
               std::span<double> edge_mass);

// Sum of edge values along a path, from its first edge on; of many paths of H edges, one after the other; and
// the transpose, edges[e] += sum of weights[i] over the paths i through e.
double path_sum(std::span<const double> edge_values, std::span<const EdgeId> path);
void path_sums(std::span<const double> edge_values, std::span<const EdgeId> paths, std::size_t horizon,
               std::span<double> sums);
void add_along_paths(std::span<const double> weights, std::span<const EdgeId> paths, std::size_t horizon,
                     std::span<double> edges);

// Backward expectation: out[s] = E_pi[ sum of edge values from s on ], [states].
void expected_return(const TokenGraph& graph, std::span<const double> log_policy,
                     std::span<const double> edge_values, std::span<double> state_values);

// Transpose of soft_plan: given dL/d log_policy [edges] and the plan, dL/d reward [edges]. `d_value` receives
// dL/dV [states]: pass the same vector again to spare the allocation.
void soft_plan_pullback(const TokenGraph& graph, const SoftPlan& plan, double beta,
                        std::span<const double> d_log_policy, std::span<double> d_reward,
                        std::vector<double>& d_value);
void soft_plan_pullback(const TokenGraph& graph, const SoftPlan& plan, double beta,
                        std::span<const double> d_log_policy, std::span<double> d_reward);

// Transpose of softmax_policy: dL/d scores [edges].
void softmax_pullback(const TokenGraph& graph, std::span<const double> log_policy,
                      std::span<const double> d_log_policy, std::span<double> d_scores);

// Smallest and largest path sum from each prompt: outputs [prompts].
void path_sum_range(const TokenGraph& graph, std::span<const double> edge_values, std::span<double> smallest,
                    std::span<double> largest);

}  // namespace twostage
