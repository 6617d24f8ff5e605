// Coverage: how far completions that matter lie from those that data show. All as logarithms, since they are
// exponential in the horizon; all exact, by one sweep of the graph.
//
//   global      max over policies and xi of P_pi / P = max_xi 1 / P(xi|s0): what DPO needs to be bounded
//   optimal     max_xi P*(xi|s0) / P(xi|s0): concentrability of pi* alone
//   chi_square  E_{pi*}[P*/P] = 1 + chi^2(P* || P), its mean over P*, what chi-PO needs. A product along the
//               path: the sweep F(s) = sum_a pi*(a|s)^2 / pi(a|s) F(s')
//   local       max of P_pi / P over xi and the policies with E_s0 KL(P_pi || P_ref) <= radius
// P is the sampler of the data: pi_ref, or any policy on the graph. The ball stays around pi_ref, as
// everything that regularises. It is that of the average over prompts (a policy may spend all on one prompt,
// which stretches the radius there to radius / rho(s0)); `ball_ratio` alone has it prompt by prompt. Policies
// may look at the whole prefix, also where the graph merges histories.
//
// Local coverage is a scalar root. Giving xi probability q costs at least kl(q || p) = q log(q/p) + (1-q)
// log((1-q)/(1-p)), p = P_ref(xi|s0) (data processing), and no more if the rest keeps its proportions. The
// best q solves kl(q || p) = radius, or is 1 once radius >= -log p. When the data come from pi_ref, the
// rarest completion decides: at a fixed ratio c = q/p > 1, with u = (1-cp)/(1-p) < 1,
//   d/dp kl(cp || p) = c log c - c log u - c + u = c (t - 1 - log t) > 0,  t = u/c,
// so a ratio is cheaper the rarer its completion, and the largest affordable one falls with p. Under another
// sampler P the ratio is q / P, and q rises with p: a completion is out of the race when another is at least
// as likely under pi_ref and at most as likely in the data. The sweep carries the others.
//
// Sources: Song et al., arXiv 2406.01462 (global against local coverage, offline against online methods);
// Huang et al., arXiv 2407.13399 (chi-PO, concentrability of one policy).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "theory/asymptotics/local_asymptotics.hpp"

namespace twostage {

struct CoverageLogs {
  double global = 0;
  double optimal = 0;
  double chi_square = 0;  // log(1 + chi^2)
};

struct Coverage {
  CoverageLogs world;                 // the worst prompt's, chi_square of the average over prompts
  std::vector<CoverageLogs> prompts;  // [prompts]
};

Coverage coverage(const World& world, std::span<const double> log_optimal,
                  std::span<const double> log_sampler);

// log of the largest q / p with kl(q || p) <= radius, for p = e^log_p; 0 <= radius. Between 0 and -log_p.
double ball_ratio(double log_p, double radius);

inline constexpr std::size_t kMostFront = std::size_t{1} << 16;

// Local coverage, as a logarithm. Where the sampler is not pi_ref: throws InputError when a state has more
// than kMostFront undominated paths.
double local_coverage(const World& world, std::span<const double> log_sampler, double radius);

// The relative condition number of a class: the largest v^T C v / v^T I v, information of the pairs against
// what regret sees. It is the largest eigenvalue of the limit law, so that with d eigenvalues
//   condition / (2 beta) <= lim n E[regret] <= d condition / (2 beta).
// Infinite when the law lacks directions that completions differ in.
double relative_condition_number(const LocalLimit& limit);

// What concentrability says about it, for every class: 1 / (s (1/C_1 + 1/C_2)), C_k = max P*/P_k of either
// policy of the pairs and s = sigma' of the largest reward difference. For E (f - f')^2 >= Var_1 f + Var_2 f,
// and Var_{pi*} f <= E_{pi*} (f - E_k f)^2 <= C_k Var_k f. As a logarithm.
double log_condition_bound(const World& world, std::span<const double> log_optimal,
                           const PairPolicies& pairs);

}  // namespace twostage
