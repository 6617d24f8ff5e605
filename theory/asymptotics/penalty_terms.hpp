// A penalty as a function of theta on the completions of a small world: value, gradient, Hessian and third
// derivatives.
//   reference-kl  lambda E_s0[ log E_ref exp(r/beta) - E_ref r/beta ]: the cumulants of r/beta under pi
//   variance      lambda E_s0 Var_ref(r) / (2 beta^2)
//   ridge         lambda/2 |theta|^2
#pragma once

#include "theory/asymptotics/reward_jet.hpp"
#include "theory/information/route.hpp"

namespace twostage {

struct PenaltyAt {
  double value = 0;
  Eigen::VectorXd gradient;
};

// `policy`: P(row | prompt) of pi ∝ pi_ref exp(r/beta). rho: prompt weights.
PenaltyAt penalty_value(const PenaltyTerm& penalty, const RewardJet& jet, const World& world,
                        const Eigen::VectorXd& theta);
Eigen::MatrixXd penalty_hessian(const PenaltyTerm& penalty, const RewardJet& jet, const World& world);
Eigen::VectorXd penalty_third(const PenaltyTerm& penalty, const RewardJet& jet, const World& world,
                              const Eigen::MatrixXd& v);

// P(row | prompt) of pi ∝ pi_ref exp(r/beta), and log E_ref exp(r/beta) of each prompt.
struct PlannedLaw {
  Eigen::VectorXd probability;
  Eigen::VectorXd log_probability;
  std::vector<double> log_normaliser;
};
PlannedLaw planned_law(const RewardJet& jet, const World& world);

// Moments over the completions of each prompt, averaged with rho; `probability` given the prompt.
Eigen::VectorXd mean_rows(const Atoms& atoms, const World& world, const Eigen::VectorXd& probability,
                          const Eigen::MatrixXd& rows);
// Each row less the mean of its prompt.
Eigen::MatrixXd centred_rows(const Atoms& atoms, const Eigen::VectorXd& probability,
                             const Eigen::MatrixXd& rows);
// rho of the row's prompt times `probability`.
Eigen::VectorXd joint(const Atoms& atoms, const World& world, const Eigen::VectorXd& probability);

}  // namespace twostage
