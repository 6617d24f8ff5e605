// Covariance of path features, E_{s0 ~ rho} Cov_pi(psi), for features given as a matrix.
//
// With m(s) = E_pi[psi from s on], psi - E[psi | s0] = sum_h (phi(s_h, a_h) + m(s_{h+1}) - m(s_h)) is a sum
// of martingale differences, so the covariance splits over states:
//   C = sum_s mu(s) Cov_{a ~ pi(s)}( phi(s, a) + m(s') ).
#pragma once

#include "sim/model/score_model.hpp"

namespace twostage {

// features: [edges x p], the rows of Phi. Writes all of the symmetric p x p matrix.
void martingale_covariance(const World& world, std::span<const double> features, std::size_t p,
                           std::span<const double> log_policy, std::span<double> out);

// The rank of such a covariance under policies that leave nothing out, of prompts with weight: how many
// dimensions the pair differences of the features have. A feature counts where more than 1e-9 of it is left
// beside the others.
std::size_t path_rank(const World& world, std::span<const double> features, std::size_t p);

// Adds Cov_{s0 ~ rho} E_pi[psi | s0], the part between prompts: with it the covariance over prompt and
// completion jointly.
void add_mean_covariance(const World& world, std::span<const double> features, std::size_t p,
                         std::span<const double> log_policy, std::span<double> out);

// Phi of a linear model, [edges x parameters].
std::vector<double> feature_matrix(const LinearModel& model, const World& world);
// martingale_covariance of a linear model, with that matrix stored for the call.
void generic_path_covariance(const LinearModel& model, const World& world, std::span<const double> log_policy,
                             std::span<double> out);

}  // namespace twostage
