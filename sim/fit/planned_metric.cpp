#include "sim/fit/planned_metric.hpp"

#include <cmath>

#include "sim/fit/limits.hpp"
#include "sim/loss/comparison_rows.hpp"
#include "sim/numerics/linear_solve.hpp"

namespace twostage {
namespace {

// What is added to the diagonal, and the least strength: a metric has no flat direction.
constexpr double kLeastCurvature = 1e-9;
constexpr double kLeastStrength = 1e-3;

void add_pairs(const LinearModel& rewards, const World& world, LogRatioLoss& pairs,
               std::span<double> metric) {
  const ComparisonRows rows(rewards, pairs.table());
  const std::vector<double> at_reference(rows.rows(), 0.0);
  std::vector<double> slope(rows.rows()), weight(rows.rows());
  pairs.shape().evaluate(at_reference, rows.wins(), rows.losses(), slope, weight);
  const double scale = pairs.scale() / world.beta;  // of a margin in the difference of rewards
  for (double& w : weight) w *= scale * scale;
  rows.add_gram(weight, metric);
}

}  // namespace

std::vector<double> planned_metric(const LinearModel& rewards, const World& world, double strength,
                                   LogRatioLoss* pairs) {
  const std::size_t p = rewards.parameters();
  if (!newton_fits(rewards, world, false)) return {};
  std::vector<double> metric(p * p);
  rewards.path_covariance(world.log_reference, metric);
  for (double& c : metric) c *= std::fmax(strength, kLeastStrength) / (world.beta * world.beta);
  if (pairs) add_pairs(rewards, world, *pairs, metric);
  num::raise_diagonal(metric, p, kLeastCurvature);
  return num::cholesky(metric, p) ? metric : std::vector<double>{};
}

}  // namespace twostage
