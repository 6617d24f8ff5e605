#include "sim/algorithm/policy_loss.hpp"

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {

DpoLoss::DpoLoss(const World& world, PairTable table, double beta)
    : table_(std::move(table)), beta_(beta), reference_margin_(table_.rows()), curvature_(table_.rows()) {
  for (std::size_t k = 0; k < table_.rows(); ++k)
    reference_margin_[k] = path_sum(world.log_reference, table_.first_path(k)) -
                           path_sum(world.log_reference, table_.second_path(k));
}

double DpoLoss::evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) {
  double loss = 0;
  for (std::size_t k = 0; k < table_.rows(); ++k) {
    const auto first = table_.first_path(k);
    const auto second = table_.second_path(k);
    const double delta =
        beta_ * (path_sum(log_policy, first) - path_sum(log_policy, second) - reference_margin_[k]);
    const double wins = table_.wins[k];
    const double losses = table_.losses[k];
    // wins softplus(-Delta) + losses softplus(Delta), since softplus(Delta) = softplus(-Delta) + Delta
    loss += (wins + losses) * num::softplus(-delta) + losses * delta;
    const double p = num::sigmoid(delta);
    const double q = num::sigmoid(-delta);
    curvature_[k] = (wins + losses) * p * q;
    const double slope = beta_ * (losses * p - wins * q);
    for (const EdgeId e : first) d_log_policy[static_cast<std::size_t>(e)] += slope;
    for (const EdgeId e : second) d_log_policy[static_cast<std::size_t>(e)] -= slope;
  }
  return loss;
}

SftLoss::SftLoss(const World& world, const PreferenceData& data) : count_(world.graph.edges(), 0.0) {
  for (const EdgeId e : data.chosen) count_[static_cast<std::size_t>(e)] += 1;
}

double SftLoss::evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) {
  num::axpy(-1, count_, d_log_policy);
  return -num::dot(count_, log_policy);
}

}  // namespace twostage
