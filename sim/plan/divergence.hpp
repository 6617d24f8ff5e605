// Divergences between policies as distributions over completions, averaged over prompts, from the edge
// occupancy: KL splits along edges, so all of these are exact in one pass.
#pragma once

#include <span>

#include "sim/world/world.hpp"

namespace twostage {

// E_{s0 ~ rho} KL(P_p(.|s0) || P_q(.|s0)), >= 0 by construction: each state contributes
// sum_a p (e^x - 1 - x) with x = log q - log p, whose terms are never negative and lose no digits when
// p and q are close.
double kl_divergence(const TokenGraph& graph, std::span<const double> rho, std::span<const double> log_p,
                     std::span<const double> log_q);

// E_pi[sum of edge values].
double expected_value(const TokenGraph& graph, std::span<const double> rho,
                      std::span<const double> log_policy, std::span<const double> edge_values);

// J_beta(pi) = E_pi[r*] - beta KL(P_pi || P_ref).
double soft_return(const World& world, std::span<const double> log_policy);

// J_beta(pi*) - J_beta(pi) = beta KL(P_pi || P_pi*), computed as the KL. `log_optimal` is log pi*.
double regret(const World& world, std::span<const double> log_policy, std::span<const double> log_optimal);

// max_e |mu_p(e) - mu_q(e)|: the largest difference of edge occupancies; NaN when any is.
double policy_gap(const TokenGraph& graph, std::span<const double> rho, std::span<const double> log_p,
                  std::span<const double> log_q);
// The same of two occupancies.
double largest_gap(std::span<const double> p, std::span<const double> q);

}  // namespace twostage
