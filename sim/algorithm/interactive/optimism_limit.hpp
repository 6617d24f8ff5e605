// How much optimism a sum of softplus over pairs bears. Added to it is sum_y pull(y) log pi(y), which falls
// as the policy gives those completions up, and held it is by -sum_y hold(y) log pi(y). Where pi(A) goes to 0
// like e^-t, of some of a prompt's completions, no matter how little of it,
//   losses to the others grow by scale W(A, not A) t, the hold by hold(A) t, and the pull falls by pull(A) t,
// with W(A, not A) how often members of A are preferred to the others; and every direction in which a policy
// can go is a sum of such sets, one within the next. So the loss is bounded below for every multiple of the
// pull that is at most
//   min over A, neither none nor all, of (scale W(A, not A) + hold(A)) / pull(A),
// and beyond it falls for ever. Below it, it is attained where no set's numerator is 0.
// Over all policies of a tree; by going through all sets.
#pragma once

#include <span>

#include "sim/preference/preference_data.hpp"
#include "sim/world/world.hpp"

namespace twostage {

struct OptimismLimit {
  double most;         // multiple of the pull; infinite: any
  bool level = false;  // some set has neither pull nor anything against it
};

// pull, hold: [edges], how often completions cross them. std::invalid_argument where `sets_are_few` does not
// hold.
OptimismLimit optimism_limit(const World& world, const PairTable& table, double scale,
                             std::span<const double> pull, std::span<const double> hold);

// Whether the loss falls for ever where one action of one state is given up, on any graph: what the limit
// would say of the completions that cross an edge, if that is not the only one there.
bool falls_without_an_edge(const World& world, const PairTable& table, double scale,
                           std::span<const double> pull, std::span<const double> hold);

// A tree with at most 16 completions a prompt and 2^18 sets in all.
bool sets_are_few(const World& world);

}  // namespace twostage
