// A class of rewards over the completions of a small world, near one theta: values, gradients, and sums of
// second and third derivatives, which is all that expansions of estimators ask for.
//   a linear reward class   r_theta = theta . psi: nothing beyond the gradient
//   a policy class          r_theta = beta log pi_theta/pi_ref, a sum over the path of
//                           beta (o + phi . theta - log Z_s(theta)), so the derivatives are cumulants of phi
//                           over the actions of each state on the path, with a minus sign
// For the second, with psi(s,a) = beta (phi(s,a) - mean) on edges,
//   d2 r(xi) = -1/beta   sum_s sum_a pi psi psi^T,
//   d3 r(xi) = -1/beta^2 sum_s sum_a pi psi (x) psi (x) psi.
#pragma once

#include <memory>

#include "theory/asymptotics/score_response.hpp"
#include "theory/information/atoms.hpp"

namespace twostage {

class RewardJet {
 public:
  virtual ~RewardJet() = default;
  virtual void move(const Eigen::VectorXd& theta) = 0;
  // theta of the class's member nearest to the optimum, or zero.
  virtual Eigen::VectorXd start() const = 0;

  const Atoms& atoms() const { return atoms_; }            // psi is that of the last theta
  const Eigen::VectorXd& value() const { return value_; }  // r_theta of each row
  Eigen::Index parameters() const { return atoms_.psi.cols(); }
  // log pi_theta / pi_ref is r / beta as it stands (a policy), or up to log Z of the prompt.
  virtual bool normalised() const = 0;
  // The same edge by edge, at the last theta. std::logic_error for a tangent, which knows completions only.
  virtual ClassOnEdges on_edges() const = 0;

  virtual Eigen::MatrixXd second(const Eigen::VectorXd& weight) const = 0;   // sum_i w_i d2 r_i
  virtual Eigen::VectorXd second_trace(const Eigen::MatrixXd& v) const = 0;  // [rows] tr(d2 r_i V)
  virtual Eigen::VectorXd second_times(const Eigen::MatrixXd& z) const = 0;  // sum_i d2 r_i z_i, z by rows
  virtual Eigen::VectorXd third(const Eigen::VectorXd& weight,               // sum_i w_i d3 r_i[V]
                                const Eigen::MatrixXd& v) const = 0;

 protected:
  Atoms atoms_;
  Eigen::VectorXd value_;
};

// Throw InputError when the completions are more than `limit`.
std::unique_ptr<RewardJet> linear_jet(const LinearModel& model, const World& world, const PairPolicies& pairs,
                                      std::size_t limit);
// The linear class of rewards r_theta + psi . t, t its parameter, at the theta where `jet` stands.
std::unique_ptr<RewardJet> tangent_jet(const RewardJet& jet);
// `world` is referred to.
std::unique_ptr<RewardJet> policy_jet(const LinearModel& model, const World& world, const PairPolicies& pairs,
                                      std::size_t limit);

}  // namespace twostage
