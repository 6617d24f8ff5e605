// Local asymptotics of a class that holds the truth: the central law.
//
// Statement. Let x = psi(xi) - psi(xi') be the feature difference of a same-prompt pair, Delta its true
// reward difference, and
//   I = E[sigma'(Delta) x x^T]            information, over the pairs,
//   C = E_s0 Cov_{pi*}(psi)               curvature of the regret.
// Then n E[J(pi*) - J(pi_hat)] -> tr(I^-1 C) / (2 beta), and n (J(pi*) - J(pi_hat)) converges in law to
// sum_j lambda_j chi^2_1 / (2 beta) with lambda the eigenvalues of I^-1/2 C I^-1/2. Twice the gain in
// log-likelihood over the truth converges to chi^2_d (Wilks).
// Derivation: sqrt(n)(theta_hat - theta*) -> N(0, I^-1), and the regret is beta KL(P_pi_hat || P_pi*) =
// delta^T C delta / (2 beta) to second order in delta = theta_hat - theta*.
//
// The law is one for both routes: psi are the features of a reward class, or those of a policy class at pi*
// (theory/information/edge_features.hpp). Tabular policies and dense rewards are one class. The ratio of two
// limits is the generation-verification gap as one number.
//
// Regime. Not d/n decides but kappa = max over same-prompt pairs of sigma'(Delta) x^T I^-1 x / n: about .02
// for a statement to 10 %, .007 to 3 %.
//
// Where regret is measured on other prompts than the data have (held out, say), C is the average over these
// and I that over the data's: the law holds as it stands, as long as the class holds the truth on both.
//
// Source: standard M-estimation (van der Vaart 1998, chapter 5) with the identity regret = beta KL.
#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "sim/world/prompt_set.hpp"
#include "theory/information/information.hpp"

namespace twostage {

struct LocalLimit {
  std::size_t dimension = 0;        // rank of the pair differences
  double limit = 0;                 // lim n E[regret], reward units
  double effective_dimension = 0;   // tr(I^-1 C) / 2
  std::vector<double> eigenvalues;  // [dimension] of I^-1/2 C I^-1/2, ascending
  std::optional<double> leverage;   // max over pairs of sigma'(Delta) x^T I^-1 x; kappa = leverage / n.
                                    // Infinite when the pairs show some direction too seldom for double
                                    // precision, which `dimension` and `limit` then lack; else empty beyond
                                    // 2048 distinct completions (where only the directions that pi* shows
                                    // are looked at).
  double widest = 0;                // max over those pairs of x^T I^-1 x
  // Of the distinct completions, none beyond 2048 of them: the mass under rho and pi*, and psi less its mean
  // under pi*, whitened: [completions], [completions x dimension].
  std::vector<double> mass;
  std::vector<double> white;
  std::vector<double> whitener;  // [parameters x dimension], row-major: W^T I W = 1

  bool lacks_directions() const { return leverage && std::isinf(*leverage); }
};

// `features` at the truth. Directions that no completion sees (constant within prompts) are left out. I by
// quadrature, at any horizon.
// `measured`: the prompts whose regret is meant, where they are others than those of the data
// (sim/world/prompt_set.hpp): C is of these, I and the leverage of the data's.
LocalLimit local_limit(const World& world, const EdgeFeatures& features, const PairPolicies& pairs,
                       std::optional<PromptSet> measured = std::nullopt);

// Pairs i.i.d. from one policy; features of a linear reward class.
LocalLimit local_limit(const World& world, const LinearModel& model, std::span<const double> log_sampler);

}  // namespace twostage
