// The exact test of existence without arithmetic, for classes that give each completion, or each end of one,
// a value of its own.
//
// Then only comparisons decide, whatever the features are: the likelihood has a maximum iff among completions
// that comparisons connect each one has won, over some steps, against each other (Zermelo 1929, Ford 1957),
// that is, iff the graph of wins has no edge between two of its strongly connected parts.
#pragma once

#include <optional>

#include "sim/existence/outcome.hpp"
#include "sim/model/score_model.hpp"
#include "sim/preference/preference_data.hpp"

namespace twostage {

// What test_existence (existence.hpp) says of the pairs; nothing where completions share what the class knows
// of them, or where that is not seen at once. `world` is the model's.
std::optional<KnownExistence> existence_by_wins(const LinearModel& model, const World& world,
                                                const PairTable& pairs);

}  // namespace twostage
