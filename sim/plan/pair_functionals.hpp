// Expectations over independent pairs of completions of one prompt, exact to rounding at any horizon. With
// Delta = r(xi) - r(xi') they are integrals of characteristic functions (the sigmoid's Fourier transform):
//   sigma(x)     = 1/2 + int_0^inf sin(w x) / sinh(pi w) dw
//   softplus(-x) = log 2 - x/2 + int_0^inf (1 - cos(w x)) / (w sinh(pi w)) dw
//   sigma'(x)    = int_0^inf w cos(w x) / sinh(pi w) dw
// and E exp(i w Delta) = phi(w) conj phi'(w) within each prompt, averaged over prompts with rho.
#pragma once

#include <span>
#include <vector>

#include "sim/graph/token_graph.hpp"

namespace twostage {

// The midpoint rule w_k = (k + 1/2) step for these integrals, when |Delta| <= range. By Poisson summation its
// error is aliasing alone: with T = 2 pi / step the Fourier transforms of the three integrands are at most
// e^{-(T - range)} at T (each is a difference of logistic tails), so the error is at most e^{-(T - range)} /
// (1 - e^{-T}); T = range + 40 makes it 4e-18. The cut at w = 12.5 leaves out less than w e^{-pi w}
// = 1.1e-16. The number of nodes is 12.5 (range + 40) / (2 pi).
struct PairQuadrature {
  std::vector<double> node;    // w_k
  std::vector<double> weight;  // step / sinh(pi w_k)
};
PairQuadrature pair_quadrature(double range);

// Largest |r(xi) - r(xi')| over completions of one prompt.
double largest_difference(const TokenGraph& graph, std::span<const double> edge_values);

// Whether the return is narrow enough to integrate: a largest difference of 1e4 takes 20 000 nodes and is the
// limit, as are edge values and returns of 5e4 (their angles, up to 12.5 times that, must stay in the range
// of num::sincos). False for values that are not finite.
bool pair_functionals_fit(const TokenGraph& graph, std::span<const double> edge_values);

// The functions below throw std::invalid_argument where that is false. xi ~ p, xi' ~ q.
double expected_sigmoid(const TokenGraph& graph, std::span<const double> rho,
                        std::span<const double> edge_values, std::span<const double> log_p,
                        std::span<const double> log_q);
// E softplus(-Delta): the expected loss of a pair whose first completion is the preferred one.
double expected_softplus(const TokenGraph& graph, std::span<const double> rho,
                         std::span<const double> edge_values, std::span<const double> log_p,
                         std::span<const double> log_q);
// E sigma'(Delta): the expected curvature of a pair's loss.
double expected_sigmoid_slope(const TokenGraph& graph, std::span<const double> rho,
                              std::span<const double> edge_values, std::span<const double> log_p,
                              std::span<const double> log_q);

// Bradley-Terry log-likelihood per pair of the reward `fitted`, in nats: pairs i.i.d. from the sampler,
// labels drawn from the reward `truth`.
//   -( E softplus(-Delta_fitted) + E[ sigma(-Delta_truth) Delta_fitted ] )
double population_log_likelihood(const TokenGraph& graph, std::span<const double> rho,
                                 std::span<const double> truth, std::span<const double> fitted,
                                 std::span<const double> log_sampler);

}  // namespace twostage
