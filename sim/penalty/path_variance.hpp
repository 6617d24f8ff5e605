// Variance of path sums under a policy, and its gradient in the edge values, by one backward and one forward
// sweep. With m(s) = E[sum from s on], the differences d(e) = v(e) + m(s') - m(s) are martingale differences:
//   E_s0 Var(sum | s0) = sum_e mu(e) d(e)^2,
//   derivative in v(e) = 2 mu(e) (E[sum of d before e | e] + d(e)).
// Pooled over prompts, the first difference is m(s0) - E_rho m.
#pragma once

#include <span>

#include "sim/world/world.hpp"

namespace twostage {

// Adds scale * gradient to `gradient` and returns scale * variance.
double add_path_variance(const World& world, std::span<const double> log_policy,
                         std::span<const double> edge_values, bool pooled, double scale,
                         std::span<double> gradient);

}  // namespace twostage
