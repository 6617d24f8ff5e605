// Bradley-Terry likelihood with an l1 penalty on the coefficients of a reward class: the k-sparse class of
// unknown support (Yao et al. 2501.18282, Shi et al. 2505.19770). Minimise
//   sum_i softplus(-Delta_i) + sum_j w_j |theta_j|.
//   scaling fixed      w_j = lambda
//   scaling universal  w_j = lambda sqrt(log(2d)) |X_j|,  X_j the column of pair differences, d columns:
// what it takes to keep noise out. At the truth the j-th derivative of the likelihood is a sum of independent
// terms of mean 0, each in an interval of length |x_ij|, so Hoeffding's inequality and the union bound give
//   P(some |derivative_j| > w_j) <= 2 d exp(-2 lambda^2 log(2d)) = (2d)^(1 - 2 lambda^2),
// 1 / (2d) at lambda = 1. |X_j| grows like sqrt(n), and the penalty does not depend on the units of features.
//
// An l1 fit shrinks what it keeps, by about w_j over the curvature: a bias of order sqrt(log d / n), which
// does not fall faster than the noise. With `refit` the coefficients kept are fitted again by maximum
// likelihood, the others stay 0; a reference-kl penalty of lambda = .01 makes that estimate exist.
//
// Convex, so the certificate (the smallest subgradient, l1_newton.hpp) proves a global minimum.
#pragma once

#include "sim/fit/reward_fit.hpp"
#include "sim/loss/comparison_rows.hpp"

namespace twostage {

// w_j.
std::vector<double> l1_weights(const Penalty& penalty, const ComparisonRows& rows);

// penalty.kind is l1. Throws InputError when the class is too large for Newton's method.
RewardFit fit_sparse(const LinearModel& model, const World& world, const PairTable& table,
                     const Penalty& penalty);

}  // namespace twostage
