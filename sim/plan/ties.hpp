// Discrete comparisons of returns: which count as equal, and the groups of equal ones in a listed law.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "sim/numerics/reduce.hpp"
#include "sim/plan/return_distribution.hpp"

namespace twostage {

// Rewards are compared as if they were exact. Two things blur them:
//   rounding of scores and path sums: 1e-12 H max_e |r(e)| is thousands of times that;
//   of a fitted reward, what the optimiser left undone. Completions that the class cannot tell apart, or that
//   the data treat alike, have one reward at the optimum and nearly one at the fit. The certificate has an
//   estimate of the error of each (fit_error.hpp); ten times that is taken for a bound.
inline double rounding_of(const TokenGraph& graph, std::span<const double> edge_values) {
  return 1e-12 * graph.horizon() * num::max_abs(edge_values);
}
inline double tie_tolerance(double rounding, double error, double other_error) {
  return rounding + 10 * (std::fabs(error) + std::fabs(other_error));
}

// Calls f(prompt, its atoms) for each prompt.
template <typename Function>
void for_each_prompt(std::span<const ReturnAtom> atoms, Function f) {
  for (std::size_t begin = 0, end = 0; begin < atoms.size(); begin = end) {
    while (end < atoms.size() && atoms[end].prompt == atoms[begin].prompt) ++end;
    f(static_cast<std::size_t>(atoms[begin].prompt), atoms.subspan(begin, end - begin));
  }
}

// One prompt's atoms, in order of their first return: the ends of the groups that tie with their first
// member. Chains of neighbours do not add up to a wide group.
inline std::vector<std::size_t> tied_group_ends(std::span<const ReturnAtom> atoms, double rounding) {
  std::vector<std::size_t> ends;
  std::size_t begin = 0;
  for (std::size_t i = 1; i <= atoms.size(); ++i)
    if (i == atoms.size() ||
        atoms[i].first - atoms[begin].first > tie_tolerance(rounding, atoms[i].error, atoms[begin].error)) {
      ends.push_back(i);
      begin = i;
    }
  return ends;
}

}  // namespace twostage
