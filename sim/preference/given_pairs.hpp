// Comparisons written down one by one instead of drawn: sampler = { kind = "given", comparisons = [[first,
// second, wins, losses], ...] }. Completions are numbered in lexicographic order, one prompt's after the
// other's; wins and losses need not be whole, so that 98 sigmoid(1) and 98 sigmoid(-1) say what 98 labels by
// Bradley and Terry come to on average.
#pragma once

#include "sim/catalog/settings.hpp"
#include "sim/preference/preference_data.hpp"
#include "sim/world/world.hpp"

namespace twostage {

// Whether the sampler's data are given; then there is no law that pairs are drawn from.
bool gives_pairs(const Settings& resolved);

// The comparisons `pairs / total` times each, where total counts all wins and losses. InputError when a row
// names no two completions of one prompt, or `pairs` is no multiple of the total.
PreferenceData given_pairs(const Settings& resolved, const World& world, std::size_t pairs);

}  // namespace twostage
