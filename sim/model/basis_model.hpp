// The first k functions of an ordered basis, with one coefficient each, or one for each prompt: `degree` and
// `first` are this model of the world's basis at different k, classes of texts that of a basis of their own.
// It acts through the basis's transforms; no matrix is stored. Coefficients of prompt p are theta[p k .. (p +
// 1) k) unless prompts share them.
#pragma once

#include "sim/model/score_model.hpp"

namespace twostage {

class BasisModel final : public LinearModel {
 public:
  // 1 <= functions <= basis->size(); of the world's basis, shared as the world says.
  BasisModel(const World& world, std::size_t functions);
  // All functions of another basis on the world's graph.
  BasisModel(const World& world, std::shared_ptr<const EdgeBasis> basis, bool shared);

  std::size_t parameters() const override { return functions_ * blocks_; }
  void scores(std::span<const double> theta, std::span<double> edge_scores) const override;
  void pullback(std::span<const double> theta, std::span<const double> d_scores,
                std::span<double> out) const override;
  // The number of parameters where the basis is orthonormal, else the numerical rank of the functions'
  // covariance under the uniform policy, prompt by prompt unless classes are shared.
  std::size_t rank() const override;
  void add_path(std::span<const EdgeId> path, double scale, FeatureRow& row) const override;
  double integer_unit(std::size_t k) const override { return basis_->integer_unit(k % functions_); }
  void path_covariance(std::span<const double> log_policy, std::span<double> out) const override;
  bool covariance_by_features() const override { return true; }
  bool surely_holds_truth() const override {
    return basis_ == world_.basis && functions_ >= basis_->count_up_to(world_.truth_degree);
  }
  // Without an orthonormal basis, rank() works on the covariance of the functions, prompt by prompt.
  double rank_work(const World& world) const override;

 private:
  BasisModel(const World& world, std::shared_ptr<const EdgeBasis> basis, std::size_t functions, bool shared);

  const World& world_;
  std::shared_ptr<const EdgeBasis> basis_;
  bool shared_;
  std::size_t functions_;
  std::size_t blocks_;  // 1, or one for each prompt that has data
};

}  // namespace twostage
