// Characteristic functions of the return of both members of a pair, xi ~ p and xi' ~ q given the prompt, by
// whichever exact way is shorter: a sum over the distinct returns when they are no more than the edges (a
// prefix tree; a terminal reward on a walk), else the complex backward sweep, which any horizon allows.
#pragma once

#include <span>

#include "sim/plan/characteristic.hpp"

namespace twostage {

struct PairTransform {
  ComplexTable p;       // E_p exp(i w r(xi))
  ComplexTable q;       // E_q exp(i w r(xi'))
  ComplexTable moment;  // E_p g(xi) exp(i w r(xi)); empty without moment values

  double cos(std::size_t i) const { return p.re[i] * q.re[i] + p.im[i] * q.im[i]; }  // E cos(w Delta)
  double sin(std::size_t i) const { return p.im[i] * q.re[i] - p.re[i] * q.im[i]; }  // E sin(w Delta)
};

// What is transformed: the return r, an optional second return g, and the two policies.
struct PairLaw {
  const TokenGraph& graph;
  std::span<const double> edge_values;
  std::span<const double> moment_values;  // may be empty
  std::span<const double> log_p;
  std::span<const double> log_q;
};

PairTransform pair_transform(const PairLaw& law, std::span<const double> frequencies);

// The two ways.
PairTransform pair_transform_by_listing(const PairLaw& law, std::span<const double> frequencies);
PairTransform pair_transform_by_sweep(const PairLaw& law, std::span<const double> frequencies);

}  // namespace twostage
