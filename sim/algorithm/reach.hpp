// How far from the reference the plans of an arm's rewards reach, known before there are data. At temperature
// 0 a plan is the reference on the completions that the reward ranks best, and KL(P_pi || P_ref) is -log of
// their mass there. Which they are is for the data to say, but not how finely the arm's class tells
// completions apart.
#pragma once

#include <optional>

#include "sim/algorithm/arm.hpp"

namespace twostage {

// In nats, the mean over rho: where the plan ends if the reward ranks best, for each prompt, the most likely
// or the least likely of what its class tells apart. A reward that tells less apart may end before.
struct Reach {
  double nearest = 0;
  double farthest = 0;
};

// Plans are those of `measured`, which is `world` but for its rho; classes have the parameters that they have
// in `world`. Nothing where too many completions would have to be listed.
std::optional<Reach> reach_of(const ArmSpec& spec, const World& world, const World& measured);

}  // namespace twostage
