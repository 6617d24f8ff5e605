#pragma once

#include "sim/model/score_model.hpp"

namespace twostage {

// Whether the margins log pi/pi_ref of all pairs are affine in theta, so that a policy class behaves like a
// class of rewards: log Z of a state depends on theta only at the prompt, which both completions share, or
// alike at all states of a layer. So it is at horizon 1, for `first-token`, and for functions of the single
// token where the reference is one for all states.
bool margins_are_affine(const LinearModel& model, const World& world);

}  // namespace twostage
