// The objective of a reward fit with comparisons as rows: likelihood and smooth penalty with an exact
// Hessian, for classes small enough for Newton's method.
#pragma once

#include "sim/loss/bradley_terry.hpp"
#include "sim/loss/comparison_rows.hpp"
#include "sim/minimise/smooth_function.hpp"
#include "sim/penalty/reward_penalty.hpp"

namespace twostage {

class RowObjective final : public num::TwiceDifferentiable {
 public:
  // Model and world are referred to.
  RowObjective(const LinearModel& model, const World& world, const PairTable& table, const Penalty& penalty);

  std::size_t dimension() const override { return rows_.columns(); }
  double evaluate(std::span<const double> theta, std::span<double> gradient) override;
  void hessian(std::span<double> lower) override;
  double product_cost() const override;
  void prepare_products(std::span<double> diagonal) override;
  void hessian_times(std::span<const double> v, std::span<double> out) override;
  double longest_step(std::span<const double> direction) const override;

  const ComparisonRows& rows() const { return rows_; }

 private:
  const LinearModel& model_;
  const World& world_;
  ComparisonRows rows_;
  RewardPenalty penalty_;
  BradleyTerry likelihood_;
};

}  // namespace twostage
