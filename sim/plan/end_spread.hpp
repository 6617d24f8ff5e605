// How far completions differ that end in the same state. In a walk with a terminal reward they have one true
// reward, and whatever a fitted reward or a policy makes of the way there is error.
#pragma once

#include <optional>
#include <span>

#include "sim/graph/token_graph.hpp"

namespace twostage {

// The largest difference between the path sums of two completions of one prompt that end in one state, in the
// units of the values; nothing where no two completions share an end, as in a tree. Edges x prompts steps, at
// any horizon.
std::optional<double> spread_within_ends(const TokenGraph& graph, std::span<const double> edge_values);

}  // namespace twostage
