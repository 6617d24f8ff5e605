// The chi-square and the normal law, and Wilks' theorem.
//
// Statement. With a = d/2 and z = x/2, the tails of chi^2_d are the regularised incomplete gamma functions
//   P(a, z) = poisson_term(a, z) sum_{k >= 0} z^k / ((a + 1) ... (a + k))      for z < a + 1,
//   Q(a, z) = poisson_term(a, z) a / (z + 1 - a - 1 (1 - a)/(z + 3 - a - ...))  otherwise,
// and the normal upper tail is Q(1/2, x^2/2) / 2. Either tail has full relative accuracy (1e-13).
//
// Wilks. In a well-specified regular class of dimension d, twice the log-likelihood that the estimate gains
// over the truth converges to chi^2_d: the mean gain is d/2.
// Regime: as for the local asymptotics, kappa small and the estimate unique.
//
// Source: Wilks (1938); series and continued fraction: Abramowitz and Stegun 6.5.29 and 6.5.31.
#pragma once

#include <cstddef>

namespace twostage {

struct Tails {
  double lower = 0;  // P(X <= x)
  double upper = 0;  // P(X > x)
};

Tails gamma_tails(double shape, double x);  // shape > 0, scale 1

Tails chi_square_tails(std::size_t d, double x);
double chi_square_cdf(std::size_t d, double x);
double chi_square_density(std::size_t d, double x);
double chi_square_quantile(std::size_t d, double p);  // 0 <= p <= 1

Tails normal_tails(double x);
double normal_density(double x);

// `gain` = log-likelihood at the estimate minus at the truth, >= 0: P(a gain at least as large).
double wilks_p_value(double gain, std::size_t d);
double wilks_gain_quantile(std::size_t d, double p);

}  // namespace twostage
