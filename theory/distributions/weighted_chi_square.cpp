#include "theory/distributions/weighted_chi_square.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <vector>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "theory/distributions/increasing_root.hpp"

namespace twostage {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLeast = 1e-100;     // x, in units of the largest weight: its cube is a number
constexpr double kNegligible = 1e-9;  // of an eigenvalue that is zero, relative to the largest

// The positive weights, ascending.
std::vector<double> positive(std::span<const double> weights) {
  double largest = 0;
  for (const double w : weights) largest = std::max(largest, w);
  std::vector<double> out;
  for (const double w : weights) {
    if (!(w >= -kNegligible * largest && w < kInfinity))
      throw std::invalid_argument("weighted_chi_square: weights must be finite and not negative");
    if (w > 0) out.push_back(w);
  }
  std::sort(out.begin(), out.end());
  return out;
}

// Positive weights, divided by a power of two where squares and sums of theirs would leave the range of
// double: Q / scale has them.
struct Scaled {
  std::vector<double> weights;
  double scale = 1;
};

Scaled scaled(std::span<const double> weights) {
  Scaled out{positive(weights)};
  if (out.weights.empty() || (out.weights.back() > 1e-60 && out.weights.back() < 1e60)) return out;
  int exponent = 0;
  std::frexp(out.weights.back(), &exponent);
  out.scale = std::ldexp(1.0, exponent);
  for (double& w : out.weights) w = std::ldexp(w, -exponent);
  while (!out.weights.empty() && out.weights.front() == 0) out.weights.erase(out.weights.begin());
  return out;
}

struct Complex {
  double re;
  double im;
};

Complex operator*(Complex a, Complex b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

Complex operator/(Complex a, Complex b) {
  const double norm = b.re * b.re + b.im * b.im;
  return {(a.re * b.re + a.im * b.im) / norm, (a.im * b.re - a.re * b.im) / norm};
}

// The principal root, whose cut is that of (1 + 2 w s)^{1/2}.
Complex square_root(Complex z) {
  const double size = std::sqrt(z.re * z.re + z.im * z.im);
  const double big = std::sqrt((size + std::fabs(z.re)) / 2);
  const double small = z.im / (2 * big);
  if (z.re >= 0) return {big, small};
  return {std::fabs(small), std::copysign(big, z.im)};
}

// g(s) = s x - 1/2 sum log(1 + 2 w s) - log|s|, the logarithm of the integrand on the real line.
class Integrand {
 public:
  Integrand(const std::vector<double>& weights, double x) : weights_(weights), x_(x) {}

  struct Derivatives {
    double first, second, third;
  };
  Derivatives derivatives(double s) const {
    const double u = 1 / s;
    Derivatives g{x_ - u, u * u, -2 * u * u * u};
    for (const double w : weights_) {
      const double t = w / (1 + 2 * w * s);
      g.first -= t;
      g.second += 2 * t * t;
      g.third -= 8 * t * t * t;
    }
    return g;
  }

  double log_value(double s) const {
    double sum = 0;
    for (const double w : weights_) sum += num::log1p(2 * w * s);
    return s * x_ - sum / 2 - num::log(std::fabs(s));
  }

  // The convex g has one minimum on either side of 0.
  double saddle(bool right) const {
    const auto slope = [this](double s) {
      const Derivatives g = derivatives(s);
      return ValueAndSlope{g.first, g.second};
    };
    if (right) {
      double high = 1 / x_;
      while (slope(high).value < 0) high *= 2;
      double low = high;
      while (slope(low).value > 0) low /= 2;
      return increasing_root(slope, low, high);
    }
    const double branch = -0.5 / weights_.back();
    double high = branch / 2;
    while (slope(high).value < 0) high /= 2;
    double low = high;
    while (slope(low).value > 0) low = branch + (low - branch) / 2;
    return increasing_root(slope, low, high);
  }

  // e^{sx} M(s) / s relative to its value at s0.
  Complex ratio(Complex s, double s0) const {
    Complex product{1, 0};
    for (const double w : weights_) {
      const double scale = 1 / (1 + 2 * w * s0);
      product = product * square_root({(1 + 2 * w * s.re) * scale, 2 * w * s.im * scale});
    }
    const num::SinCos angle = num::sincos(s.im * x_);
    const double size = num::exp((s.re - s0) * x_);
    const Complex numerator{s0 * size * angle.cos, s0 * size * angle.sin};
    return numerator / (product * s);
  }

 private:
  const std::vector<double>& weights_;
  double x_;
};

// Sums over the nodes v = first, first + step, ... until the terms are negligible.
struct PathSums {
  double tail = 0;
  double density = 0;
};

PathSums path_sums(const Integrand& integrand, double s0, double bend, double first, double step) {
  PathSums sums;
  double largest = 0;
  int negligible = 0;
  for (int k = 0; k < 100'000 && negligible < 3; ++k) {
    const double v = first + step * k;
    const Complex s{s0 - bend * v * v, v};
    const Complex f = integrand.ratio(s, s0) * Complex{1, 2 * bend * v};  // ds / (i dv)
    const Complex df = f * s;
    sums.tail += f.re;
    sums.density += df.re;
    const double size =
        std::max(std::fabs(f.re) + std::fabs(f.im), (std::fabs(df.re) + std::fabs(df.im)) / std::fabs(s0));
    largest = std::max(largest, size);
    negligible = size < 1e-18 * largest ? negligible + 1 : 0;
  }
  return sums;
}

// At x > 0, for weights of which there is one.
WeightedChiSquare law_at(const std::vector<double>& w, double x) {
  if (x == kInfinity) return {1, 0, 0, 0};
  const Integrand integrand(w, x);
  const bool right = x <= num::sum(w);
  const double s0 = integrand.saddle(right);
  const Integrand::Derivatives g = integrand.derivatives(s0);
  // Steepest descent bends by -g''' / 6 g''; a path that bends to the right would never end.
  const double to_branch = s0 + 0.5 / w.back();
  const double bend = std::max(-g.third / (6 * g.second), 0.05 / to_branch);

  double step = 1 / std::sqrt(g.second);
  const PathSums start = path_sums(integrand, s0, bend, step, step);
  PathSums total{0.5 + start.tail, 0.5 * s0 + start.density};
  double change = 1;
  for (int halving = 0; halving < 12 && change > 1e-12; ++halving) {
    const PathSums between = path_sums(integrand, s0, bend, step / 2, step);
    change =
        std::max(std::fabs(total.tail - between.tail) / std::fabs(total.tail + between.tail),
                 std::fabs(total.density - between.density) / std::fabs(total.density + between.density));
    total.tail += between.tail;
    total.density += between.density;
    step /= 2;
  }
  const double scale = num::exp(integrand.log_value(s0)) * step / std::numbers::pi;
  const double tail = scale * total.tail;
  const double density = scale * std::fabs(total.density);
  return right ? WeightedChiSquare{tail, 1 - tail, density, change}
               : WeightedChiSquare{1 - tail, tail, density, change};
}

}  // namespace

WeightedChiSquare weighted_chi_square(std::span<const double> weights, double x) {
  const Scaled w = scaled(weights);
  if (std::isnan(x)) return {x, x, x, 0};
  if (w.weights.empty()) return {x >= 0 ? 1.0 : 0.0, x >= 0 ? 0.0 : 1.0, 0, 0};
  if (x <= 0) return {0, 1, 0, 0};
  WeightedChiSquare law = law_at(w.weights, std::max(x / w.scale, kLeast));
  law.density /= w.scale;
  return law;
}

double weighted_chi_square_cdf(std::span<const double> weights, double x) {
  return weighted_chi_square(weights, x).lower;
}

double weighted_chi_square_quantile(std::span<const double> weights, double p) {
  if (!(p >= 0 && p <= 1)) throw std::invalid_argument("weighted_chi_square_quantile: p must lie in [0, 1]");
  const Scaled of = scaled(weights);
  const std::vector<double>& w = of.weights;
  if (w.empty() || p == 0) return 0;
  if (p == 1) return kInfinity;
  // In log x and the logarithm of the smaller tail, where both ends are nearly straight.
  const auto distance = [&w, p](double log_x) {
    const double x = num::exp(log_x);
    if (x < kLeast) return ValueAndSlope{-kInfinity, 1};
    const WeightedChiSquare law = law_at(w, x);
    const double slope = x * law.density;
    if (p <= 0.5) return ValueAndSlope{num::log(law.lower / p), slope / law.lower};
    return ValueAndSlope{num::log((1 - p) / law.upper), slope / law.upper};
  };
  double low = num::log(num::sum(w));
  double high = low;
  for (double step = 1; distance(low).value > 0; step *= 2) low -= step;
  for (double step = 1; distance(high).value < 0; step *= 2) high += step;
  return of.scale * num::exp(increasing_root(distance, low, high));
}

double weighted_chi_square_mean(std::span<const double> weights) {
  return num::sum(positive(weights));
}

double weighted_chi_square_variance(std::span<const double> weights) {
  const std::vector<double> w = positive(weights);
  return 2 * num::dot(w, w);
}

}  // namespace twostage
