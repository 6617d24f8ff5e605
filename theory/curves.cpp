#include "theory/curves.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace twostage {
namespace {

constexpr double kManyPairs = 1e9;
constexpr double kQuarterOctave = 1.189207115002721;  // 2^(1/4)
constexpr int kBisections = 40;
// Relative. Fits of one class with and without a penalty differ by more up to n = 1e9.
constexpr double kRounding = 1e-9;

}  // namespace

Contest contest(const Curve& a, const Curve& b, double low, double high) {
  // Positive where b is lower, 0 where they are equal to rounding.
  const auto difference = [&](double pairs) {
    const double left = a(pairs);
    const double right = b(pairs);
    return std::fabs(left - right) <= kRounding * std::max(std::fabs(left), std::fabs(right)) ? 0.0
                                                                                              : left - right;
  };
  Contest out;
  double decided = low;  // the last n on the grid at which they differ by more than rounding
  for (double at = low;; at = std::min(at * kQuarterOctave, high)) {
    const double value = difference(at);
    const int sign = (value > 0) - (value < 0);
    if (sign * out.lower < 0) {
      double inner = decided;
      double outer = at;
      for (int i = 0; i < kBisections; ++i) {
        const double middle = std::sqrt(inner * outer);
        ((difference(middle) < 0) == (out.lower < 0) ? inner : outer) = middle;
      }
      out.turns.push_back(std::sqrt(inner * outer));
    }
    if (sign != 0 || std::isnan(value)) {
      out.lower = sign;
      decided = at;
    }
    if (!(at < high)) return out;
  }
}

double pairs_for(const Curve& curve, double target) {
  double low = 1;
  double high = kManyPairs;
  if (!(curve(high) <= target)) return std::numeric_limits<double>::infinity();
  if (curve(low) <= target) return low;
  for (int i = 0; i < kBisections; ++i) {
    const double middle = std::sqrt(low * high);
    (curve(middle) <= target ? high : low) = middle;
  }
  return high;
}

Curve with_tail(Curve curve, double floor) {
  const double slope = curve_slope(curve, floor);
  return [curve = std::move(curve), floor, slope](double pairs) {
    return pairs > kManyPairs ? floor + slope / pairs : curve(pairs);
  };
}

double curve_slope(const Curve& curve, double floor) {
  return kManyPairs * (curve(kManyPairs) - floor);
}

}  // namespace twostage
