#include "results/verdict/statistics/crossing.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace twostage::claims {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// The part of [0, 1] on which a + (b - a) t <= 0; empty when first > last. Where one end is -infinity nothing
// holds the line up anywhere before the other.
struct Stretch {
  double first;
  double last;
};

Stretch not_above_zero(double a, double b) {
  if (a <= 0 && b <= 0) return {0, 1};
  if (a > 0 && b > 0) return {1, 0};
  if (std::isinf(a) || std::isinf(b)) return {0, 1};
  const double zero = a / (a - b);
  return a <= 0 ? Stretch{0, zero} : Stretch{zero, 1};
}

}  // namespace

Crossing crossing_of(std::span<const LinePoint> line) {
  Crossing out{std::nan(""), infinity, -infinity, 0};
  double sum = 0;
  for (std::size_t i = 0; i + 1 < line.size(); ++i) {
    const LinePoint& a = line[i];
    const LinePoint& b = line[i + 1];
    const double width = b.x - a.x;
    if ((a.y < 0) != (b.y < 0)) {
      sum += a.x + width * a.y / (a.y - b.y);
      ++out.zeros;
    }
    const Stretch below = not_above_zero(a.low, b.low);
    const Stretch above = not_above_zero(-a.high, -b.high);
    const double first = std::fmax(below.first, above.first);
    const double last = std::fmin(below.last, above.last);
    if (first > last) continue;
    out.low = std::fmin(out.low, a.x + width * first);
    out.high = std::fmax(out.high, a.x + width * last);
  }
  const LinePoint& start = line.front();
  const LinePoint& end = line.back();
  if (out.zeros > 0) out.estimate = sum / out.zeros;
  if (out.low > out.high) {  // the line's interval never contains 0
    const bool later = std::fabs(end.y) <= std::fabs(start.y);
    if (later) return {out.estimate, end.x, infinity, out.zeros};
    return {out.estimate, -infinity, start.x, out.zeros};
  }
  if (start.low <= 0 && start.high >= 0) out.low = -infinity;
  if (end.low <= 0 && end.high >= 0) out.high = infinity;
  return out;
}

}  // namespace twostage::claims
