// How far a first-order prediction may be trusted. Not the number of pairs per parameter decides, but
//   kappa = max over same-prompt pairs of sigma'(D) x^T A^-1 x,
// the most that one pair can weigh in the fit: measured regrets leave the prediction by about 10 % at
// kappa = .02 and by 3 % at .007. And the estimate must exist, with probability at least .999 in every data
// set a study may draw; a coercive penalty makes sure of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace twostage {

inline constexpr double kKappaLimit = 0.02;
inline constexpr double kExistenceLimit = 0.999;

enum class Regime : std::uint8_t {
  within = 0,
  kappa_too_large = 1,
  estimate_may_not_exist = 2,
  kappa_unknown = 3,  // too many completions to look at every pair
  no_theory = 4       // no formula for this route
};

// In the order of the values.
const std::vector<std::string>& regime_names();

}  // namespace twostage
