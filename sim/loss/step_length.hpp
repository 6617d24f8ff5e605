#pragma once

namespace twostage {

// A step of Newton's method is shortened until it changes no logit (of a plan: r / beta) and no margin of a
// pair by more than these.
constexpr double kLongestLogitStep = 4;
constexpr double kLongestMarginStep = 8;

}  // namespace twostage
