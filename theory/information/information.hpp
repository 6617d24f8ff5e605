// Fisher information of preference pairs about the parameters of a reward, at any horizon:
//   I = E[ sigma'(Delta) x x^T ],  x = psi(xi) - psi(xi'),  Delta = r*(xi) - r*(xi'),
// prompt ~ rho, xi ~ first, xi' ~ second given the prompt.
//
// It does not split along edges, but with sigma'(z) = int_0^inf w cos(w z) / sinh(pi w) dw it is an integral
// of tilted moments that do: with Phi = E e^{i w r}, N = E[psi e^{i w r}], M = E[psi psi^T e^{i w r}] under
// either policy,
//   E[cos(w Delta) x x^T] = Re( M_1 conj(Phi_2) + M_2 conj(Phi_1) - N_1 N_2^H - (N_1 N_2^H)^T ),
// and M is a sum over edges of what came before (a complex mass), the edge's own row, and N of what comes
// after. The rule of sim/plan/pair_functionals.hpp integrates it to rounding. Work: nodes x (entries of psi)
// x parameters.
#pragma once

#include "sim/preference/pair_sampler.hpp"
#include "theory/information/edge_features.hpp"

namespace twostage {

// Row-major, all of the symmetric parameters x parameters matrix. std::invalid_argument where the return is
// too wide to integrate (pair_functionals_fit).
std::vector<double> pair_information(const EdgeFeatures& features, const World& world,
                                     const PairPolicies& pairs);

}  // namespace twostage
