// What best-of-n by an imperfect score does to the true reward: the tails of the error decide.
//
// Statement. Gold reward G ~ N(0, g^2), score U = G + X with an independent error X. The kept one has
//   E[G | best of n] = n int F_U(u)^{n-1} E[G; U = u] du,   KL = log n - (n - 1)/n.
// - Gaussian X of standard deviation s: E[G] = g^2 / sqrt(g^2 + s^2) m_n with m_n the expected maximum of n
//   standard normals (~ sqrt(2 log n)): it grows for ever, at a fraction of the score.
// - Laplace X of scale b: E[G | U = u] -> g^2 / b, the mean of G tilted by e^{G/b}: it saturates there.
// - Power tails, P(X > x) ~ (2x/s)^{-nu}: E[G | U = u] ~ (nu + 1) g^2 / u, so that
//   n^{1/nu} E[G] -> 2 (nu + 1) Gamma(1 + 1/nu) g^2 / s: it rises, and returns to the reference's mean.
// The power law is P(X <= x) = 1 / (1 + e^{-nu asinh(x/s)}), logistic in asinh x: smooth, with any exponent.
//
// Regime. Exact up to quadrature: 1e-10 absolute at g = 1 (trapezoidal rules on analytic integrands), for n
// between 1 and 1e12, Laplace and power scales between 1/20 and 100 times g, and nu between 1/2 and 20.
// Beyond those: InputError. Gaussian errors may have any scale.
//
// Sources: Gao et al. 2210.10760, appendix A (Gaussian); Kwa et al. 2407.14503 (light and heavy tails).
#pragma once

namespace twostage {

// E max of n standard normals, n >= 1.
double expected_maximum_of_normals(double n);

enum class ErrorTail { gaussian, laplace, power };

struct ProxyError {
  ErrorTail tail = ErrorTail::gaussian;
  double scale = 1;  // s or b
  double index = 2;  // nu, of power tails
};

// E[G | best of n by U].
double gold_reward_of_best(double gold_deviation, const ProxyError& error, double n);

// Its limit as n grows: infinity, g^2 / b, or 0.
double gold_reward_limit(double gold_deviation, const ProxyError& error);

}  // namespace twostage
