#include "sim/fit/multi_start.hpp"

#include <cmath>

#include "sim/random/draw.hpp"

namespace twostage {

num::Minimum minimise_from_starts(num::SmoothFunction& f, int starts, const RandomSource& source,
                                  std::uint64_t replicate, const num::LbfgsOptions& options) {
  std::vector<double> point(f.dimension(), 0.0);
  num::Minimum best = num::minimise_lbfgs(f, point, options);
  for (int k = 1; k < starts; ++k) {
    auto stream = source.stream(Purpose::optimiser, replicate, 0, static_cast<std::uint64_t>(k));
    for (double& x : point) x = draw_normal(stream);
    num::Minimum other = num::minimise_lbfgs(f, point, options);
    // An equal minimum reached again, or one not finished, does not replace what theta = 0 led to.
    const double margin = 1e-9 * (1 + std::fabs(best.value));
    const bool lower = other.value < best.value - margin;
    const bool rescue = other.converged && !best.converged && other.value <= best.value + margin;
    if ((other.converged && lower) || rescue || !std::isfinite(best.value)) best = std::move(other);
  }
  return best;
}

}  // namespace twostage
