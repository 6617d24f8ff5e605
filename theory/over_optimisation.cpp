#include "theory/over_optimisation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "sim/numerics/elementary.hpp"
#include "theory/chi_square.hpp"

namespace twostage {
namespace {

// What is known of the score at u, in units where g = 1.
struct ScoreLaw {
  Tails tails;
  double gold_density;  // E[G; U = u] = integral of g f_G(g) f_X(u - g)
};

// n F^(n - 1).
double kept_weight(const Tails& tails, double n) {
  const double log_cdf = tails.lower < 0.5 ? num::log(tails.lower) : num::log1p(-tails.upper);
  return n == 1 ? 1 : n * num::exp((n - 1) * log_cdf);
}

// U = G + X splits by the sign of X. For X > 0, f_X(u - g) = e^{(g - u)/b} / 2b tilts G to N(1/b, 1), cut off
// at g < u; X < 0 is the mirror image.
ScoreLaw laplace_law(double u, double b) {
  const auto side = [b](double v) {  // e^{1/2b^2 - v/b} times the mass and the mean of the cut normal
    const double z = v - 1 / b;
    const double scale = num::exp(0.5 / (b * b) - v / b) / (2 * b);
    const double mass = normal_tails(z).lower;
    return std::pair{scale * mass, scale * (mass / b - normal_density(z))};
  };
  // Where e^{-v/b} overflows (v << 0) the normal tail is far smaller: that side is 0 there.
  constexpr double far = -37;
  const auto right = u - 1 / b < far ? std::pair{0.0, 0.0} : side(u);
  const auto left = -u - 1 / b < far ? std::pair{0.0, 0.0} : side(-u);
  // P(U <= u) = Phi(u) - b (right side) + b (left side), by parts.
  const Tails gold = normal_tails(u);
  return {{gold.lower + b * (left.first - right.first), gold.upper + b * (right.first - left.first)},
          right.second - left.second};
}

// Trapezoidal rule over G, whose density is analytic and decays as fast as the error of the rule.
ScoreLaw power_law(double u, double s, double nu) {
  const double step = std::min(0.125, s / 10);
  ScoreLaw law{{0, 0}, 0};
  const int nodes = static_cast<int>(std::ceil(8.6 / step));
  for (int k = -nodes; k <= nodes; ++k) {
    const double g = step * k;
    const double weight = step * normal_density(g);
    const double z = (u - g) / s;
    const double root = std::sqrt(1 + z * z);
    // e^{-nu asinh |z|}: the rarer tail.
    const double odds = num::exp(-nu * num::log(std::fabs(z) + root));
    const double near = 1 / (1 + odds);
    const double far = odds / (1 + odds);
    law.tails.lower += weight * (z > 0 ? near : far);
    law.tails.upper += weight * (z > 0 ? far : near);
    law.gold_density += weight * g * nu * near * far / (s * root);
  }
  return law;
}

}  // namespace

double expected_maximum_of_normals(double n) {
  if (!(n >= 1)) throw std::invalid_argument("expected_maximum_of_normals: n must be at least 1");
  constexpr double step = 1.0 / 64;
  double sum = 0;
  for (int k = -9 * 64; k <= 39 * 64; ++k) {
    const double z = step * k;
    sum += z * normal_density(z) * kept_weight(normal_tails(z), n);
  }
  return step * sum;
}

double gold_reward_of_best(double gold_deviation, const ProxyError& error, double n) {
  const bool index_is_used = error.tail == ErrorTail::power;
  if (!(gold_deviation > 0 && error.scale > 0 && (error.index > 0 || !index_is_used) && n >= 1))
    throw std::invalid_argument(
        "gold_reward_of_best: deviations, scale and index must be positive, n at least 1");
  const double scale = error.scale / gold_deviation;
  if (error.tail == ErrorTail::gaussian)
    return gold_deviation * expected_maximum_of_normals(n) / std::sqrt(1 + scale * scale);

  // u = width sinh v: power tails become exponential ones.
  const double width = std::min(1.0, scale);
  constexpr double step = 1.0 / 32;
  double sum = 0;
  for (const int direction : {1, -1}) {
    // On until n draws have nothing beyond u.
    double beyond = 1;
    for (int k = direction > 0 ? 0 : 1; n * beyond > 1e-18; ++k) {
      const double up = num::exp(step * k);
      const double u = direction * width * (up - 1 / up) / 2;
      const ScoreLaw law = index_is_used ? power_law(u, scale, error.index) : laplace_law(u, scale);
      sum += kept_weight(law.tails, n) * law.gold_density * width * (up + 1 / up) / 2;
      beyond = direction > 0 ? law.tails.upper : law.tails.lower;
    }
  }
  return gold_deviation * step * sum;
}

double gold_reward_limit(double gold_deviation, const ProxyError& error) {
  if (error.tail == ErrorTail::gaussian) return std::numeric_limits<double>::infinity();
  if (error.tail == ErrorTail::laplace) return gold_deviation * gold_deviation / error.scale;
  return 0;
}

}  // namespace twostage
