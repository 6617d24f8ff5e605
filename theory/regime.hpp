// How far a first-order prediction may be trusted. Not the number of pairs per parameter decides, but
//   kappa = max over same-prompt pairs of sigma'(D) x^T A^-1 x,
// the most that one pair can weigh in the fit: measured regrets leave the prediction by about 10 % at
// kappa = .02 and by 3 % at .007. And the estimate must exist, with probability at least .999 in every data
// set a study may draw; a coercive penalty makes sure of it.
//
// The second order (theory/second_order.hpp) goes further. Measured mean regret over the prediction, of
// unpenalised tabular DPO and RM of the smallest class with the truth, in tokens (8000 data sets, error .009)
// and walks (4000, error .02) of horizon 4, at kappa about
//   kappa          .007         .02          .05          .1
//   first order    1.01-1.03    1.01-1.07    1.06-1.15    1.13-1.62
//   second order    .99-1.01     .99-1.02    1.01-1.04    1.01-1.33
// So it stays within 3 % up to kappa = .02 and within 4 % at .05, as long as the estimate exists with
// probability .999. At .1 three of the four are 15 to 33 % off: the estimate need not exist there, and rare
// data sets carry the mean, which no expansion sees. With reference-kl of strength 4, DPO in tokens is within
// 2 % up to kappa = .24, where the first order is 22 % off.
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
