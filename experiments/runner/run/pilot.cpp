#include "experiments/runner/run/pilot.hpp"

#include <algorithm>
#include <numeric>

namespace twostage {

double estimated_seconds(const Pilot& pilot, const WorkDue& due) {
  const double each = pilot.fits == 0 ? 0 : pilot.again / static_cast<double>(pilot.fits);
  const double once = pilot.predictions == 0
                          ? 0
                          : std::max(0.0, pilot.first - pilot.again) / static_cast<double>(pilot.predictions);
  return once * static_cast<double>(due.predictions) + each * due.fits;
}

std::size_t spread_order(std::size_t i, std::size_t count) {
  if (count < 3) return i;
  auto stride = static_cast<std::size_t>(0.6180339887498949 * static_cast<double>(count));
  while (std::gcd(stride, count) != 1) ++stride;
  return i * stride % count;
}

}  // namespace twostage
