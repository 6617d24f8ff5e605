#include "sim/fit/fit_error.hpp"

#include <algorithm>
#include <cmath>

#include "sim/loss/policy_objective.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

std::vector<double> centred(const World& world, std::vector<double> change) {
  std::vector<double> mean(world.graph.states());
  expected_return(world.graph, world.log_reference, change, mean);
  for (EdgeId e = 0; e < world.graph.edge(world.graph.layer_end(0), 0); ++e)
    change[static_cast<std::size_t>(e)] -= mean[static_cast<std::size_t>(world.graph.source(e))];
  if (!std::ranges::all_of(change, [](double x) { return std::isfinite(x); })) change.clear();
  return change;
}

}  // namespace

std::vector<double> reward_error(const LinearModel& model, const World& world, std::span<const double> step) {
  if (step.empty()) return {};
  std::vector<double> change(world.graph.edges());
  model.scores(step, change);
  return centred(world, std::move(change));
}

std::vector<double> reward_error(const ScoreModel& model, const World& world, std::span<const double> theta,
                                 std::span<const double> step) {
  if (step.empty()) return {};
  std::vector<double> moved(theta.begin(), theta.end());
  num::axpy(1, step, moved);
  std::vector<double> change(world.graph.edges()), here(change.size());
  model.scores(moved, change);
  model.scores(theta, here);
  num::axpy(-1, here, change);
  return centred(world, std::move(change));
}

std::vector<double> policy_error(const ScoreModel& model, const World& world, std::span<const double> theta,
                                 std::span<const double> step, double beta) {
  if (step.empty()) return {};
  std::vector<double> moved(theta.begin(), theta.end());
  num::axpy(1, step, moved);
  std::vector<double> change = policy_at(model, world, moved);
  num::axpy(-1, policy_at(model, world, theta), change);
  for (double& x : change) x *= beta;
  return centred(world, std::move(change));
}

void add_error(std::vector<double>& error, const std::vector<double>& further) {
  if (error.empty())
    error = further;
  else if (!further.empty())
    num::axpy(1, further, error);
}

}  // namespace twostage
