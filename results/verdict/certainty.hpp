// What a claim says before anything is measured. Definitions bound what a metric can be (a regret is never
// negative, a share lies in [0, 1]), and arms of one recipe return one result; a claim that follows from
// these, or contradicts them, is no claim about the data, and is refused.
//
// Ranges are closed intervals that hold every value an expression can take, by interval arithmetic over the
// bounds of its variables (attributes lower_bound, upper_bound) and axes: too wide at times (they do not see
// that two terms move together, but for equal terms), never too narrow. So nothing is refused that could have
// come out either way.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "results/verdict/grid.hpp"

namespace twostage::claims {

// Per arm: the first arm with the same recipe (itself when there is none). Empty: all arms differ.
using SameArms = std::vector<std::size_t>;

struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

// Every name in the expression is known to the grid.
Range range_of(const Grid& grid, const Expression& expression, const SameArms& same = {});

enum class Certainty { open, always, never };
Certainty certainty(const Grid& grid, const Comparison& comparison, const SameArms& same = {});

// Throw ClaimError for a claim whose outcome does not depend on the data, with the reason.
void refuse_certain(const Grid& grid, const HoldsFormula& formula, const SameArms& same);
void refuse_certain(const Grid& grid, const IntervalFormula& formula, const SameArms& same);

}  // namespace twostage::claims
