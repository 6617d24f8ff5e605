// What the summary and the details of `explain` both say.
#pragma once

#include <string>

#include "sim/catalog/settings.hpp"
#include "sim/world/token_graph.hpp"

namespace twostage {

// "degree (degree = 2)": the entry that settings choose, with its knobs.
std::string choice_text(const Settings& settings, const std::string& selector);

// "3", or "16 then 2" where the number of tokens changes from layer to layer.
std::string alphabet(const TokenGraph& graph);

}  // namespace twostage
