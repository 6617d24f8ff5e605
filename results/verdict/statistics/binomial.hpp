// Exact inference on a proportion: Clopper and Pearson (1934), Biometrika 26, 404-413, through quantiles of
// the beta distribution, and the sign test.
#pragma once

#include <cstddef>

namespace twostage {

struct Bounds {
  double low;
  double high;
};

// `successes` of `trials` may be a half-integer (ties counted one half): each bound then takes the integer
// that moves it outwards. Either bound errs with probability at most `tail`.
Bounds clopper_pearson(double successes, std::size_t trials, double tail);

// Two-sided P(a split at least as uneven | both signs equally likely); ties are left out beforehand.
double sign_test(std::size_t wins, std::size_t losses);

}  // namespace twostage
