// Local minimisation from several starting points: theta = 0 (the reference policy) and standard normal
// points with addresses of their own. The lowest value found wins; a stationary point is all that this
// proves.
#pragma once

#include "sim/numerics/lbfgs.hpp"
#include "sim/random/stream.hpp"

namespace twostage {

num::Minimum minimise_from_starts(num::SmoothFunction& f, int starts, const RandomSource& source,
                                  std::uint64_t replicate, const num::LbfgsOptions& options);

}  // namespace twostage
