#include "theory/curves.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace twostage {
namespace {

constexpr double kManyPairs = 1e9;
constexpr double kQuarterOctave = 1.189207115002721;  // 2^(1/4)
constexpr int kBisections = 50;

}  // namespace

std::vector<double> crossings(const Curve& a, const Curve& b, double low, double high) {
  const auto difference = [&](double pairs) { return a(pairs) - b(pairs); };
  std::vector<double> out;
  double left = low;
  double value = difference(left);
  while (left < high) {
    const double right = std::min(left * kQuarterOctave, high);
    const double next = difference(right);
    if ((value < 0 && next > 0) || (value > 0 && next < 0)) {
      double inner = left;
      double outer = right;
      for (int i = 0; i < kBisections; ++i) {
        const double middle = std::sqrt(inner * outer);
        ((difference(middle) < 0) == (value < 0) ? inner : outer) = middle;
      }
      out.push_back(std::sqrt(inner * outer));
    }
    left = right;
    value = next;
  }
  return out;
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

double curve_slope(const Curve& curve, double floor) {
  return kManyPairs * (curve(kManyPairs) - floor);
}

}  // namespace twostage
