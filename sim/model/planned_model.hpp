// Planned(R): the policy class Pi(R) of soft-optimal policies of rewards in R. Scores are log pi/pi_ref of
// the plan for r_theta, so the softmax over the reference returns that plan; derivatives go back through the
// planner.
#pragma once

#include "sim/model/score_model.hpp"

namespace twostage {

class PlannedModel final : public ScoreModel {
 public:
  // Both are referred to and must outlive the model. Plans at the world's beta.
  PlannedModel(const ScoreModel& reward, const World& world) : reward_(reward), world_(world) {}

  std::size_t parameters() const override { return reward_.parameters(); }
  void scores(std::span<const double> theta, std::span<double> edge_scores) const override;
  void pullback(std::span<const double> theta, std::span<const double> d_scores,
                std::span<double> out) const override;

 private:
  const ScoreModel& reward_;
  const World& world_;
};

}  // namespace twostage
