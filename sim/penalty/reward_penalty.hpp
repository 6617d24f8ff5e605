// Penalty of a reward r_theta as a function of theta: value, gradient, Hessian (penalty.hpp has the
// formulas).
//   reference-kl  gradient (lambda / beta) Phi^T (mu_pi - mu_ref), Hessian (lambda / beta^2) C(pi),
//                 pi the soft plan of r_theta
//   variance      the quadratic form of (lambda / beta^2) C(pi_ref)
// All are convex in theta where r is linear in it. l1 is no part of it: it has corners, and its fit is
// sparse_fit.hpp.
#pragma once

#include "sim/model/score_model.hpp"
#include "sim/penalty/penalty.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {

class RewardPenalty {
 public:
  // Model and world are referred to. `matrices` allows p x p work arrays, of linear models; without it
  // `add_hessian` must not be called, and other and large models work through sweeps alone.
  RewardPenalty(const ScoreModel& model, const World& world, const Penalty& penalty, bool matrices);

  double evaluate(std::span<const double> theta, std::span<double> gradient);  // adds to the gradient
  void add_hessian(std::span<double> lower);                                   // at the last theta
  // The same as products, `matrices` likewise. `prepare_products` adds the diagonal of the Hessian at the
  // last theta, and `add_product` then adds that Hessian times v, in `product_cost` multiplications.
  void prepare_products(std::span<double> diagonal);
  void add_product(std::span<const double> v, std::span<double> out) const;
  double product_cost() const;

 private:
  double reference_kl(std::span<const double> theta, std::span<double> gradient);
  double variance(std::span<const double> theta, std::span<double> gradient);
  void update_covariance();
  std::span<const double> product_matrix() const;  // empty where the Hessian is a multiple of the identity

  const ScoreModel& model_;
  const World& world_;
  Penalty penalty_;
  std::vector<double> reference_mass_;
  std::vector<double> quadratic_;  // lambda / beta^2 times the covariance under pi_ref, where it is constant
  SoftPlan plan_;
  std::vector<double> edges_;
  std::vector<double> work_;
  std::vector<double> features_;    // [edges x p] where the covariance is worked out from them
  std::vector<double> covariance_;  // under plan_; scaled like quadratic_ from `prepare_products` on
};

}  // namespace twostage
