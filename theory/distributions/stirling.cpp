#include "theory/distributions/stirling.hpp"

#include <cmath>
#include <numbers>

#include "sim/numerics/elementary.hpp"

namespace twostage {

double stirling_error(double a) {
  // stirling_error(a) - stirling_error(a + 1) = (a + 1/2) log(1 + 1/a) - 1.
  double steps = 0;
  while (a < 16) {
    steps += (a + 0.5) * num::log1p(1 / a) - 1;
    a += 1;
  }
  // Alternating asymptotic series: the error is below the first term left out, a^-13 / 156 < 2e-18.
  const double r = 1 / (a * a);
  const double series =
      (1.0 / 12 +
       r * (-1.0 / 360 + r * (1.0 / 1260 + r * (-1.0 / 1680 + r * (1.0 / 1188 - r * 691 / 360360))))) /
      a;
  return steps + series;
}

double deviance(double x, double m) {
  const double v = (x - m) / (x + m);
  if (std::fabs(v) > 0.1) return x * num::log(x / m) + m - x;
  // log(x/m) = 2 atanh v and x - m = v (x + m).
  const double w = v * v;
  double series = 0;
  double power = v * w;
  for (int k = 3; std::fabs(power) > 1e-18 * std::fabs(series) && k < 60; k += 2, power *= w)
    series += power / k;
  return (x - m) * v + 2 * x * series;
}

double poisson_term(double a, double x) {
  if (a == 0) return num::exp(-x);
  return num::exp(-stirling_error(a) - deviance(a, x)) / std::sqrt(2 * std::numbers::pi * a);
}

double log_binomial_term(double n, double k, double p) {
  if (k == 0) return n * num::log1p(-p);
  if (k == n) return n * num::log(p);
  const double rest = n - k;
  const double exponent = stirling_error(n) - stirling_error(k) - stirling_error(rest) - deviance(k, n * p) -
                          deviance(rest, n * (1 - p));
  return exponent + 0.5 * num::log(n / (2 * std::numbers::pi * k * rest));
}

double log_fair_binomial_term(double n, double k) {
  return log_binomial_term(n, k, 0.5);
}

}  // namespace twostage
