#include "theory/distributions/chi_square.hpp"

#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

#include "sim/numerics/elementary.hpp"
#include "theory/distributions/increasing_root.hpp"
#include "theory/distributions/stirling.hpp"

namespace twostage {
namespace {

constexpr double kHalfUlp = 0x1p-54;

double lower_series(double a, double x) {
  double term = 1;
  double sum = 1;
  for (double k = 1; term > kHalfUlp * sum; ++k) {
    term *= x / (a + k);
    sum += term;
  }
  return sum;
}

// The continued fraction from its first level on, by Lentz's method as modified by Thompson and Barnett.
double upper_fraction(double a, double x) {
  constexpr double tiny = 1e-300;
  double b = x + 1 - a;
  double c = 1 / tiny;
  double d = 1 / b;
  double value = d;
  for (int term = 1; term < 1'000'000; ++term) {
    const double k = term;
    const double numerator = -k * (k - a);
    b += 2;
    d = b + numerator * d;
    if (std::fabs(d) < tiny) d = tiny;
    c = b + numerator / c;
    if (std::fabs(c) < tiny) c = tiny;
    d = 1 / d;
    const double factor = c * d;
    value *= factor;
    if (std::fabs(factor - 1) < 4 * kHalfUlp) break;
  }
  return value;
}

}  // namespace

Tails gamma_tails(double shape, double x) {
  if (!(shape > 0)) throw std::invalid_argument("gamma_tails: the shape must be positive");
  if (std::isnan(x)) return {x, x};
  if (x <= 0) return {0, 1};
  if (x == std::numeric_limits<double>::infinity()) return {1, 0};
  const double term = poisson_term(shape, x);
  if (x < shape + 1) {
    const double lower = term * lower_series(shape, x);
    return {lower, 1 - lower};
  }
  const double upper = term * shape * upper_fraction(shape, x);
  return {1 - upper, upper};
}

Tails chi_square_tails(std::size_t d, double x) {
  if (d == 0) return {x >= 0 ? 1.0 : 0.0, x >= 0 ? 0.0 : 1.0};
  return gamma_tails(static_cast<double>(d) / 2, x / 2);
}

double chi_square_cdf(std::size_t d, double x) {
  return chi_square_tails(d, x).lower;
}

double chi_square_density(std::size_t d, double x) {
  if (d == 0 || !(x > 0)) return 0;
  const double a = static_cast<double>(d) / 2;
  return poisson_term(a, x / 2) * a / x;  // z^(a-1) e^-z / (2 Gamma(a))
}

double chi_square_quantile(std::size_t d, double p) {
  if (!(p >= 0 && p <= 1)) throw std::invalid_argument("chi_square_quantile: p must lie in [0, 1]");
  if (d == 0 || p == 0) return 0;
  if (p == 1) return std::numeric_limits<double>::infinity();
  // In log x and the logarithm of the smaller tail, where both ends are nearly straight.
  const auto distance = [d, p](double log_x) {
    const double x = num::exp(log_x);
    const Tails tails = chi_square_tails(d, x);
    const double slope = x * chi_square_density(d, x);
    if (p <= 0.5) return ValueAndSlope{num::log(tails.lower / p), slope / tails.lower};
    return ValueAndSlope{num::log((1 - p) / tails.upper), slope / tails.upper};
  };
  double low = num::log(static_cast<double>(d));
  double high = low;
  for (double step = 1; distance(low).value > 0; step *= 2) low -= step;
  for (double step = 1; distance(high).value < 0; step *= 2) high += step;
  return num::exp(increasing_root(distance, low, high));
}

Tails normal_tails(double x) {
  if (x == 0) return {0.5, 0.5};
  const double far = gamma_tails(0.5, x * x / 2).upper / 2;
  return x > 0 ? Tails{1 - far, far} : Tails{far, 1 - far};
}

double normal_density(double x) {
  return num::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi);
}

double wilks_p_value(double gain, std::size_t d) {
  return chi_square_tails(d, 2 * gain).upper;
}

double wilks_gain_quantile(std::size_t d, double p) {
  return chi_square_quantile(d, p) / 2;
}

}  // namespace twostage
