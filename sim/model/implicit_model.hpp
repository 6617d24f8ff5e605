// The rewards that a class of policies implies, beta log pi/pi_ref for a pi of the class: local reward
// models. The optimal policy of such a reward is pi itself, so that two stages over it are dpo over the class
// (theorem 2.2), whatever the class is.
#pragma once

#include "sim/model/score_model.hpp"

namespace twostage {

class ImplicitModel final : public ScoreModel {
 public:
  // At the temperature of the world, which is referred to.
  ImplicitModel(std::unique_ptr<ScoreModel> policies, const World& world)
      : policies_(std::move(policies)), world_(world) {}

  std::size_t parameters() const override { return policies_->parameters(); }
  std::size_t rank() const override { return policies_->rank(); }
  void scores(std::span<const double> theta, std::span<double> edge_scores) const override;
  void pullback(std::span<const double> theta, std::span<const double> d_scores,
                std::span<double> out) const override;
  std::span<const double> start_spread() const override { return policies_->start_spread(); }
  double numbers_held() const override { return policies_->numbers_held(); }

 private:
  std::unique_ptr<ScoreModel> policies_;
  const World& world_;
};

}  // namespace twostage
