#include "sim/loss/row_objective.hpp"

#include <algorithm>
#include <cmath>

#include "sim/loss/step_length.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {

RowObjective::RowObjective(const LinearModel& model, const World& world, const PairTable& table,
                           const Penalty& penalty)
    : model_(model),
      world_(world),
      rows_(model, table),
      penalty_(model, world, penalty, true),
      likelihood_(rows_.rows()) {}

double RowObjective::evaluate(std::span<const double> theta, std::span<double> gradient) {
  std::ranges::fill(gradient, 0.0);
  rows_.margins(theta, likelihood_.margins);
  const double loss = likelihood_.evaluate(rows_.wins(), rows_.losses());
  rows_.add_transposed(likelihood_.slope, gradient);
  return loss + rows_.ties() * num::softplus(0) + penalty_.evaluate(theta, gradient);
}

void RowObjective::hessian(std::span<double> lower) {
  std::ranges::fill(lower, 0.0);
  rows_.add_gram(likelihood_.curvature, lower);
  penalty_.add_hessian(lower);
}

double RowObjective::product_cost() const {
  return 2 * static_cast<double>(rows_.entries()) + penalty_.product_cost();
}

void RowObjective::prepare_products(std::span<double> diagonal) {
  std::ranges::fill(diagonal, 0.0);
  rows_.add_gram_diagonal(likelihood_.curvature, diagonal);
  penalty_.prepare_products(diagonal);
}

void RowObjective::hessian_times(std::span<const double> v, std::span<double> out) {
  std::ranges::fill(out, 0.0);
  rows_.add_gram_times(likelihood_.curvature, v, out);
  penalty_.add_product(v, out);
}

double RowObjective::longest_step(std::span<const double> direction) const {
  std::vector<double> edges(world_.graph.edges()), margins(rows_.rows());
  model_.scores(direction, edges);
  rows_.margins(direction, margins);
  return std::fmin(kLongestLogitStep * world_.beta / num::max_abs(edges),
                   kLongestMarginStep / num::max_abs(margins));
}

}  // namespace twostage
