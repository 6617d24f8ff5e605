// A loss of log-ratio margins over policies whose logits are linear in theta, s = Phi theta, with products of
// its exact Hessian.
//
// Write l = log pi on edges, J = dl/ds (block diagonal: 1{a=b} - pi(b) in each state), g = dL/dl and
// K = d2L/dl2. Since d2 log pi(a|s) / ds2 = -Cov_s for every action, Cov_s = diag(pi_s) - pi_s pi_s^T,
//   Hessian = Phi^T [ J^T K J - blockdiag( (sum_a g(s,a)) Cov_s ) ] Phi.
// K = sum_k f''(Delta_k) n_k n_k^T, n_k the derivative of the margin Delta_k in l, for penalties whose own
// part of K is zero: reference-kl, whose value depends on l through g alone, and a ridge, which is one of
// theta. So a product is a sweep over edges, one over comparisons and one back: no matrix is made.
#pragma once

#include <cstdint>

#include "sim/loss/policy_objective.hpp"

namespace twostage {

class LinearPolicies final : public num::WithProducts {
 public:
  // Entries of Phi that are written out for products, at most.
  static constexpr std::size_t kMostEntries = std::size_t{1} << 21;
  static constexpr double kBytesPerEntry = 16;

  // Penalties with a minimum to be found. (Without one the products are right, too.)
  static bool serves(PenaltyKind penalty) {
    return penalty == PenaltyKind::reference_kl || penalty == PenaltyKind::ridge;
  }

  // All are referred to. The penalty is one that it serves, or none.
  LinearPolicies(const LinearModel& model, const World& world, LogRatioLoss& loss, const Penalty& penalty);

  std::size_t dimension() const override { return model_.parameters(); }
  double evaluate(std::span<const double> theta, std::span<double> gradient) override {
    return objective_.evaluate(theta, gradient);
  }
  // Whether the class is small enough for products. Writes its features out, the first time.
  bool has_products();
  // How many products, with what conjugate gradients do beside them, take the time of a step of L-BFGS.
  double products_per_step() const;
  // For the scaling of directions: the diagonal that the Hessian would have if every edge had parameters of
  // its own and each step saw a state of its own, with |sum_a g(s,a)| in the place of -sum_a g(s,a).
  // Positive, and 1 for parameters on which nothing depends.
  void prepare_products(std::span<double> diagonal) override;
  void hessian_times(std::span<const double> v, std::span<double> out) override;
  double longest_step(std::span<const double> direction) const override;

 private:
  struct Entry {
    std::uint32_t parameter;
    double value;
  };
  std::span<const Entry> features(std::size_t edge) const {
    return std::span(entry_).subspan(entry_begin_[edge], entry_begin_[edge + 1] - entry_begin_[edge]);
  }
  bool write_features_out();
  // Scores of theta less their offset, on all edges.
  void linear_scores(std::span<const double> theta, std::span<double> edges) const;
  std::vector<double> edge_diagonal() const;

  const LinearModel& model_;
  const World& world_;
  const LogRatioLoss& loss_;
  Penalty penalty_;
  PolicyObjective objective_;
  std::vector<EdgeRange> state_;          // the edges that leave each state that data may visit
  std::vector<Entry> entry_;              // of Phi, those that are not 0, edge by edge
  std::vector<std::size_t> entry_begin_;  // [edges + 1]; empty until products are asked for
  bool too_many_ = false;                 // entries
  std::vector<double> policy_;            // [edges] pi
  std::vector<double> slope_;             // [states] sum_a g(s,a)
  std::vector<double> of_edge_, curved_;  // [edges] work
  std::vector<double> along_, pull_;      // [completions] work
};

}  // namespace twostage
