// Exact softmax policy gradient: its local rate on the soft return, and the constant of its 1/t law without
// regularisation.
//
// Soft return. J_beta(pi) = J* - beta E_s0 KL(P_pi || P_pi*), and the Hessian of that KL at pi* is the Fisher
// information F of the completion in the policy's parameters. By the martingale split over states,
//   F = sum_s d(s) (diag pi*(.|s) - pi* pi*^T)       tabular logits, block by block, d = occupancy of states
//   F = sum_s d(s) Cov_{a ~ pi*(.|s)}(phi(s, a))     logits linear in phi, a class that holds pi*.
// Gradient ascent theta + eta grad J is there theta* + (1 - eta beta F)(theta - theta*): its error contracts
// by max |1 - eta beta lambda| over the non-null eigenvalues of F, the regret by the square; the best step is
// 2 / (beta (lmin + lmax)) with (lmax - lmin) / (lmax + lmin), and it is stable below 2 / (beta lmax). Null
// directions (a constant added to a state's logits) have no gradient: theta does not move along them.
// Natural gradient, F(theta)^+ grad J: every direction contracts by |1 - eta beta|. In tabular logits it
// reads log pi' = (1 - eta beta) log pi + eta beta log pi_Q + const, pi_Q the soft-greedy policy of pi's own
// soft Q: with one token the rate is global, and at eta = 1/beta H tokens take H steps, from anywhere.
//
// No regularisation (beta = 0), bandit, gradient flow. With p_a the probability of a suboptimal arm, D_a its
// gap and g_a = p_a D_a, to leading order g_a' = -g_a (g_a + Q S), S = sum g_a = V* - V and Q = sum of the
// squared shares of the best arms. Its attractor is g_a = c/t for all a alike, c = 1 - Q B c:
//   t (V* - V_t) -> B / (1 + B Q),   B = number of suboptimal arms, Q = 1 / L,
// L the best arms that start with the largest logit (among best arms the larger share grows, at the rate of a
// power of t; equal ones stay equal). One best arm of K: (K - 1)/K, whatever the rewards and the start. The
// differences between the g_a fade like t^{-c}, so S t is off by order t^{-2c}: slow for many arms. A
// constant step eta has the same limit in eta t. Two arms in closed form: x = log odds of the better arm,
//   sinh x + x = sinh x_0 + x_0 + D t.
//
// Regime. Rates are local and exact; the policy class must hold pi* and pi* must be interior (it is: pi_ref
// is positive and beta > 0). The 1/t law needs the long run: the start may sit on a plateau first.
//
// Sources: Mei et al. 2005.06392 (O(1/t), Omega(1/t), linear with entropy: its abstract; recalled for r in
// [0, 1]: 5 / (c^2 t) at eta = 2/5 with c = inf pi_t(a*), and D^2 / (6 t) from below); Cen et al. 2007.06558
// (natural gradient). Constants: derived here.
#pragma once

#include <span>
#include <vector>

#include "sim/model/score_model.hpp"

namespace twostage {

struct PolicyGradientRates {
  double beta = 1;
  std::vector<double> curvature;  // non-null eigenvalues of F, ascending

  double contraction(double step) const;  // of the parameters; its square of the regret
  double best_step() const;
  double best_contraction() const;
  double largest_stable_step() const;
};

// Tabular logits: a number for each state and action, of every prompt its own. (The class "tabular" leaves
// one action of each state without a logit: other coordinates, other rates; pass it to the next function.)
PolicyGradientRates policy_gradient_rates(const World& world);

// A linear policy class that holds pi*. Eigenvalues below 1e-11 parameters() times the largest count as null.
PolicyGradientRates policy_gradient_rates(const World& world, const LinearModel& model);

double natural_gradient_contraction(double beta, double step);

// lim t (V* - V_t) of the flow from `start` (logits); with steps eta, lim eta t (V* - V_t). 0 when all
// rewards are equal.
double unregularised_gap_constant(std::span<const double> reward, std::span<const double> start);

// V* - V_t of two arms, D = reward difference > 0, from probability `worse` in (0, 1) of the worse arm.
double two_arm_gap(double difference, double worse, double time);

}  // namespace twostage
