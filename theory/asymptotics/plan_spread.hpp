// What the noise of a fit makes of the plan: the curvature of the regret, which kappa does not see.
//
// kappa asks whether the likelihood is quadratic over the width of the noise. The regret need not be: it is
// beta KL(pi || pi*), and pi is an exponential of the fitted rewards over beta. Let delta(xi) be the
// deviation of log pi(xi) from its limit, by the limit law a normal variable of mean m and variance s^2, and
// f the limit's reward less the truth (0 in a class that holds it). A completion of probability p under the
// limit then adds to KL
//   p ( e^{m + s^2/2} (m + s^2 - 1) + 1 )   where the expansion has   p (m^2 + s^2) / 2,
//   p f/beta ( e^{s^2/2} - 1 )              where it has              p f/beta s^2 / 2,
// normalisers left out. What the exponentials have beyond the expansion, all signs taken for the worst, over
// the predicted regret is `excess`. It is .75 times the mean of s^4 over the mean of s^2 where s is small,
// and exponential where a completion that pi* hardly ever takes is hardly ever compared: there no next order
// says how far off the first one is.
//
// Source: log-normal moments; the derivation above.
#pragma once

#include <Eigen/Core>

namespace twostage {

struct PlanSpread {
  Eigen::ArrayXd weight;    // rho p of each completion under the limit
  Eigen::ArrayXd variance;  // s^2 with one pair: of n pairs, over n
  Eigen::ArrayXd shift;     // m
  Eigen::ArrayXd slope;     // |f| / beta

  // In units of beta, with the variance of `pairs` pairs.
  double excess(double pairs) const;
};

}  // namespace twostage
