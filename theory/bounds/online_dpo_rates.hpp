// Online DPO with exact gradients on a small alphabet: how fast the pair sampler lets it converge.
//
// Set-up. One prompt, K completions, tabular logits theta. With the implicit reward h = beta log pi/pi_ref
// the error of a pair is delta(y,z) = (r(y) - r(z)) - (h(y) - h(z)) = e(y) - e(z), e = r - h up to a
// constant. A step of size eta on the population loss -sum m(y,z) [sigma(Dr) log sigma(Dh) + sigma(-Dr) log
// sigma(-Dh)], the pair masses m held fixed (no gradient through the sampler), is exactly
//   e'(y) = e(y) - eta beta^2 sum_z w(y,z) (sigma(Dr(y,z)) - sigma(Dh(y,z))),   w(y,z) = m(y,z) + m(z,y).
// Samplers, times their sampling coefficients (2 K^2; K^2 and sum e^{D}):
//   uniform        m = 2                   w = 4
//   reward-guided  m = 1 + e^{Dr(y,z)}     w = 2 + e^{Dr} + e^{-Dr} = 1 / sigma'(Dr)
//   policy-guided  m = 1 + e^{Dh(y,z)}     w = 1 / sigma'(Dh)
//   on-policy      m = pi(y) pi(z)         w = 2 pi(y) pi(z), coefficient 1
// The guided ones mix uniform pairs with y ~ e^{h}, z ~ e^{-h} (or r for h).
//
// Linear term. e' = (1 - eta beta^2 L) e with L the Laplacian of the weights w(y,z) sigma'(Dr(y,z)) at pi*.
// In general the contraction is max |1 - eta beta^2 lambda|, lambda the K - 1 eigenvalues of L off constants.
// Guided weights cancel sigma': L = K (1 - 11^T/K), so every direction contracts by 1 - eta beta^2 K, and at
// eta = 1 / (beta^2 K) the linear term vanishes: quadratic convergence. Rewards all equal: uniform pairs too.
//
// Quadratic term. (sigma(a + d) - sigma(a)) / sigma'(a) = d - tanh(a/2) d^2/2 + O(d^3), so at that eta
//   e'(y) = s/(2K) sum_z tanh(Dr(y,z)/2) delta(y,z)^2 + O(delta^3),   s = +1 policy-, -1 reward-guided;
// for K = 2 delta' = s tanh(D/2) delta^2 / 2. The largest |delta'| / max|delta|^2 over all directions is
//   1/(2K) max(2 t_bw + sum_z max(t_bz, t_zw), sum_z (t_bz + t_zw)),   t = tanh(Dr/2), z other than b, w,
// b the best and w the worst completion (a convex function on the polytope max|delta| <= 1, whose vertices
// are the 0/1 vectors; any other pair loses to b, w by exchange).
//
// Regime. The map is exact; rates are local. Samplers that draw without coefficients (`weighted` = false) see
// 2 m / sum m for m: the same directions, another eta: w = 2/K^2, and 2/sigma' over the sum of 1/sigma'. They
// lose the quadratic rate unless eta meets that sum.
//
// Source: Shi, Zhou, Du 2409.19605 (linear against quadratic: its abstract; the weights 1/sigma': its
// authors' code). Its coefficients and bounds, |delta| <= .588^T, .5^(2^T - 1) (R), .611^(2^T - 1) (P) for
// rewards in [0, 1] from pi_ref at eta = 1 / (beta^2 K), are recalled, not looked up. Constants: derived
// here.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace twostage {

enum class OnlinePairs { uniform, on_policy, reward_guided, policy_guided };

struct OnlineDpo {
  std::vector<double> reward;         // [K >= 2] r*
  std::vector<double> log_reference;  // [K] log pi_ref; only on-policy pairs read it, may be empty otherwise
  double beta = 1;
  double learning_rate = 1;  // eta
  OnlinePairs pairs = OnlinePairs::uniform;
  bool weighted = true;  // with the sampling coefficients; on-policy pairs have none
};

// e at the reference: r, centred.
std::vector<double> reference_error(const OnlineDpo& problem);

// The exact map e -> e', centred. Relative accuracy is kept however small e is.
std::vector<double> online_dpo_step(const OnlineDpo& problem, std::span<const double> error);

double largest_pair_error(std::span<const double> error);  // max |delta|
double mean_pair_error(std::span<const double> error);     // mean |delta| over all K^2 ordered pairs

struct OnlineDpoRates {
  std::vector<double> curvature;  // [K - 1] eigenvalues of beta^2 L, ascending
  double contraction = 0;         // max |1 - eta lambda|: of delta, step by step, close to pi*
  double best_learning_rate = 0;  // 2 / (smallest + largest)
  double best_contraction = 0;
};
OnlineDpoRates online_dpo_rates(const OnlineDpo& problem);

// The quadratic term of e' for guided, weighted pairs at eta = 1 / (beta^2 K), whatever problem.learning_rate
// is; and its largest effect. Throw std::invalid_argument for other samplers.
std::vector<double> online_dpo_quadratic(const OnlineDpo& problem, std::span<const double> error);
double online_dpo_quadratic_constant(const OnlineDpo& problem);

// Steps of the exact map from `error` until mean_pair_error < gap; `most` + 1 when that is not reached.
std::size_t online_dpo_iterations(const OnlineDpo& problem, std::span<const double> error, double gap,
                                  std::size_t most = 100'000);

// The same by a local rate alone: log(to/from) / log(contraction), infinite from contraction 1 on.
double iterations_at_rate(double contraction, double from, double to);

}  // namespace twostage
