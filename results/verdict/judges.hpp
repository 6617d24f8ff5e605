// The judges behind `judge`, and binding, which is all that `check_claims` does of them.
#pragma once

#include <optional>
#include <string_view>

#include "results/verdict/condition.hpp"
#include "results/verdict/grid.hpp"
#include "results/verdict/verdict.hpp"

namespace twostage::claims {

struct BoundHolds {
  Quantity left;
  Quantity right;
  Reads reads;
  Selection where;
};

struct BoundInterval {
  std::vector<Quantity> terms;  // of the estimand; for an event its two sides
  Reads reads;
  std::optional<std::size_t> axis;  // that a trend or slope runs along
  std::vector<double> abscissa;     // its coordinates, or their logarithms
  Selection where;
};

// Check every name, arm and type against the dataset's shape. Throw ClaimError with an empty key.
BoundHolds bind(const Grid& grid, const HoldsFormula& formula);
BoundInterval bind(const Grid& grid, const IntervalFormula& formula);

// Evidence of a claim about points that these results do not have, as when a preset shortens an axis.
inline constexpr std::string_view no_point = "no point of these results meets the condition";

// Note of a point without a single replicate.
inline constexpr std::string_view point_not_run = "not run";

// What an interval says of a claimed set: inside it, outside, or across its edge.
Outcome decide(const ClaimedSet& set, double low, double high);

// How far the interval lies inside the set; negative across its edge, -inf without an interval.
double margin(const ClaimedSet& set, const VerdictPart& part);

// "first; second"
void append(std::string& text, const std::string& more);

// The verdict on points(...) from its parts, each with its interval but without an outcome; alpha is the
// share's.
void judge_share(const IntervalFormula& formula, double alpha, Verdict& verdict);

// Fill in `verdict` from its outcome on. Throw ClaimError when the claim cannot be judged.
void judge_holds(const Grid& grid, const Claim& claim, Verdict& verdict);
void judge_interval(const Grid& grid, const Claim& claim, double alpha, Verdict& verdict);

}  // namespace twostage::claims
