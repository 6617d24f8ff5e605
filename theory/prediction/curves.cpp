#include "theory/prediction/curves.hpp"

#include <algorithm>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "sim/numerics/elementary.hpp"

namespace twostage {
namespace {

constexpr double kManyPairs = 1e9;
constexpr double kQuarterOctave = 1.189207115002721;  // 2^(1/4)
constexpr double kClose = 0.25;                       // relative, of curves that may cross soon
constexpr double kFound = 1e-10;                      // relative
constexpr std::uintmax_t kMostSteps = 200;
// Relative. Fits of one class with and without a penalty differ by more up to n = 1e9.
constexpr double kRounding = 1e-9;

// Where f changes from positive or NaN at `low` to at most zero at `high`: by TOMS 748 in log n.
template <typename Function>
double sign_change(const Function& f, double low, double high, double at_low, double at_high) {
  const auto of_log = [&](double log_pairs) {
    const double value = f(num::exp(log_pairs));
    return std::isnan(value) ? 1.0 : value;
  };
  const auto found = [](double left, double right) { return right - left <= kFound; };
  std::uintmax_t steps = kMostSteps;
  return num::exp(boost::math::tools::toms748_solve(of_log, num::log(low), num::log(high),
                                                    std::isnan(at_low) ? 1.0 : at_low, at_high, found, steps)
                      .second);
}

}  // namespace

Contest contest(const Curve& a, const Curve& b, double low, double high) {
  // log a - log b where both are positive: positive where b is lower, 0 where they are equal to rounding.
  const auto difference = [&](double pairs) {
    const double left = a(pairs);
    const double right = b(pairs);
    if (std::fabs(left - right) <= kRounding * std::max(std::fabs(left), std::fabs(right))) return 0.0;
    return left > 0 && right > 0 ? num::log(left / right) : left - right;
  };
  Contest out;
  double decided = low;  // the last n on the grid at which they differ by more than rounding
  double was = 0;        // the difference there
  double at = low;
  while (true) {
    const double value = difference(at);
    const int sign = (value > 0) - (value < 0);
    if (sign * out.lower < 0) {
      const double from = out.lower;  // so that the difference changes from positive to negative
      out.turns.push_back(sign_change([&](double pairs) { return from * difference(pairs); }, decided, at,
                                      from * was, from * value));
    }
    if (sign != 0 || std::isnan(value)) {
      out.lower = sign;
      decided = at;
      was = value;
    }
    if (!(at < high)) return out;
    const double octaves = std::fabs(value) < kClose ? kQuarterOctave : 2;
    at = std::min(at * octaves, high);
  }
}

double pairs_for(const Curve& curve, double target) {
  const auto above = [&](double pairs) {
    const double value = curve(pairs);
    return value > 0 && target > 0 ? num::log(value / target) : value - target;
  };
  const double at_most = above(kManyPairs);
  if (!(at_most <= 0)) return std::numeric_limits<double>::infinity();
  const double at_one = above(1);
  return at_one <= 0 ? 1 : sign_change(above, 1, kManyPairs, at_one, at_most);
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
