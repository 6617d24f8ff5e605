#include "sim/algorithm/stoppable.hpp"

namespace twostage {
num::Minimum minimise_until_stopped(num::SmoothFunction& function, std::span<const double> start,
                                    const num::LbfgsOptions& options, const std::function<bool()>& stop) {
  Stoppable stoppable(function, stop);
  return num::minimise_lbfgs(stoppable, start, options);
}

}  // namespace twostage
