// Where an arm aims: the policy of its class that its loss has at its least where pairs without number are
// drawn from the reference and nothing is penalised. Every labelled pair of completions counts as often as it
// is to be expected, so that this is a fit as any other, and exact. What separates the arm from it is for
// lack of data, or the penalty's doing; what separates it from pi* is the loss's, or the class's.
#pragma once

#include <string>

#include "sim/algorithm/arm.hpp"

namespace twostage {

// Ordered pairs of completions that are listed at most, over all prompts: 512 completions of one.
inline constexpr double kMostPopulationPairs = 1 << 18;

// Of the graph; what is beyond kMostPopulationPairs has no target.
double population_pairs(const TokenGraph& graph);

// Each pair (chosen, rejected) of completions of one prompt, weighed by rho P_ref P_ref P(the one > the
// other), and all of them by one factor that makes them count once on average.
PreferenceData population_of_pairs(const World& world);

struct Target {
  ArmResult fit;        // without penalty and course
  std::string missing;  // why there is none; empty: there is
};
// `input` for its world, its source of starting points and its `stop`.
Target target_of(const ArmSpec& spec, const ArmInput& input);

}  // namespace twostage
