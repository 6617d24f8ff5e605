// Cumulants of a linear class under its own plan pi ∝ pi_ref exp(r_theta/beta), to the fifth: the derivatives
// of log Z, of the reference-kl penalty and of the regret. With kappa_m the m-th joint cumulant of psi and
// phi_m that of (f, psi, ..., psi), f = r_theta - r*,
//   d kappa_m = kappa_{m+1} / beta,   d phi_m = kappa_{m+1} + phi_{m+1} / beta,
// so R' = phi_1 / beta, R'' = (kappa_2 + phi_2/beta) / beta, R''' = (2 kappa_3 + phi_3/beta) / beta^2 and
// R'''' = (3 kappa_4 + phi_4/beta) / beta^3. Cumulants of one prompt, then the mean over prompts.
#pragma once

#include <vector>

#include "theory/asymptotics/penalty_terms.hpp"

namespace twostage {

// T[i](j, k).
using Tensor = std::vector<Eigen::MatrixXd>;

// out += sum_q c_q x_q (x) x_q (x) x_q, x by rows.
void add_cubes(Tensor& out, const Eigen::MatrixXd& x, const Eigen::VectorXd& c);

class PlanCumulants {
 public:
  // `psi`: rows of the atoms in any coordinates; `law`: P(row | prompt). Atoms and world are referred to.
  PlanCumulants(const Atoms& atoms, const World& world, const Eigen::VectorXd& law,
                const Eigen::MatrixXd& psi);

  // kappa(f, psi) and so on, of any function f of the rows.
  Eigen::VectorXd with(const Eigen::VectorXd& f) const;
  Eigen::MatrixXd with_two(const Eigen::VectorXd& f) const;
  void add_with_three(Tensor& out, const Eigen::VectorXd& f) const;
  double with_four(const Eigen::VectorXd& f, const Eigen::MatrixXd& k) const;  // [K, K]

  Eigen::MatrixXd two() const;
  void add_three(Tensor& out, double scale) const;
  Eigen::MatrixXd four(const Eigen::MatrixXd& k) const;  // [K]

 private:
  struct Prompt {
    Eigen::Index begin;
    double rho;
    Eigen::VectorXd law;
    Eigen::MatrixXd psi;  // centred
    Eigen::MatrixXd covariance;
  };
  static Eigen::VectorXd centred(const Prompt& prompt, const Eigen::VectorXd& f);
  std::vector<Prompt> prompts_;
};

}  // namespace twostage
