// One coefficient on the true reward, r_theta = theta r*: a verifier that knows everything but the scale, the
// smallest class that holds the truth (theta = 1). Each prompt has its own coefficient unless classes are
// shared.
#pragma once

#include "sim/model/score_model.hpp"

namespace twostage {

class DirectionModel final : public LinearModel {
 public:
  // `direction` [edges] must not be constant along all completions of every prompt.
  DirectionModel(const World& world, std::vector<double> direction);

  std::size_t parameters() const override { return blocks_; }
  void scores(std::span<const double> theta, std::span<double> edge_scores) const override;
  void pullback(std::span<const double> theta, std::span<const double> d_scores,
                std::span<double> out) const override;
  std::size_t rank() const override { return rank_; }
  void add_path(std::span<const EdgeId> path, double scale, FeatureRow& row) const override;
  double integer_unit(std::size_t) const override { return 0; }  // real features: dyadic rationals
  void path_covariance(std::span<const double> log_policy, std::span<double> out) const override;
  bool covariance_by_features() const override { return true; }

 private:
  std::size_t block(std::size_t prompt) const { return world_.shared_classes ? 0 : prompt; }

  const World& world_;
  std::vector<double> direction_;
  std::size_t blocks_;  // 1, or one for each prompt that has data
  std::size_t rank_;    // parameters whose prompts have data and completions of different reward
};

}  // namespace twostage
