// When two returns count as equal: their difference is within the rounding of sums of H edge values.
#pragma once

#include <span>

#include "sim/numerics/reduce.hpp"
#include "sim/world/token_graph.hpp"

namespace twostage {

// 1e-12 H max_e |r(e)|: thousands of times the rounding error of a path sum, far below any meant difference.
inline double tie_tolerance(const TokenGraph& graph, std::span<const double> edge_values) {
  return 1e-12 * graph.horizon() * num::max_abs(edge_values);
}

}  // namespace twostage
