// Headroom: J_beta(pi*) - J_beta(pi_ref), what there is to gain by fine-tuning (sim/DEFINITIONS.md, "Soft
// planning").
//
// For reward s r it is G(s) = E_rho[V_s(s0)] - s E_ref[r] = beta E_rho KL(P_ref || P_pi*_s), computed as the
// divergence, without cancellation. G is convex and rises from G(0) = 0 without bound unless r is constant
// within every prompt, so exactly one scale s > 0 gives a headroom asked for.
#pragma once

#include "sim/world/world.hpp"

namespace twostage {

// Of the reward multiplied by `scale`.
double headroom(const World& world, double scale = 1);

// The scale that gives `target` > 0, as closely as G can be computed. Throws InputError when the reward is
// constant.
double scale_for_headroom(const World& world, double target);

}  // namespace twostage
