#include "sim/fit/sparse_fit.hpp"

#include <cmath>

#include "sim/fit/limits.hpp"
#include "sim/fit/on_support.hpp"
#include "sim/loss/row_objective.hpp"
#include "sim/minimise/damped_newton.hpp"
#include "sim/minimise/l1_newton.hpp"
#include "sim/minimise/newton.hpp"
#include "sim/numerics/elementary.hpp"

namespace twostage {
namespace {

constexpr double kRefitLambda = 0.01;

num::Minimum refit(const LinearModel& model, const World& world, const PairTable& table,
                   std::span<const double> kept) {
  std::vector<std::size_t> support;
  std::vector<double> start;
  for (std::size_t k = 0; k < kept.size(); ++k)
    if (kept[k] != 0) {
      support.push_back(k);
      start.push_back(kept[k]);
    }
  RowObjective objective(model, world, table, {PenaltyKind::reference_kl, kRefitLambda});
  OnSupport on_support(objective, std::move(support));
  num::Minimum minimum = num::finish_damped(on_support, num::minimise_newton(on_support, start));
  minimum.x = on_support.whole(minimum.x);
  return minimum;
}

double pairs_in(const PairTable& table) {
  double pairs = 0;
  for (std::size_t k = 0; k < table.rows(); ++k) pairs += table.wins[k] + table.losses[k];
  return pairs;
}

}  // namespace

std::vector<double> l1_weights(const Penalty& penalty, const ComparisonRows& rows) {
  std::vector<double> weights(rows.columns(), penalty.lambda);
  if (penalty.scaling == L1Scaling::fixed) return weights;
  const std::vector<double> squares = rows.column_squares();
  const double dimensions = 2 * static_cast<double>(weights.size());
  for (std::size_t j = 0; j < weights.size(); ++j) weights[j] *= std::sqrt(num::log(dimensions) * squares[j]);
  return weights;
}

RewardFit fit_sparse(const LinearModel& model, const World& world, const PairTable& table,
                     const Penalty& penalty) {
  if (!newton_fits(model, world, false))
    throw InputError("kind", "penalty 'l1': a class of " + std::to_string(model.parameters()) +
                                 " parameters is too large for its solver, which takes 2000; use a smaller "
                                 "class, or reference-kl");
  RowObjective likelihood(model, world, table, {PenaltyKind::none, 0});
  const std::vector<double> start(model.parameters(), 0.0);
  num::Minimum minimum = num::minimise_l1(likelihood, l1_weights(penalty, likelihood.rows()), start,
                                          {.violation_accepted = 1e-9 * (1 + pairs_in(table))});
  if (penalty.refit) {
    const int iterations = minimum.iterations;
    const bool converged = minimum.converged;
    minimum = refit(model, world, table, minimum.x);
    minimum.iterations += iterations;
    minimum.converged &= converged;
  }
  return {.theta = std::move(minimum.x),
          .certificate = certificate_of(minimum, Optimum::global),
          .edge_error = {}};  // coefficients that are not needed are exactly 0
}

}  // namespace twostage
