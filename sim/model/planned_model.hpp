// Planned(R): the policy class Pi(R) of soft-optimal policies of rewards in R. Scores are log pi/pi_ref of
// the plan for r_theta, so the softmax over the reference returns that plan; derivatives go back through the
// planner.
#pragma once

#include "sim/model/score_model.hpp"

namespace twostage {

class PlannedModel final : public ScoreModel {
 public:
  // Plans at the temperature of the world, which is referred to.
  PlannedModel(std::unique_ptr<ScoreModel> rewards, const World& world)
      : rewards_(std::move(rewards)), world_(world) {}

  std::size_t parameters() const override { return rewards_->parameters(); }
  // Rewards that differ by more than a constant per prompt have different plans.
  std::size_t rank() const override { return rewards_->rank(); }
  void scores(std::span<const double> theta, std::span<double> edge_scores) const override;
  void pullback(std::span<const double> theta, std::span<const double> d_scores,
                std::span<double> out) const override;
  const LinearModel* planned_rewards() const override { return rewards_->linear(); }
  std::span<const double> start_spread() const override { return rewards_->start_spread(); }
  double numbers_held() const override { return rewards_->numbers_held(); }

 private:
  std::unique_ptr<ScoreModel> rewards_;
  const World& world_;
};

}  // namespace twostage
