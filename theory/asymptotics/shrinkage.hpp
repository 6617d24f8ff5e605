// Expected regret under a penalty, at any horizon, for a reward class that holds the truth: shrinkage bias
// plus variance, to first order around the truth.
//
// The penalty's gradient g and Hessian P at theta* move the estimate by -H^-1 g, H = n I + P, and damp its
// noise to H^-1 n I H^-1:
//   E regret = ( tr(H^-1 n I H^-1 C) + g^T H^-1 C H^-1 g ) / (2 beta),
// all of it from I (quadrature), C and moments that split along edges; with lambda = 0 the central law. The
// expansion (theory/asymptotics/expansion.hpp), which enumerates, also follows the penalty far from the
// truth.
//   reference-kl  g = lambda/beta (E_pi* psi - E_ref psi),   P = lambda/beta^2 Cov_pi*(psi)
//   variance      g = lambda/beta^2 Cov_ref(psi, r*),        P = lambda/beta^2 Cov_ref(psi)
//   ridge         g = lambda theta*,                         P = lambda 1
// Regime: as for the central law; H^-1 g small against the width of a comparison.
#pragma once

#include <optional>

#include "theory/asymptotics/expansion.hpp"
#include "theory/asymptotics/local_asymptotics.hpp"

namespace twostage {

class Shrinkage {
 public:
  // Empty when the class does not hold the truth: the residual of its best fit to r* under pi_ref is above
  // 1e-10 of the variance of r*. `measured` as in local_limit: the truth is then asked for there, too.
  static std::optional<Shrinkage> at_truth(const LinearModel& model, const PenaltyTerm& penalty,
                                           const World& world, const PairPolicies& pairs,
                                           std::optional<PromptSet> measured = std::nullopt);

  // Each of these factorises one matrix for a number of pairs, which is kept until another number is asked
  // for.
  ExpectedRegret at(double pairs);  // kappa NaN where local_limit has none
  // What the exponential of the plan adds to the regret (theory/asymptotics/plan_spread.hpp); NaN where kappa
  // is.
  double excess(double pairs);
  // The same before the expectation is taken: the regret by the score of n pairs at the truth.
  ScoreResponse response(double pairs);
  const LocalLimit& law() const { return law_; }

 private:
  struct Solved;
  const Solved& solved(double pairs);

  LocalLimit law_;
  std::shared_ptr<const ClassOnEdges> truth_;
  double beta_ = 1;
  // In coordinates in which I is the identity: [dimension], [dimension x dimension].
  std::vector<double> gradient_;
  std::vector<double> hessian_;
  std::vector<double> curvature_;
  std::shared_ptr<const Solved> solved_;  // for the last number of pairs
};

}  // namespace twostage
