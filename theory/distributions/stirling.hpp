// Factorials in saddle-point form, so that probabilities of large counts lose no digits to cancellation.
//
//   log Gamma(a + 1) = (a + 1/2) log a - a + log sqrt(2 pi) + stirling_error(a)
//   deviance(x, m)   = x log(x/m) + m - x >= 0
//   x^a e^-x / Gamma(a + 1) = exp(-stirling_error(a) - deviance(a, x)) / sqrt(2 pi a)
// The exponent is a sum of terms of one sign: its error is a few rounding errors of itself, where
// a log x - x - log Gamma(a + 1) has those of its largest term.
//
// Source: Loader (2000), Fast and accurate computation of binomial probabilities.
#pragma once

namespace twostage {

// a > 0; absolute error below 1e-14.
double stirling_error(double a);

// x > 0, m > 0.
double deviance(double x, double m);

// x^a e^-x / Gamma(a + 1) for a >= 0, x > 0.
double poisson_term(double a, double x);

// log of C(n, k) p^k (1 - p)^(n - k) for 0 <= k <= n (integers, as doubles) and 0 < p < 1.
double log_binomial_term(double n, double k, double p);

// The same at p = 1/2.
double log_fair_binomial_term(double n, double k);

}  // namespace twostage
