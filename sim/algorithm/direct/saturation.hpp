// Losses that are bounded, because each completion's gain saturates: -sum_xi c(xi) s(xi; u(xi)) with c = a
// times how often xi was chosen less b times how often it was rejected and every s increasing in u = log
// pi/pi_ref.
//
// At a stationary point over all policies of a tree the derivatives -c s' in log pi(xi) are proportional to
// pi(xi), for each prompt, so that all of its completions have a c of one sign. Where some do not, and one
// that no pair has ever shown has c = 0, there is no stationary point, at whatever policy: mass leaves the
// completions with less, and the infimum is not attained.
#pragma once

#include "sim/algorithm/arm.hpp"

namespace twostage {

// not_attained where that holds; elsewhere nothing is known. a, b > 0.
KnownExistence existence_where_saturating(const ArmSpec& spec, const ArmInput& input, double a, double b);

// Without a penalty and without a course, refuses what that does not apply to, and equal weights a = b: the c
// of a prompt's completions add up to zero then, so that there is a minimum on no data but where all of them
// are zero. InputError. For Algorithm::check.
void require_saturating_tree(const ArmSpec& spec, const World& world, double a, double b);

}  // namespace twostage
