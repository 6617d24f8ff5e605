// Characteristic function of the return, phi(w) = E_pi[exp(i w r(xi)) | prompt], at any horizon: exp turns
// the path sum into a product along edges, so one complex backward sweep per frequency gives it exactly,
//   Phi(s) = sum_a pi(a|s) exp(i w r(s,a)) Phi(s'),  Phi = 1 at layer H.
// Pair functionals, which do not split along edges, are integrals of it: see pair_functionals.hpp.
#pragma once

#include <span>
#include <vector>

#include "sim/graph/token_graph.hpp"

namespace twostage {

// Values at each (prompt, frequency), prompt slowest.
struct ComplexTable {
  std::vector<double> re;
  std::vector<double> im;
};

// |w| max_e |r(e)| must stay within the range of num::sincos, 2^20.
ComplexTable characteristic_function(const TokenGraph& graph, std::span<const double> log_policy,
                                     std::span<const double> edge_values,
                                     std::span<const double> frequencies);

// Also the first moment E_pi[g(xi) exp(i w r(xi))] of a second additive return g:
//   M(s) = sum_a pi(a|s) exp(i w r(s,a)) (M(s') + g(s,a) Phi(s')).
struct CharacteristicMoment {
  ComplexTable phi;
  ComplexTable moment;
};
CharacteristicMoment characteristic_moment(const TokenGraph& graph, std::span<const double> log_policy,
                                           std::span<const double> edge_values,
                                           std::span<const double> moment_values,
                                           std::span<const double> frequencies);

}  // namespace twostage
