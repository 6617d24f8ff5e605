// First-token policies: the logits of the first token are free, every later choice is that of the optimal
// policy,
//   s_theta(s0, a) = theta_a  (0 for the first action),   s_theta = log pi*/pi_ref in all later layers,
// a policy class that knows everything but the values of the first tokens: what is left to learn is what a
// planner would compute. In the two-token world it has K - 1 parameters.
//
// Scores have a fixed offset: theta = 0 is not the reference but the policy that follows pi_ref in the first
// token and pi* from there on. As a reward class it would be given the optimum, so it is a policy class only.
#pragma once

#include "sim/model/score_model.hpp"

namespace twostage {

class FirstTokenModel final : public LinearModel {
 public:
  // Prompts that share the class have equal graphs (std::invalid_argument).
  explicit FirstTokenModel(const World& world);

  std::size_t parameters() const override { return begin_.back(); }
  void scores(std::span<const double> theta, std::span<double> edge_scores) const override;
  void pullback(std::span<const double> theta, std::span<const double> d_scores,
                std::span<double> out) const override;
  std::size_t rank() const override { return parameters(); }
  void add_path(std::span<const EdgeId> path, double scale, FeatureRow& row) const override;
  double integer_unit(std::size_t) const override { return 1; }
  void path_covariance(std::span<const double> log_policy, std::span<double> out) const override;
  bool covariance_by_features() const override { return true; }
  std::span<const double> offset() const override { return offset_; }

 private:
  std::size_t begin(std::size_t prompt) const { return begin_[world_.shared_classes ? 0 : prompt]; }
  // Actions of a prompt, less the pinned one.
  std::size_t free(std::size_t prompt) const {
    return static_cast<std::size_t>(world_.graph.actions(static_cast<StateId>(prompt)) - 1);
  }

  const World& world_;
  std::vector<double> offset_;            // [edges]
  std::vector<std::size_t> begin_ = {0};  // [prompts that have their own + 1] first parameter of each
};

}  // namespace twostage
