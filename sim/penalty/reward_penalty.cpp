#include "sim/penalty/reward_penalty.hpp"

#include <algorithm>
#include <stdexcept>

#include "sim/model/path_covariance.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/penalty/path_variance.hpp"

namespace twostage {

RewardPenalty::RewardPenalty(const ScoreModel& model, const World& world, const Penalty& penalty,
                             bool matrices)
    : model_(model), world_(world), penalty_(penalty) {
  const std::size_t p = model.parameters();
  const std::size_t edges = world.graph.edges();
  if (penalty.kind == PenaltyKind::l1)
    throw std::logic_error("reward penalty: l1 is not smooth, use fit_sparse");
  if (penalty.kind == PenaltyKind::none || penalty.kind == PenaltyKind::ridge) return;
  edges_.resize(edges);
  work_.resize(std::max(edges, p));
  reference_mass_.resize(edges);
  occupancy(world.graph, world.rho, world.log_reference, reference_mass_);
  if (!matrices) return;
  covariance_.resize(p * p);
  if (penalty.kind == PenaltyKind::reference_kl) return;
  quadratic_.resize(p * p);
  model.linear()->path_covariance(world.log_reference, quadratic_);
  if (penalty.kind == PenaltyKind::pooled_variance)
    add_mean_covariance(world, feature_matrix(*model.linear(), world), p, world.log_reference, quadratic_);
  for (double& q : quadratic_) q *= penalty.lambda / (world.beta * world.beta);
}

double RewardPenalty::evaluate(std::span<const double> theta, std::span<double> gradient) {
  switch (penalty_.kind) {
    case PenaltyKind::reference_kl:
      return reference_kl(theta, gradient);
    case PenaltyKind::variance:
    case PenaltyKind::pooled_variance:
      return variance(theta, gradient);
    case PenaltyKind::ridge:
      num::axpy(penalty_.lambda, theta, gradient);
      return 0.5 * penalty_.lambda * num::dot(theta, theta);
    case PenaltyKind::l1:
    case PenaltyKind::none:
      break;
  }
  return 0;
}

double RewardPenalty::reference_kl(std::span<const double> theta, std::span<double> gradient) {
  model_.scores(theta, edges_);
  soft_plan(world_.graph, world_.log_reference, edges_, world_.beta, plan_);
  const double soft_value = num::dot(world_.rho, std::span(plan_.value).first(world_.graph.prompts()));
  const double mean_reward = num::dot(reference_mass_, edges_);
  occupancy(world_.graph, world_.rho, plan_.log_policy, edges_);
  for (std::size_t e = 0; e < edges_.size(); ++e) edges_[e] -= reference_mass_[e];
  const auto pulled = std::span(work_).first(theta.size());
  model_.pullback(theta, edges_, pulled);
  num::axpy(penalty_.lambda / world_.beta, pulled, gradient);
  return penalty_.lambda * (soft_value - mean_reward) / world_.beta;
}

double RewardPenalty::variance(std::span<const double> theta, std::span<double> gradient) {
  const std::size_t p = theta.size();
  if (!quadratic_.empty()) {
    double value = 0;
    for (std::size_t i = 0; i < p; ++i) {
      const double product = num::dot(std::span(quadratic_).subspan(i * p, p), theta);
      gradient[i] += product;
      value += 0.5 * theta[i] * product;
    }
    return value;
  }
  std::vector<double> d_edges(edges_.size(), 0.0);
  model_.scores(theta, edges_);
  const double scale = penalty_.lambda / (2 * world_.beta * world_.beta);
  const double value = add_path_variance(world_, world_.log_reference, edges_,
                                         penalty_.kind == PenaltyKind::pooled_variance, scale, d_edges);
  const auto pulled = std::span(work_).first(p);
  model_.pullback(theta, d_edges, pulled);
  num::axpy(1, pulled, gradient);
  return value;
}

void RewardPenalty::update_covariance() {
  const LinearModel& model = *model_.linear();
  if (!model.covariance_by_features()) return model.path_covariance(plan_.log_policy, covariance_);
  if (features_.empty()) features_ = feature_matrix(model, world_);
  martingale_covariance(world_, features_, model.parameters(), plan_.log_policy, covariance_);
}

void RewardPenalty::add_hessian(std::span<double> lower) {
  switch (penalty_.kind) {
    case PenaltyKind::reference_kl:
      update_covariance();
      num::axpy(penalty_.lambda / (world_.beta * world_.beta), covariance_, lower);
      break;
    case PenaltyKind::variance:
    case PenaltyKind::pooled_variance:
      num::axpy(1, quadratic_, lower);
      break;
    case PenaltyKind::ridge: {
      const std::size_t p = model_.parameters();
      for (std::size_t i = 0; i < p; ++i) lower[i * p + i] += penalty_.lambda;
      break;
    }
    case PenaltyKind::l1:
    case PenaltyKind::none:
      break;
  }
}

std::span<const double> RewardPenalty::product_matrix() const {
  return quadratic_.empty() ? covariance_ : quadratic_;
}

double RewardPenalty::product_cost() const {
  return static_cast<double>(std::max(product_matrix().size(), model_.parameters()));
}

void RewardPenalty::prepare_products(std::span<double> diagonal) {
  if (penalty_.kind == PenaltyKind::reference_kl) {
    update_covariance();
    for (double& c : covariance_) c *= penalty_.lambda / (world_.beta * world_.beta);
  }
  const std::span<const double> matrix = product_matrix();
  const double ridge = penalty_.kind == PenaltyKind::ridge ? penalty_.lambda : 0;
  for (std::size_t i = 0; i < diagonal.size(); ++i)
    diagonal[i] += matrix.empty() ? ridge : matrix[i * diagonal.size() + i];
}

void RewardPenalty::add_product(std::span<const double> v, std::span<double> out) const {
  const std::span<const double> matrix = product_matrix();
  if (penalty_.kind == PenaltyKind::ridge) num::axpy(penalty_.lambda, v, out);
  for (std::size_t i = 0; i < v.size() && !matrix.empty(); ++i)
    out[i] += num::dot(matrix.subspan(i * v.size(), v.size()), v);
}

}  // namespace twostage
