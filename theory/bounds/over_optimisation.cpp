#include "theory/bounds/over_optimisation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/catalog/settings.hpp"
#include "sim/numerics/elementary.hpp"
#include "theory/distributions/chi_square.hpp"

namespace twostage {
namespace {

// Where the quadratures were checked; the scales in units of g, to rounding.
constexpr double kMostDraws = 1e12;
constexpr double kLeastScale = 0.05 * (1 - 1e-12);
constexpr double kMostScale = 100 * (1 + 1e-12);
constexpr double kLeastIndex = 0.5;
constexpr double kMostIndex = 20;

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

// Trapezoidal rule over G, whose density is analytic and decays as fast as the error of the rule. The
// logistic law has its nearest singularities at height s sin(pi/nu) >= 2 s/nu (at s for nu <= 2): with six
// nodes to that bound they cost e^{-12 pi} of the law's density.
class PowerLaw {
 public:
  // n draws have no G beyond `reach`.
  PowerLaw(double s, double nu, double n) : s_(s), nu_(nu) {
    const double step = std::min(0.125, s * 2 / std::max(2.0, nu) / 6);
    const double reach = std::sqrt(2 * num::log(1e18 * n));
    const int nodes = static_cast<int>(std::ceil(reach / step));
    for (int k = -nodes; k <= nodes; ++k) {
      gold_.push_back(step * k);
      weight_.push_back(step * normal_density(step * k));
    }
  }

  ScoreLaw at(double u) const {
    ScoreLaw law{{0, 0}, 0};
    for (std::size_t k = 0; k < gold_.size(); ++k) {
      const double z = (u - gold_[k]) / s_;
      const double root = std::sqrt(1 + z * z);
      // e^{-nu asinh |z|}: the rarer tail.
      const double odds = num::exp(-nu_ * num::log(std::fabs(z) + root));
      const double near = 1 / (1 + odds);
      const double far = odds / (1 + odds);
      law.tails.lower += weight_[k] * (z > 0 ? near : far);
      law.tails.upper += weight_[k] * (z > 0 ? far : near);
      law.gold_density += weight_[k] * gold_[k] * nu_ * near * far / (s_ * root);
    }
    return law;
  }

 private:
  double s_, nu_;
  std::vector<double> gold_, weight_;
};

// n E[G; U = u] F_U(u)^{n - 1} over u = sinh v: power tails become exponential ones, and the convolution
// with G is smooth on the scale of 1. The maximum of n draws is narrow: its integrand is analytic to a height
// of about 1 / log n in v, hence the step.
template <class Law>
double integrate_kept(const Law& law_at, double n) {
  constexpr double step = 1.0 / 256;
  double sum = 0;
  for (const int direction : {1, -1}) {
    // On until n draws have nothing beyond u, or none is kept from there.
    double beyond = 1;
    for (int k = direction > 0 ? 0 : 1; beyond > 1e-18; ++k) {
      const double up = num::exp(step * k);
      const ScoreLaw law = law_at(direction * (up - 1 / up) / 2);
      const double kept = kept_weight(law.tails, n);
      sum += kept * law.gold_density * (up + 1 / up) / 2;
      beyond = direction > 0 ? n * law.tails.upper : kept * law.tails.lower;
    }
  }
  return step * sum;
}

void require_range(const char* key, double value, double least, double most, std::string_view range) {
  if (value >= least && value <= most) return;
  throw InputError(key, "gold_reward_of_best: " + std::string(range));
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
  if (!(gold_deviation > 0)) throw InputError("gold_deviation", "gold_reward_of_best: g must be positive");
  require_range("n", n, 1, kMostDraws, "n must lie between 1 and 1e12");
  const double scale = error.scale / gold_deviation;
  if (error.tail == ErrorTail::gaussian) {
    require_range("scale", scale, 0, std::numeric_limits<double>::infinity(), "s must not be negative");
    return gold_deviation * expected_maximum_of_normals(n) / std::sqrt(1 + scale * scale);
  }
  require_range("scale", scale, kLeastScale, kMostScale, "the scale must lie between g/20 and 100 g");
  if (error.tail == ErrorTail::laplace)
    return gold_deviation * integrate_kept([scale](double u) { return laplace_law(u, scale); }, n);
  require_range("index", error.index, kLeastIndex, kMostIndex, "the index must lie between 1/2 and 20");
  const PowerLaw law(scale, error.index, n);
  return gold_deviation * integrate_kept([&law](double u) { return law.at(u); }, n);
}

double gold_reward_limit(double gold_deviation, const ProxyError& error) {
  if (error.tail == ErrorTail::gaussian) return std::numeric_limits<double>::infinity();
  if (error.tail == ErrorTail::laplace) return gold_deviation * gold_deviation / error.scale;
  return 0;
}

}  // namespace twostage
