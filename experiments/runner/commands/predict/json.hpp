// The predictions of every point and arm as JSON, one row each.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "experiments/runner/commands/predict/outlooks.hpp"

namespace twostage {

// What does not depend on the point's number of pairs, an object for each arm:
//   regret_target        what `pairs_needed` is for
//   pairs_needed         null when more data never get there, or without theory
//   pairs_needed_regime  of the arm at that n
//   crossings            [{with: arm, n, regime: of both arms there}] for n from 10 to 1e10
nlohmann::json predicted_answers(const Outlooks& outlooks, double target);

// A row for each arm: these answers, and what theory says at the point's n, with
//   winner         the arm of the least predicted regret there, the first of equals
//   winner_regime  of all arms with theory there
std::vector<nlohmann::json> predicted_rows(const Study& study, const Outlooks& outlooks, std::size_t point,
                                           const nlohmann::json& answers);

}  // namespace twostage
