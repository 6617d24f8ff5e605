// What the summary and the details of `explain` both say.
#pragma once

#include <string>

#include "experiments/runner/replicate/whole_replicate.hpp"
#include "sim/catalog/settings.hpp"
#include "sim/preference/preference_data.hpp"
#include "sim/world/world.hpp"

namespace twostage {

// "degree (degree = 2)": the entry that settings choose, with its knobs.
std::string choice_text(const Settings& settings, const std::string& selector);

// "3", or "16 then 2" where the number of tokens changes from layer to layer.
std::string alphabet(const TokenGraph& graph);
// How many completions a prompt has; "5 to 12" where prompts differ.
std::string completions_text(const TokenGraph& graph);

// How many pairs there are, and in how many the completion of the smaller true reward was preferred.
struct PairCount {
  double all = 0;
  double surprising = 0;
};
PairCount count_pairs(const World& world, const PreferenceData& data);

// "labelled by Bradley-Terry", or that no reward gives the labels.
std::string labels_text(const World& world);

// In a world with a cycle: what the regrets are by, and which arms assume a reward.
std::string no_reward_text(const WholeReplicate& replicate);

// In a world with prompts that are held out: how many, and on which of its prompts policies are measured.
std::string population_text(const WholeReplicate& replicate);

}  // namespace twostage
