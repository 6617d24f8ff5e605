// Expected regret of a route after n pairs, for classes that hold the truth and classes that do not, with or
// without a penalty: the delta method around the pseudo-true parameter theta_n.
//
// With F the population objective of n pairs (theory/asymptotics/population.hpp), A = F''(theta_n), K the
// covariance of the score of n pairs and V = A^-1 K A^-1 (the sandwich of Huber 1967 and White 1982),
//   E regret = R(theta_n) + R'(theta_n) . b + tr(R''(theta_n) V) / 2 + o(1/n),
//   b = A^-1 ( E[(H - A) A^-1 g] - F'''[V] / 2 ),   the first-order bias of the estimator,
// where g and H are the score and the Hessian of the sample. In a class that holds the truth, without a
// penalty, R and R' vanish, K = A, and what remains is tr(I^-1 C) / (2 beta n). Elsewhere the first term is
// what more data do not remove: regret ~ b + v / n.
//
// The regret of pi ∝ pi_ref exp(r_theta/beta), with f = r_theta - r*, has
//   R'  = Cov_pi(f, psi) / beta,
//   R'' = ( Cov_pi(psi) + third cumulant of (f, psi, psi) / beta + Cov_pi(f, d2 r) ) / beta.
//
// Regime: kappa = max over pairs of sigma'(D) x^T A^-1 x small; see theory/prediction/regime.hpp. Not for l1,
// whose objective has a corner. Source: M-estimation under misspecification (van der Vaart 1998, chapter 5),
// bias as in Cox and Snell (1968).
#pragma once

#include <memory>
#include <optional>

#include "theory/asymptotics/plan_spread.hpp"
#include "theory/asymptotics/population.hpp"
#include "theory/asymptotics/score_response.hpp"
#include "theory/asymptotics/sizes.hpp"

namespace twostage {

struct ExpectedRegret {
  double pseudo_true = 0;  // R(theta_n): of the estimate without noise
  double shift = 0;        // R' . b
  double variance = 0;     // tr(R'' V) / 2
  double regret = 0;       // their sum
  double deviation = 0;    // standard deviation of the regret, to the same order
  double kappa = 0;
  double widest = 0;          // variance of the fitted difference of a pair, at most
  std::size_t dimension = 0;  // rank of A
};

class Expansion {
 public:
  // By enumeration: InputError when the distinct completions of all prompts are more than `limit`.
  // Model and world are referred to.
  Expansion(const Route& route, const World& world, const PairPolicies& pairs,
            std::size_t limit = kMostExpandedAtoms);
  ~Expansion();
  Expansion(Expansion&&) noexcept;
  Expansion& operator=(Expansion&&) = delete;

  // std::runtime_error when the pseudo-true parameter is not found. The search for it begins where the last
  // one ended, which is near for neighbouring n.
  ExpectedRegret at(double pairs);

  // The next search begins where the first one did, so that its bits do not depend on what was asked before.
  void forget();

  // The term in 1/n^2 that follows `regret` (theory/asymptotics/second_order.hpp). Empty for a policy class,
  // and where second_order_cost is above `effort`.
  std::optional<double> second_order(double pairs, double effort);

  // The same of the class's tangent at theta_n, a linear class. Of a policy class, which is curved, a part
  // only, and all of it where every completion is one action.
  std::optional<double> tangent_second_order(double pairs, double effort);

  // What the exponential of the plan adds to the regret (theory/asymptotics/plan_spread.hpp).
  double excess(double pairs);

  // The same expansion before the expectation is taken: the regret by the score of n pairs. Its bits do not
  // depend on what was asked before.
  ScoreResponse response(double pairs);

  // Regret in the limit of many pairs: the class's own.
  double irreducible();

 private:
  void solve(double pairs);
  ExpectedRegret expand(double pairs);

  const World& world_;
  PenaltyTerm penalty_;
  std::unique_ptr<RewardJet> jet_;
  std::unique_ptr<Population> population_;
  std::vector<double> theta_;
  std::vector<double> start_;    // of the first search
  Eigen::VectorXd log_optimal_;  // log P(row | prompt) under pi*
  double solved_ = 0;            // the n of theta_, 0 for none
  ExpectedRegret last_;          // there; at one pair, where no penalty makes the rest a scaling
  double linear_ = 0;            // the regret's variance at the last n: of its slope ...
  double quadratic_ = 0;         // ... and of its curvature, which fall like 1/n and 1/n^2
  PlanSpread spread_;            // with the noise of the last expand()
  ScoreResponse response_;       // of the last expand()
  double second_ = 0;            // the coefficient of 1/n^2 ...
  double second_at_ = 0;         // ... and its n, 0 for none
};

}  // namespace twostage
