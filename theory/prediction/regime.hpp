// How far a first-order prediction may be trusted: to 10 % or not at all. Not the number of pairs per
// parameter decides. Three things are asked for, in this order:
//
// 1. kappa = max over same-prompt pairs of sigma'(D) x^T A^-1 x is at most .02: the most that one pair can
//    weigh in the fit. It is the likelihood's curvature over the width of the noise.
//
// 2. The estimate exists, with probability at least .999, in every data set that a study may draw. A coercive
//    penalty makes sure of it, but its curvature is lambda / beta^2: in a hot world (large beta) it stops
//    nothing before it is far away. So a penalised arm, too, needs what the data do without the penalty,
//    unless the penalty holds every difference. For a set S of completions that never wins or never loses,
//    its indicator v has v^T A v <= (expected wins across) + (the penalty's curvature along v), so that
//      widest = max over same-prompt pairs of x^T A^-1 x,   the variance of a fitted difference,
//    is at least 1 over that sum. widest <= .1 leaves either ten wins to expect or a penalty worth them.
//
// 3. The next order is small against the first. kappa does not see the curvature of the regret, which is an
//    exponential of fitted rewards over beta and explodes in cold worlds (small beta), nor that a rare loss
//    tells a difference by few counts. So both of these are at most a tenth:
//    - the term in 1/n^2 (theory/asymptotics/second_order.hpp) over the regret, of either sign: of the class
//    where it is
//      linear, of its tangent at the optimum where it is a class of policies. Where that takes too long (tens
//      of atoms and parameters, in a world of each replicate's own), `widest` stands for it;
//    - what the log-normal law of the plan adds (theory/asymptotics/plan_spread.hpp), all orders at once and
//    all signs
//      for the worst: where it is not small, the next order says little of what follows.
//
// The second order goes further than the first. Measured mean regret over the prediction, of
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
inline constexpr double kWidestLimit = 0.1;
inline constexpr double kNextOrderLimit = 0.1;

enum class Regime : std::uint8_t {
  within = 0,
  kappa_too_large = 1,
  estimate_may_not_exist = 2,
  kappa_unknown = 3,         // too many completions to look at every pair
  no_theory = 4,             // no formula for this route
  next_order_too_large = 5,  // second order, or what stands for it
  penalty_too_weak = 6       // the data alone may have no estimate, and the penalty hardly holds it
};

// In the order of the values, which result files store.
const std::vector<std::string>& regime_names();

// What is asked of a prediction.
struct Trust {
  double regret = 0;      // expected
  double kappa = 0;       // NaN: unknown
  double widest = 0;      // variance of a fitted difference, at most
  double curvature = 0;   // PlanSpread::excess over the regret
  double next_order = 0;  // the term in 1/n^2 over the regret; NaN: unknown
  double existence = 1;  // lower bound on the probability that the estimate exists without a penalty; 1 under
                         // one where widest is small
  bool penalised = false;
};

Regime regime_of(const Trust& trust);

}  // namespace twostage
