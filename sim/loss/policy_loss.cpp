#include "sim/loss/policy_loss.hpp"

#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {

LogRatioLoss::LogRatioLoss(const World& world, PairTable table, double scale,
                           std::unique_ptr<MarginLoss> shape, Origin origin, Tokens tokens)
    : table_(std::move(table)),
      scale_(scale),
      shape_(std::move(shape)),
      log_probability_(table_.completion_count()),
      reference_margin_(table_.rows()),
      margin_(table_.rows()),
      slope_(table_.rows()),
      curvature_(table_.rows()) {
  if (tokens == Tokens::mean) {
    const auto [shortest, longest] = completion_lengths(world);
    scale_ /= shortest;
    if (shortest < longest)
      for (std::size_t k = 0; k < table_.rows(); ++k)
        weight_.push_back({scale / completion_length(world, table_.first_path(k)),
                           scale / completion_length(world, table_.second_path(k))});
  }
  if (origin == Origin::none) return;
  path_sums(world.log_reference, table_.completions, table_.horizon, log_probability_);
  for (std::size_t k = 0; k < table_.rows(); ++k) {
    const double first = log_probability_[table_.first[k]];
    const double second = log_probability_[table_.second[k]];
    reference_margin_[k] =
        one_scale() ? first - second : weight_[k].first * first - weight_[k].second * second;
  }
}

double LogRatioLoss::margin(std::size_t row) const {
  const double first = log_probability_[table_.first[row]];
  const double second = log_probability_[table_.second[row]];
  if (one_scale()) return scale_ * (first - second - reference_margin_[row]);
  return weight_[row].first * first - weight_[row].second * second - reference_margin_[row];
}

double LogRatioLoss::evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) {
  const std::size_t rows = table_.rows();
  path_sums(log_policy, table_.completions, table_.horizon, log_probability_);
  for (std::size_t k = 0; k < rows; ++k) margin_[k] = margin(k);
  const double loss = shape_->evaluate(margin_, table_.wins, table_.losses, slope_, curvature_);
  for (std::size_t k = 0; k < rows; ++k) {
    const Weights weight = weights(k);
    const double first = weight.first * slope_[k], second = weight.second * slope_[k];
    for (const EdgeId e : table_.first_path(k)) d_log_policy[static_cast<std::size_t>(e)] += first;
    for (const EdgeId e : table_.second_path(k)) d_log_policy[static_cast<std::size_t>(e)] -= second;
  }
  return loss;
}

PairLoss::PairLoss(const World& world, PairTable table) : table_(std::move(table)) {
  for (std::size_t c = 0; c < table_.completion_count(); ++c)
    of_completion_.push_back({.policy = 0,
                              .reference = path_sum(world.log_reference, table_.completion(c)),
                              .tokens = completion_length(world, table_.completion(c))});
}

double PairLoss::evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) {
  double loss = 0;
  for (std::size_t c = 0; c < table_.completion_count(); ++c)
    of_completion_[c].policy = path_sum(log_policy, table_.completion(c));
  for (std::size_t k = 0; k < table_.rows(); ++k) {
    const LogProbabilities& first = of_completion_[table_.first[k]];
    const LogProbabilities& second = of_completion_[table_.second[k]];
    double d_first = 0, d_second = 0;
    if (const double wins = table_.wins[k]; wins != 0) {
      const PairCost one = cost(first, second);
      loss += wins * one.value;
      d_first += wins * one.d_chosen;
      d_second += wins * one.d_rejected;
    }
    if (const double losses = table_.losses[k]; losses != 0) {
      const PairCost one = cost(second, first);
      loss += losses * one.value;
      d_first += losses * one.d_rejected;
      d_second += losses * one.d_chosen;
    }
    for (const EdgeId e : table_.first_path(k)) d_log_policy[static_cast<std::size_t>(e)] += d_first;
    for (const EdgeId e : table_.second_path(k)) d_log_policy[static_cast<std::size_t>(e)] += d_second;
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
