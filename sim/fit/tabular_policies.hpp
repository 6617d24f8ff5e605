// A loss of log-ratio margins over all policies, in their logits z (first action of each state pinned at 0),
// with exact derivatives.
//
// Write l(e) = log pi/pi_ref on edges, J = dl/dz (block diagonal: 1{a=b} - pi(b) in each state), g = dL/dl
// and K = d2L/dl2. Since d2 log pi(a|s) / dz2 = -Cov_s for every action, Cov_s = diag(pi_s) - pi_s pi_s^T,
//   Hessian = J^T K J - blockdiag( (sum_a g(s,a)) Cov_s ).
// K = scale^2 sum_k f''(Delta_k) n_k n_k^T with n_k = edges of the first path minus edges of the second,
// plus the penalty's part; under reference-kl that part is zero and sum_a g(s,a) gains -lambda mu_ref(s).
//
// The loss is not convex in z, but r <-> z (soft plan and its inverse) is a diffeomorphism modulo prompt
// constants, under which it is a convex function of the margins of a dense reward: a stationary point is
// global whenever the penalty is a functional of the policy that is convex in that reward.
#pragma once

#include "sim/loss/policy_objective.hpp"
#include "sim/minimise/saddle_free.hpp"
#include "sim/model/dense_model.hpp"

namespace twostage {

class TabularPolicies final : public num::WithMetric {
 public:
  // `world`, `loss` and `model` (the dense model of this world) are referred to.
  TabularPolicies(const World& world, const DenseModel& model, LogRatioLoss& loss, const Penalty& penalty);

  std::size_t dimension() const override { return model_.parameters(); }
  double evaluate(std::span<const double> logits, std::span<double> gradient) override {
    return objective_.evaluate(logits, gradient);
  }
  void hessian(std::span<double> lower) override;
  // J^T K J + blockdiag( (sum_a |g(s,a)|) Cov_s ): a sum that vanishes by cancellation would leave a state
  // without curvature.
  void metric(std::span<double> lower) override;
  double longest_step(std::span<const double> direction) const override;

 private:
  // A step at which the completions of a comparison differ: their edges, numbered within the prompt's graph.
  struct Step {
    std::uint32_t first, second;
  };
  // The graph of one prompt: its states before the last layer and their edges, numbered from 0.
  struct PromptPart {
    std::vector<std::size_t> local_edge = {0};  // [states + 1] edges of the part before a state's
    std::vector<std::size_t> first_edge;        // [states] in the whole graph
    std::vector<std::size_t> first_parameter;   // [states]
    std::vector<EdgeId> shift;                  // [H] local less whole number of the edges of a layer
    std::vector<std::size_t> rows;              // comparisons of this prompt
    std::vector<Step> steps;                    // of these, one comparison after the other
    std::vector<std::size_t> step_end;          // [rows] where its steps end

    std::size_t states() const { return first_edge.size(); }
    std::size_t actions(std::size_t s) const { return local_edge[s + 1] - local_edge[s]; }
  };

  // J^T K J + blockdiag( weight(g of the state) Cov_s ).
  template <typename Weight>
  void assemble(Weight weight, std::span<double> lower);
  void add_gauss_newton(std::span<double> lower) const;
  void add_gauss_newton(const PromptPart& part, std::span<double> lower) const;
  std::vector<double> edge_curvature(const PromptPart& part) const;
  void add_variance(std::span<double> lower) const;
  template <typename Weight>
  void add_fisher_blocks(Weight weight, std::span<double> lower) const;

  const World& world_;
  const DenseModel& model_;
  const LogRatioLoss& loss_;
  Penalty penalty_;
  PolicyObjective objective_;
  std::vector<PromptPart> part_;  // [prompts], empty for those without data
  std::vector<double> policy_;    // [edges] pi at the last evaluation, when derivatives are asked for
};

}  // namespace twostage
