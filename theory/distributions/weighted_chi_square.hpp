// The law of Q = sum_j w_j chi^2_1, w_j >= 0: the limit law of n times the regret.
//
// Statement. With M(s) = E e^{-sQ} = prod_j (1 + 2 w_j s)^{-1/2}, analytic off the negative half-line,
//   P(Q <= x) = (1/2 pi i) int e^{sx} M(s) / s ds   on a path to the right of s = 0,
//   P(Q > x)  = the same with the sign changed      on a path between the branch points and s = 0,
//   density   = (1/2 pi i) int e^{sx} M(s) ds       on either.
// The path is the parabola s0 + i v - c v^2 through the saddle point s0 of the integrand, which follows the
// steepest descent to second order: the integrand has one hump and next to no oscillation, so each tail keeps
// its relative accuracy, however small it is, and the trapezoidal rule converges geometrically: halving the
// step squares the relative error. The step is halved until two values agree to 1e-12, so the discretisation
// error is far below that and what remains is rounding: below 2e-12 relative for tails above 1e-100, for
// weights of any spread (checked up to 1e6 against closed forms, and against Ruben's series, whose truncation
// bound is rigorous).
//
// Regime. Exact for the law of Q. As the law of n times a regret it is a limit: see local_asymptotics.hpp.
//
// Sources: Imhof (1961), Biometrika 48; the path: Rice (1980), Helstrom (1983), IEEE Trans. AES 19;
// Ruben (1962), Ann. Math. Statist. 33.
#pragma once

#include <span>

namespace twostage {

struct WeightedChiSquare {
  double lower = 0;    // P(Q <= x)
  double upper = 0;    // P(Q > x)
  double density = 0;  // at x
  double change = 0;   // relative change of the last halving of the step; its square bounds the error
};

// The lower tail at an x below 1e-100 of the largest weight is that at 1e-100 of it.
//
// Weights of zero are left out, and so are those below it by rounding (1e-9 of the largest: eigenvalues are
// not better known). One further below, an infinite one or NaN is std::invalid_argument.
WeightedChiSquare weighted_chi_square(std::span<const double> weights, double x);

double weighted_chi_square_cdf(std::span<const double> weights, double x);
double weighted_chi_square_quantile(std::span<const double> weights, double p);  // 0 <= p <= 1

double weighted_chi_square_mean(std::span<const double> weights);      // sum w
double weighted_chi_square_variance(std::span<const double> weights);  // 2 sum w^2

}  // namespace twostage
