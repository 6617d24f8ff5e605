// Discrete comparisons of returns: which count as equal, and the groups of equal ones in a listed law.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "sim/numerics/reduce.hpp"
#include "sim/plan/return_distribution.hpp"

namespace twostage {

// 1e-12 H max_e |r(e)|: thousands of times the rounding error of a path sum, far below any meant difference.
inline double tie_tolerance(const TokenGraph& graph, std::span<const double> edge_values) {
  return 1e-12 * graph.horizon() * num::max_abs(edge_values);
}

// Calls f(prompt, its atoms) for each prompt.
template <typename Function>
void for_each_prompt(std::span<const ReturnAtom> atoms, Function f) {
  for (std::size_t begin = 0, end = 0; begin < atoms.size(); begin = end) {
    while (end < atoms.size() && atoms[end].prompt == atoms[begin].prompt) ++end;
    f(static_cast<std::size_t>(atoms[begin].prompt), atoms.subspan(begin, end - begin));
  }
}

// One prompt's atoms, in order of their first return: the ends of the groups of tied neighbours.
inline std::vector<std::size_t> tied_group_ends(std::span<const ReturnAtom> atoms, double tie) {
  std::vector<std::size_t> ends;
  for (std::size_t i = 1; i <= atoms.size(); ++i)
    if (i == atoms.size() || atoms[i].first - atoms[i - 1].first > tie) ends.push_back(i);
  return ends;
}

}  // namespace twostage
