// Up to where the metrics on request have an exact form, and what the file says beyond.
#pragma once

#include <limits>

namespace twostage {

// What a metric without an exact form comes to.
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Distinct returns a discrete functional may list: 40 MB of atoms, and every world of 2^20 completions.
inline constexpr double kMostAtoms = 1 << 20;

inline constexpr auto kTooManyReturns =
    "no exact form: more than 2^20 completions, and their returns cannot be listed state by state";
inline constexpr auto kRewardTooWide =
    "no exact form: returns of one prompt differ by more than 1e4, or a reward exceeds 5e4";
inline constexpr auto kNoRewardGivesLabels =
    "no exact form: labels are not those of a reward, since the world has a cycle";
inline constexpr auto kRewardNotFinite = "no value: the arm's reward is not finite";

}  // namespace twostage
