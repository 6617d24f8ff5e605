// The best reward of at most k features of a linear class, whichever they are: best-subset maximum
// likelihood. Minimise over theta with at most k entries that are not 0
//   sum_i softplus(-(r_theta(xi+_i) - r_theta(xi-_i))) + penalty(r_theta).
// By branch and bound: features are taken in or left out one after the other, and a branch is given up where
// even the fit with all features that are still open, a convex one, costs no less than the best k found. What
// is left is a proof that no other k features cost less by more than 1e-9 of it, so the certificate says
// global. Classes with more than 20 000 choices are refused (sparse_model.hpp).
#pragma once

#include "sim/fit/reward_fit.hpp"

namespace twostage {

RewardFit fit_subset(const LinearModel& whole, std::size_t k, const World& world, const PairTable& table,
                     const Penalty& penalty);

}  // namespace twostage
