// The prompts on which a second stage learns its policy. A reward is fitted where there are labels, but what
// is learned from the reward needs none: the policy may be learned on prompts without data, too (prompt
// augmentation, hypothesis 3 of 2503.01067). The option `prompts` says which: "train", those with data, or
// "all".
#pragma once

#include <memory>

#include "sim/algorithm/arm.hpp"

namespace twostage {

// `prompts`; left out of configurations at its default.
Knob learned_prompts_knob();

// Whether the arm's algorithm has that option and the arm asks for all prompts.
bool learns_on_all_prompts(const ArmSpec& spec);

// The world as the arm's policy is learned there: with the weights that prompts have among all, so that its
// class has parameters for prompts without data as well; or `world` itself, referred to. The reward is
// fitted in `world`, whatever the option says.
std::shared_ptr<const World> learning_world(const ArmSpec& spec, const World& world);

// InputError of the key `prompts` where all prompts are asked for and the world holds none out; and where the
// class of the policy is too large on all of them.
void check_learned_prompts(const ArmSpec& spec, const World& world);

// Bytes of that world beside the other one: 0 where they are one.
double learning_world_bytes(const ArmSpec& spec, const World& world);

}  // namespace twostage
