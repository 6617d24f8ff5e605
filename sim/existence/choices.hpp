// The likelihood of chosen completions, sum -log pi, sees theta through the choices at the states on their
// way: rows phi(s, a) - phi(s, b) for each chosen a and every other b. -log pi is convex in logits, and its
// recession function along d is the sum over chosen actions of max_b d(s, b) - d(s, a) >= 0: these rows take
// the place of pair differences in the test of existence.
#pragma once

#include <vector>

#include "sim/existence/outcome.hpp"
#include "sim/model/score_model.hpp"
#include "sim/preference/preference_data.hpp"
#include "sim/world/world.hpp"

namespace twostage {

// [rows x parameters]
std::vector<double> choice_matrix(const LinearModel& model, const World& world, const PreferenceData& data);

// no_exact_test where the rows are too many or their features cannot be made integers.
KnownExistence existence_of_choices(const LinearModel& model, const World& world, const PreferenceData& data);

}  // namespace twostage
