// Whether an algorithm takes the log-probability of a completion as the sum over its tokens or as their mean,
// which is an option of those that the literature has in both forms. Completions of one length make the mean
// the sum at another scale; where lengths differ it is another loss.
#pragma once

#include "sim/algorithm/arm.hpp"
#include "sim/loss/policy_loss.hpp"

namespace twostage {

// `of_what`: what is summed, "log pi".
Knob tokens_knob(Tokens fallback, const std::string& of_what);
Tokens tokens_of(const ArmSpec& spec);

// Whether means are taken in a world whose completions have different lengths. Then margins are none of a
// reward, and no exact test applies.
bool means_differ(const ArmSpec& spec, const World& world);

// Refuses means over completions that have no token: InputError. For Algorithm::check.
void require_tokens(const ArmSpec& spec, const World& world);
// Refuses them, too, where lengths differ and nobody knows whether an estimate without penalty exists.
void require_tokens_alike(const ArmSpec& spec, const World& world);

}  // namespace twostage
