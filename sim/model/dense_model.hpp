// One score per state and action, the first action of each state pinned at 0: `tabular` as a policy class
// (every policy), `dense` as a reward class.
//
// As rewards these are all functions of the path that edge rewards can express, modulo a constant per prompt:
// if path sums of pinned scores are constant, following action 0 from any state gives its potential, which is
// 0, so all scores are 0. Hence rank = parameters = sum over states reached before the last layer of A - 1,
// merged states or not: the E edge rewards lose one dimension to each inner state, as a potential or as the
// prompt's constant.
#pragma once

#include "sim/model/score_model.hpp"
#include "sim/model/state_sharing.hpp"

namespace twostage {

class DenseModel final : public LinearModel {
 public:
  explicit DenseModel(const World& world);

  std::size_t parameters() const override { return static_cast<std::size_t>(layer_begin_.back()); }
  void scores(std::span<const double> theta, std::span<double> edge_scores) const override;
  void pullback(std::span<const double> theta, std::span<const double> d_scores,
                std::span<double> out) const override;
  std::size_t rank() const override;
  void add_path(std::span<const EdgeId> path, double scale, FeatureRow& row) const override;
  double integer_unit(std::size_t) const override { return 1; }
  void path_covariance(std::span<const double> log_policy, std::span<double> out) const override;
  const DenseModel* every_action() const override { return this; }
  // One parameter for each edge of a policy means one for each policy only if all prompts that share it also
  // share the reference policy: log pi/pi_ref is then a function of the shared logits alone.
  bool every_policy() const override;
  bool surely_holds_truth() const override { return true; }
  double covariance_work(const World& world) const override;

  // Of a policy on edges that every prompt's states share alike: theta whose softmax over the reference it
  // is.
  std::vector<double> logits_of(std::span<const double> log_policy) const;

  // The first parameter of state s: its second action's. The others follow. kNone where there are none: in
  // states that prompts without data alone come to, all scores are 0.
  static constexpr std::int32_t kNone = -1;
  std::int32_t first_parameter(StateId s) const { return first_[static_cast<std::size_t>(s)]; }
  // Parameter of edge e; kNone for a first action.
  std::int32_t parameter(EdgeId e) const {
    const int a = world_.graph.action(e);
    const std::int32_t first = first_parameter(world_.graph.source(e));
    return a == 0 || first == kNone ? kNone : first + a - 1;
  }

 private:
  const World& world_;
  StateSharing sharing_;
  std::vector<bool> without_data_;         // [states]
  std::vector<std::int32_t> first_;        // [states before the last layer]
  std::vector<std::int32_t> layer_begin_;  // [H + 1] parameters before layer h
};

}  // namespace twostage
