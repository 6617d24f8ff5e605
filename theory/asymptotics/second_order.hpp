// The next term of the expected regret: what theory/asymptotics/expansion.hpp leaves at 1/n^2, for linear
// reward classes, with or without the truth, with or without a penalty.
//
// The estimate, and with it the regret, is a smooth function G of the empirical frequencies of labelled
// pairs, whose deviations from p are means of n independent draws e_a - p. With D_a the derivative in
// direction e_a - p and a, b independent draws,
//   E G = G(p) + E D_a^2 G / (2n) + ( E D_a^3 G / 6 + E D_a^2 D_b^2 G / 8 ) / n^2 + O(n^-3):
// the second and third moments of a mean are those of one draw over n and n^2, its fourth is that of a normal
// law up to O(n^-3), its fifth O(n^-3). The draws without an estimate are left out; they are exponentially
// rare.
//
// G is followed through F'(theta) + W(theta) = 0: F the mean objective of one pair, penalty / n included, W
// the noise of its gradient; W_0, W_1, ... are the noise of the score, of the Hessian, and so on. In
// coordinates in which F'' = 1, with T_k the k-th derivative of F at theta_n and theta = theta_n + delta,
//   delta_1 = u = -W_0,   delta_2 = -T_3[u,u]/2 - W_1 u,
//   delta_3 = -T_3[u,delta_2] - T_4[u,u,u]/6 - W_1 delta_2 - W_2[u,u]/2.
// Orders above are not needed: with v = R' the function R - v . (F' + W), equal to R at the estimate, has no
// slope but noise,
//   R = R(theta_n) - v.W_0 - W_1[v,delta] + (R'' - T_3[v] - W_2[v])[delta,delta] / 2
//       + (R''' - T_4[v] - W_3[v])[delta,delta,delta] / 6 + (R'''' - T_5[v])[delta,...] / 24.
// Cubic terms in the noise are averaged over draws, quartic ones over the three pairings of their factors.
// All tensors are sums over pairs of c x (x) ... (x) x, products of means, and cumulants of the plan.
//
// Not covered: policy classes that are no reward class, and l1. Regime: theory/prediction/regime.hpp.
//
// Cost: (3 atoms^2 + 30 d) d^3 units of half a nanosecond for d parameters: 32 atoms and 31 parameters take
// .06 s, 81 and 32 take .4 s. Source: the delta method to second order (Withers 1983,
// Bhattacharya and Ghosh 1978); the derivation above.
#pragma once

#include "theory/asymptotics/penalty_terms.hpp"

namespace twostage {

struct SecondOrder {
  double first = 0;   // E D_a^2 G / 2, as theory/expansion has it
  double second = 0;  // of 1/n^2
};

// `jet`: a linear class, moved to theta_n. `pairs`: the n that divides the penalty.
SecondOrder second_order(const RewardJet& jet, const World& world, const PenaltyTerm& penalty, double pairs);

// In units of half a nanosecond to a nanosecond, when above 1e6.
double second_order_cost(double atoms, double parameters);

}  // namespace twostage
