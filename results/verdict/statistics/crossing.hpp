// Where along an axis two means are equal: the zero of a line through the logarithm of their ratio at some
// points of the axis, and a confidence interval for it.
//
// The line runs straight from point to point, over the logarithm of the axis. Its zero is the estimate; where
// noise makes it cross more than once, the mean of the zeros. The interval inverts a test (Fieller 1954): it
// is the hull of all x at which the line's own interval contains 0. That is known at the points and
// interpolated between them, which is never too narrow, since the standard error of a weighted mean is at
// most the weighted mean of the standard errors. One interval at level 1 - alpha at the true crossing is all
// that coverage 1 - alpha takes.
//
// An end beyond the axis is 0 or infinite. Where all the points lie clearly on one side, the crossing is
// beyond that end of the axis which the line is nearer to 0 at.
#pragma once

#include <span>
#include <vector>

namespace twostage::claims {

struct LinePoint {
  double x = 0;  // logarithm of the axis
  double y = 0;  // logarithm of the ratio, and its interval
  double low = 0;
  double high = 0;
};

struct Crossing {
  double estimate = 0;  // x; NaN where the line has no zero
  double low = 0;       // may be infinite
  double high = 0;
  int zeros = 0;
};

// Points with ascending x, at least one, all finite but for the intervals.
Crossing crossing_of(std::span<const LinePoint> line);

}  // namespace twostage::claims
