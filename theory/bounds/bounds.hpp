// Published upper and lower bounds on learning from preferences: known slopes, unknown constants; and the
// check of a measured slope against one.
//
// Statement. A bound says value <= c shape(n, d, k, ...) (upper) or >= (lower), c unknown, shape ~ n^exponent
// for many pairs. So a curve may be drawn through one measured point ("anchored, not predicted"), and a
// log-log regression of what is bounded must not have a slope above the exponent of an upper bound, nor below
// that of a lower one.
//
// slope_check. log mean_i = a + b log n_i + error, errors normal with known standard errors (of the log mean,
// from replicates): weighted least squares, b +- z / sqrt(S_xx). An upper bound with exponent e is
//   consistent    when the interval lies below e + slack,
//   inconsistent  when it lies above, else undecided; a lower bound the other way about.
// At a true slope of e + slack exactly, `inconsistent` has probability alpha/2, `consistent` too.
//
// Regime. Only slopes are tested: with an unknown constant no single value contradicts a bound, and a finite
// range shows the rate there (misfit_p says whether it is one rate). Upper bounds hold in every world of
// their class, and may be slack: the regularised regret falls like 1/n wherever the local asymptotics apply,
// below all n^{-1/2} bounds. Lower bounds hold in the worst world of their class, which may change with n: a
// steeper slope in one fixed world contradicts nothing unless that world is the bound's own.
//
// Sources: beside each entry, with what was looked up; the rest is recalled.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sim/catalog/registry.hpp"

namespace twostage {

struct BoundScale {
  double pairs = 1;             // n
  double dimension = 1;         // d, of the reward class (d_R) or the feature space
  double policy_dimension = 1;  // d_P
  double sparsity = 1;          // k <= d
  double coverage = 1;          // the coefficient that the statement names
  double beta = 1;
  double misspecification = 0;  // distance of the truth from the class
};

enum class BoundSide { upper, lower };

struct PublishedBound {
  BoundSide side;
  std::string quantity;  // what is bounded
  bool confirmed;        // the slope (or that there is none) was found in print; false: recalled
  std::string checked;   // what was found, and where
  double exponent;       // of n
  double (*shape)(const BoundScale& at);
};

// Entry::summary is the statement; Status::checked where confirmed, else Status::heuristic.
const Registry<PublishedBound>& published_bounds();

inline constexpr const char* kAnchored = "anchored, not predicted";

// Values at `pairs` of the bound drawn through `value` at anchor.pairs.
std::vector<double> anchored_curve(const PublishedBound& bound, const BoundScale& anchor, double value,
                                   std::span<const double> pairs);

struct CurvePoint {
  double pairs = 1;
  double mean = 1;       // > 0
  double log_error = 1;  // standard error of log mean, > 0
};

struct SlopeEstimate {
  double slope = 0;
  double intercept = 0;  // log mean at n = 1
  double standard_error = 0;
  double low = 0;  // two-sided, 1 - alpha
  double high = 0;
  double misfit_p = 1;  // chi-square with points - 2 degrees: P(a straight line looks this bent); 1 for two
};

// At least two points of different n.
SlopeEstimate log_log_slope(std::span<const CurvePoint> points, double alpha = 0.01);

enum class SlopeVerdict { consistent, inconsistent, undecided };

SlopeVerdict slope_check(const PublishedBound& bound, const SlopeEstimate& measured, double slack = 0);

}  // namespace twostage
