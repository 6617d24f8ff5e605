// The win rate against the reference with the true reward for a judge, as other metrics ask for it.
#pragma once

#include "sim/policy/policy_law.hpp"

namespace twostage {

// E_s0 [P(r*(xi) > r*(xi')) + P(r*(xi) = r*(xi')) / 2], xi from the policy and xi' from the reference. NaN
// where too many distinct rewards would have to be listed (limits.hpp).
double win_rate_against_reference(const World& world, const PolicyLaw& policy);

// The same of p against q, told by a law of the true reward under both (first).
double win_rate_in(const World& world, std::span<const ReturnAtom> atoms);

// Distinct rewards that would have to be listed are few enough.
bool returns_can_be_listed(const World& world);

}  // namespace twostage
