// planned-dpo: offline DPO over Pi(R), the policies that are soft-optimal for some reward in R (T3.1). The
// loss is evaluated on the log-probabilities the planner returns, and differentiated through the planner.
//
// log pi/pi_ref of a plan and its reward r differ by the prompt's soft value, which cancels within a pair: as
// a function of theta the objective is the convex one of the reward fit whenever the penalty is a functional
// of the policy that is convex in r, or a ridge on the same theta. There a stationary point is global.
#include <cmath>

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/tuning.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/fit/fit_error.hpp"
#include "sim/fit/flat_set.hpp"
#include "sim/fit/limits.hpp"
#include "sim/fit/multi_start.hpp"
#include "sim/loss/comparison_rows.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/model/planned_model.hpp"
#include "sim/numerics/linear_solve.hpp"

namespace twostage {
namespace {

// Curvature at theta = 0, where the plan is the reference: sigma'(0) X^T X of the pairs plus the penalty's
// second order. Only a metric for the descent, empty where it would be large.
std::vector<double> curvature_at_reference(const LinearModel& reward, const World& world,
                                           const PairTable& table, double lambda) {
  const std::size_t p = reward.parameters();
  if (!newton_fits(p, world)) return {};
  std::vector<double> metric(p * p);
  reward.path_covariance(world.log_reference, metric);
  for (double& c : metric) c *= std::fmax(lambda, 1e-3) / (world.beta * world.beta);
  const ComparisonRows rows(reward, table);
  std::vector<double> weight(rows.rows());
  for (std::size_t k = 0; k < weight.size(); ++k) weight[k] = 0.25 * (rows.wins()[k] + rows.losses()[k]);
  rows.add_gram(weight, metric);
  num::raise_diagonal(metric, p, 1e-9);
  return num::cholesky(metric, p) ? metric : std::vector<double>{};
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  const World& world = input.world;
  const auto reward = arm_model(spec, world, Role::reward);
  const PlannedModel planned(*reward, world);
  const Penalty penalty = read_penalty(spec.penalty).penalty;
  const bool global = convex_in_reward(penalty.kind) || penalty.kind == PenaltyKind::ridge;
  const int starts = global ? 1 : static_cast<int>(arm_options(spec).integer("starts"));

  const PairTable& table = *input.table;
  const std::vector<double> metric = curvature_at_reference(*reward, world, table, penalty.lambda);
  num::LbfgsOptions descent = likelihood_options(input.data.size(), reward->parameters());
  descent.metric = metric;
  DpoLoss loss(world, table, world.beta);
  PolicyObjective objective(planned, world, loss, penalty);
  num::Minimum minimum = minimise_from_starts(objective, starts, input.source, input.replicate, descent);

  ArmResult result;
  result.certificate = certificate_of(minimum, global ? Optimum::global : Optimum::stationary, starts);
  result.theta = std::move(minimum.x);
  result.edge_error = reward_error(*reward, world, minimum.step);
  if (input.flat_rank)
    settle_on(least_penalty_reward(*reward, world, table, *input.flat_rank, result.theta), result.theta,
              result.certificate, result.edge_error);
  result.log_policy = policy_at(planned, world, result.theta);
  result.edge_reward = implicit_reward(world, result.log_policy, world.beta);
  result.raw_parameters = reward->parameters();
  result.rank = reward->rank();
  return result;
}

}  // namespace

Entry<Algorithm> planned_dpo_entry() {
  return {"planned-dpo",
          "offline DPO over the policies optimal for some reward of a class, through the planner",
          "2503.01067, theorem 3.1",
          Status::exact,
          {starts_knob()},
          {.run = run,
           .uses_reward = true,
           .through_planner = true,
           .theory = plan_route,
           .existence = existence_of_reward,
           .judge = judge_reward,
           .held_out_loss = bradley_terry_loss}};
}

}  // namespace twostage
