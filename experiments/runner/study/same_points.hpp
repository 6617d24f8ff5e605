// Points of a study that are one and the same, though their axes say otherwise: two samplers that draw the
// same pairs (uniform and reference, when the reference is uniform), two variants with equal settings, a knob
// without effect. They cost time, and claims that count them count one result twice, so people are told.
//
// What is told is told from the recipes alone, without a world, and is always true: recipes are equal, or
// become equal by one of the rules below, each of which follows from the definition of a knob. Points that
// happen to be equal in another way are not found.
#pragma once

#include <string>
#include <vector>

#include "experiments/runner/study/study.hpp"

namespace twostage {

// One line for each pair of values of an axis: "points sampler.kind = reference and uniform are the same: the
// reference is uniform".
std::vector<std::string> same_points(const Study& study);

// On stderr, the first few of them.
void say_same_points(const Study& study);

}  // namespace twostage
