// Rewards that depend on at most k of the features of a linear class, whichever they are. No linear class: of
// two members the sum may depend on 2k. Its fit is exact (sim/fit/subset_fit.hpp); the l1 penalty is the
// convex way to such rewards.
#pragma once

#include "sim/model/score_model.hpp"

namespace twostage {

class SparseModel final : public ScoreModel {
 public:
  // Of a linear class. InputError (`features`) where there are more than 20 000 choices of k features, or the
  // class is too large for Newton's method.
  SparseModel(std::unique_ptr<ScoreModel> whole, std::size_t features);

  std::size_t parameters() const override { return whole_->parameters(); }
  std::size_t rank() const override { return std::min(features_, whole_->rank()); }
  void scores(std::span<const double> theta, std::span<double> edge_scores) const override {
    whole_->scores(theta, edge_scores);
  }
  void pullback(std::span<const double> theta, std::span<const double> d_scores,
                std::span<double> out) const override {
    whole_->pullback(theta, d_scores, out);
  }
  const LinearModel* sparse_of() const override { return whole_->linear(); }
  std::size_t most_nonzero() const override { return features_; }
  double numbers_held() const override;

 private:
  std::unique_ptr<ScoreModel> whole_;
  std::size_t features_;
};

}  // namespace twostage
