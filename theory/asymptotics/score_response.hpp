// How the regret of an estimate answers to the noise of its data, to second order.
//
// With theta_n the pseudo-true parameter of n pairs, A the Hessian of their population objective there, and
//   s = sum_i (y_i - sigma(D_i)) x_i - its mean,   D_i = r_theta_n(xi_i) - r_theta_n(xi'_i),
// the score of the sample (y_i = 1 where xi_i was preferred, x_i = psi(xi_i) - psi(xi'_i)), the estimate is
// theta_n + A^-1 s to first order, and its regret R(theta_n) + q(s) up to terms of higher order, with
//   q(s) = R'(theta_n) . A^-1 s + s^T A^-1 R''(theta_n) A^-1 s / 2.
// Pairs are independent, so that E s = 0 and E s s^T = K hold exactly, at every n and for every class, and
//   q(s) - tr(A^-1 R'' A^-1 K) / 2
// has mean zero, exactly: a control variate. Taken from a measured regret it leaves the mean as it is; within
// the regime of theory/prediction/regime.hpp it takes away most of the variance.
//
// Source: control variates (Glasserman 2004, section 4.1), with a coefficient fixed at 1 beforehand, so that
// nothing is estimated from the sample; the expansion is that of theory/asymptotics/expansion.hpp.
#pragma once

#include <Eigen/Core>
#include <memory>
#include <span>
#include <vector>

#include "theory/information/edge_features.hpp"

namespace twostage {

// A class at one parameter, edge by edge.
struct ClassOnEdges {
  EdgeFeatures gradient;       // psi
  std::vector<double> reward;  // [edges] r_theta, up to a constant in each prompt
};

struct ScoreResponse {
  std::shared_ptr<const ClassOnEdges> at;  // theta_n
  Eigen::VectorXd mean_score;              // [parameters] of n pairs
  Eigen::VectorXd slope;                   // [parameters] A^-1 R'
  Eigen::MatrixXd bend;                    // [parameters x parameters] A^-1 R'' A^-1
  double mean = 0;                         // tr(bend K) / 2

  // q(s) less its mean, for the score of a sample (not centred).
  double control(const Eigen::VectorXd& score) const;
};

}  // namespace twostage
