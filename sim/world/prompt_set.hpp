// Which prompts something is measured on. A world may hold prompts back: data, penalties and fits know those
// with data alone (World::rho); a policy is one for every prompt, and so can be measured on the others, too.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/world/world.hpp"

namespace twostage {

enum class PromptSet { train, held_out, all };

// "train", "held-out", "all", in the order of the values.
const std::vector<std::string>& prompt_set_names();
// InputError for any other name.
PromptSet prompt_set_named(const std::string& name);

// Whether `resolved` is of a world with prompts that are held out.
bool holds_prompts_out(const Settings& resolved);
// InputError where it has none, and others than those with data are asked for.
void check_prompt_set(PromptSet population, const Settings& resolved);

// Prompts with data; they come first.
std::size_t prompts_with_data(const World& world);
// [states] whether a state is reached from prompts without data, and from no other.
std::vector<bool> states_without_data(const World& world);

// [prompts] the weights of the world's prompts, less those that are not in the population, sum 1.
std::vector<double> prompt_measure(const World& world, PromptSet population);
// The world with these weights for its own: what metrics of the population are told by. Nothing is fitted
// there.
World measured_world(const World& world, PromptSet population);

}  // namespace twostage
