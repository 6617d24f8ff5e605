#include "sim/loss/policy_loss.hpp"

#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {

LogRatioLoss::LogRatioLoss(const World& world, PairTable table, double scale,
                           std::unique_ptr<MarginLoss> shape)
    : table_(std::move(table)),
      scale_(scale),
      shape_(std::move(shape)),
      reference_margin_(table_.rows()),
      margin_(table_.rows()),
      slope_(table_.rows()),
      curvature_(table_.rows()) {
  for (std::size_t k = 0; k < table_.rows(); ++k)
    reference_margin_[k] = path_sum(world.log_reference, table_.first_path(k)) -
                           path_sum(world.log_reference, table_.second_path(k));
}

double LogRatioLoss::evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) {
  const std::size_t rows = table_.rows();
  for (std::size_t k = 0; k < rows; ++k)
    margin_[k] = scale_ * (path_sum(log_policy, table_.first_path(k)) -
                           path_sum(log_policy, table_.second_path(k)) - reference_margin_[k]);
  const double loss = shape_->evaluate(margin_, table_.wins, table_.losses, slope_, curvature_);
  for (std::size_t k = 0; k < rows; ++k) {
    const double slope = scale_ * slope_[k];
    for (const EdgeId e : table_.first_path(k)) d_log_policy[static_cast<std::size_t>(e)] += slope;
    for (const EdgeId e : table_.second_path(k)) d_log_policy[static_cast<std::size_t>(e)] -= slope;
  }
  return loss;
}

SftLoss::SftLoss(const World& world, const PreferenceData& data) : count_(world.graph.edges(), 0.0) {
  for (std::size_t i = 0; i < data.size(); ++i)
    for (const EdgeId e : data.chosen_path(i)) count_[static_cast<std::size_t>(e)] += data.weight_of(i);
}

double SftLoss::evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) {
  num::axpy(-1, count_, d_log_policy);
  return -num::dot(count_, log_policy);
}

}  // namespace twostage
