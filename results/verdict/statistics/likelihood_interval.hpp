// Confidence intervals for theta = sum_k w_k g(mean_k), g the identity or the logarithm, by empirical
// likelihood with a row that was not seen. No draws: the interval is a function of the data.
//
// A distribution q on the rows, and on one row that lies beyond them, is compatible with the sample when
//   sum_r log(1 / (n q_r)) <= budget,   budget = n/2 log(1 + t^2 / (n - 1)),
// t Student's quantile for the tail at n - 1 degrees: what the normal likelihood allows. The ends are the
// least and the largest theta(q). Owen 2001, Empirical Likelihood. Whole rows have weights, so pairing and
// common random numbers are kept; for a ratio the interval is Fieller's, rho such that the mean of A - rho B
// may be 0.
//
// The unseen row is what holds the level where the law has a tail. A sample that misses the tail has too
// small a mean and too small a spread, so Student's, bootstrap and plain likelihood intervals end too early,
// on the side of the tail: lognormals of sigma 1, 50 rows, a tail of .005 miss .049, .033 and .026 times
// above. How much the tail may hold is told by how far the outermost rows reach: in the units in which rows
// are added (the derivative of theta by their weight), the unseen row lies
//   (1 + 20 / n) times the furthest row plus 3 times the third,
// for each end by its own rows. The third, since a single large row is luck more often than tail. Under a
// logarithm a column without negative values stays without. Large n and light tails leave no weight for it
// and the interval tends to Owen's, so to Student's.
//
// Measured coverage of each end, laws x replicates x level: results/verdict/README.md. What the sample does
// not show cannot be covered: a law whose mean rests on what happens less than about log(1 / tail) / n of the
// time, or that has no variance. No rule can tell those samples: their tail is not in them. (No interval
// where one row has more than half of the variance, say, was measured: of lognormal samples at n = 50 it
// drops a quarter, and hardly one of those whose interval is false.)
//
// Columns may lack rows (points with fewer replicates than others): mean_k is over the weights of the rows
// that column k has. n of the budget is then that of the shortest column.
#pragma once

#include <cstddef>

#include "results/verdict/statistics/binomial.hpp"
#include "results/verdict/statistics/sample.hpp"

namespace twostage {

// Fewer rows than this say nothing about such a tail: 3 log(1 / tail), and 20 at least. In so many, what
// happens in 28 of 100 (1 - e^(-1/3)) is missing with probability `tail`.
std::size_t replicates_needed(double tail);

struct MeanInterval {
  double estimate = 0;        // NaN when a mean <= 0 stands under a logarithm
  double standard_error = 0;  // by the delta method
  std::size_t differing = 0;  // rows that differ from the most frequent one
  bool varies = false;        // enough of them that the data bound theta at all (variation.hpp)
  Bounds interval{0, 0};      // an end that the data do not bound is infinite
};

// Each end errs with probability `tail`. Throws std::invalid_argument when a column has fewer rows than are
// needed.
MeanInterval likelihood_interval(const Sample& sample, double tail);

}  // namespace twostage
