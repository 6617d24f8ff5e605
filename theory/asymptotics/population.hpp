// The population counterpart of a fit: what n pairs tell on average about a class of rewards,
//   F(theta) = n E[ softplus(-D) + sigma(-Delta) D ] + penalty(theta),
// with D = r_theta(xi) - r_theta(xi') and Delta the true difference; its minimiser is the pseudo-true
// parameter (White 1982), which moves with n as long as the penalty counts. Value, gradient, Hessian and
// third derivatives by enumeration of pairs: E[w x x^T] over pairs is a graph Laplacian,
// 2 psi^T (diag(W 1) - W) psi.
#pragma once

#include <optional>

#include "sim/minimise/smooth_function.hpp"
#include "theory/asymptotics/penalty_terms.hpp"
#include "theory/asymptotics/reward_jet.hpp"
#include "theory/information/route.hpp"

namespace twostage {

// Maxima over the pairs that are ever drawn.
struct Leverage {
  double weighted = 0;  // sigma'(D) x^T A^-1 x: kappa
  double plain = 0;     // x^T A^-1 x: the variance of a fitted difference
};

class Population final : public num::TwiceDifferentiable {
 public:
  // All are referred to.
  Population(RewardJet& jet, const World& world, const PenaltyTerm& penalty);

  void set_pairs(double pairs) { pairs_ = pairs; }
  double pairs() const { return pairs_; }

  std::size_t dimension() const override { return static_cast<std::size_t>(jet_.parameters()); }
  double evaluate(std::span<const double> theta, std::span<double> gradient) override;
  void hessian(std::span<double> lower) override;

  const Eigen::VectorXd& pull() const;  // [rows] derivative of the mean loss in r at the last theta

  // At the last theta, all for the sum over n pairs:
  Eigen::MatrixXd hessian() const;
  Eigen::MatrixXd score_covariance() const;  // of the gradient's noise
  // E[H A^-1 g], each pair's own Hessian on its own gradient, less the product of their means: what makes
  // the estimator lean when curvature and noise go together.
  Eigen::VectorXd hessian_on_score(const Eigen::MatrixXd& inverse) const;
  Eigen::VectorXd third(const Eigen::MatrixXd& v) const;  // D3 F [V]
  Leverage leverage(const Eigen::MatrixXd& inverse) const;

  // pi ∝ pi_ref exp(r_theta / beta).
  PlannedLaw policy() const;

 private:
  struct Block {
    Eigen::Index begin;
    Eigen::Index size;
    Eigen::MatrixXd weight;  // P(xi = i, xi' = j), made symmetric, with the prompt's weight
    Eigen::MatrixXd label;   // sigma(Delta)
  };
  Eigen::MatrixXd differences(const Block& block) const;  // [size x size] of D
  // [size x size] of f(sigma(D), label) times the weight.
  template <typename Function>
  Eigen::MatrixXd weighted(const Block& block, Function f) const;
  // sum_ij W_ij (y_i - y_j)(psi_i - psi_j), y by rows of the block.
  Eigen::MatrixXd laplacian_times(const Block& block, const Eigen::MatrixXd& w,
                                  const Eigen::MatrixXd& y) const;
  Eigen::MatrixXd squared_lengths(const Block& block, const Eigen::MatrixXd& metric) const;
  const Eigen::MatrixXd& mean_hessian() const;  // of the loss of one pair

  RewardJet& jet_;
  const World& world_;
  PenaltyTerm penalty_;
  std::vector<Block> blocks_;
  double pairs_ = 1;
  // At the last theta, once asked for.
  mutable std::optional<Eigen::VectorXd> pull_;
  mutable std::optional<Eigen::MatrixXd> mean_hessian_;
};

}  // namespace twostage
