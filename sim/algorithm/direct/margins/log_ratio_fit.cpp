#include "sim/algorithm/direct/margins/log_ratio_fit.hpp"

#include "sim/algorithm/entries.hpp"
#include "sim/existence/affine_margins.hpp"
#include "sim/fit/fit_error.hpp"
#include "sim/fit/flat_set.hpp"
#include "sim/fit/limits.hpp"
#include "sim/fit/multi_start.hpp"
#include "sim/fit/planned_metric.hpp"
#include "sim/fit/tabular_policies.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/numerics/damped_newton.hpp"

namespace twostage {
namespace {

// A class of policies at work on an objective of this form.
struct Fit {
  const ScoreModel& model;
  const ArmInput& input;
  LogRatioLoss& loss;
  Penalty penalty;
  double beta;  // of the reward that the result reports
  int starts;   // where no proof says that one suffices

  // From several starts, by descent. `units` as in likelihood_options.
  num::Minimum descend(bool global, double units, std::span<const double> metric) const {
    PolicyObjective objective(model, input.world, loss, penalty);
    num::LbfgsOptions options = likelihood_options(input.data.size(), model.parameters(), units);
    options.metric = metric;
    return minimise_from_starts(objective, global ? 1 : starts, input.source, input.replicate, options);
  }

  void finish(num::Minimum minimum, Optimum proved, int tried, ArmResult& result) const {
    result.certificate = certificate_of(minimum, proved, tried);
    result.theta = std::move(minimum.x);
    result.policy = EdgePolicy(policy_at(model, input.world, result.theta));
  }
};

// Of a reward, that is.
bool convex_in_margins(const Fit& fit) {
  return fit.loss.shape().convex() && fit.loss.one_scale();
}

// Plans of a linear class of rewards: log pi/pi_ref of a plan and its reward differ by the prompt's soft
// value, which cancels within a pair. As a function of theta the loss is that of a fit of those rewards, and
// convex where it is convex in its margins; where the penalty is convex, too, a stationary point is global.
void fit_plans(const Fit& fit, const LinearModel& rewards, ArmResult& result) {
  const World& world = fit.input.world;
  const bool global = convex_in_margins(fit) && convex_through_plan(fit.penalty.kind);
  const std::vector<double> metric = planned_metric(rewards, world, fit.penalty.lambda, &fit.loss);
  num::Minimum minimum = fit.descend(global, fit.loss.slope_scale() / world.beta, metric);
  result.edge_error = reward_error(rewards, world, minimum.step);
  fit.finish(std::move(minimum), global ? Optimum::global : Optimum::stationary, global ? 1 : fit.starts,
             result);
  if (!fit.input.flat_rank) return;
  settle_on(least_penalty_reward(rewards, world, fit.loss.table(), *fit.input.flat_rank, result.theta),
            result.theta, result.certificate, result.edge_error);
  result.policy = EdgePolicy(policy_at(fit.model, world, result.theta));
}

// Margins are affine in theta or those of a dense reward: only such data are proved to be flat.
void choose_member(const Fit& fit, ArmResult& result) {
  const World& world = fit.input.world;
  const PairTable& table = fit.loss.table();
  const std::size_t rank = *fit.input.flat_rank;
  if (fit.model.every_policy()) {
    std::vector<double> log_policy = result.log_policy();
    settle_on(least_penalty_tabular(*fit.model.every_action(), world, table, rank, log_policy), result.theta,
              result.certificate, result.edge_error);
    result.policy = EdgePolicy(std::move(log_policy));
    return;
  }
  const LinearModel& linear = *fit.model.linear();
  settle_on(least_penalty_policy(linear, world, comparison_matrix(linear, table), rank, result.theta),
            result.theta, result.certificate, result.edge_error);
  result.policy = EdgePolicy(policy_at(linear, world, result.theta));
}

bool proved_global(const Fit& fit) {
  const PenaltyKind penalty = fit.penalty.kind;
  if (!convex_in_margins(fit)) return false;
  if (fit.model.every_policy() && convex_in_reward(penalty)) return true;
  const LinearModel* linear = fit.model.linear();
  return linear && convex_in_logits(penalty) && newton_fits(*linear, fit.input.world, true) &&
         margins_are_affine(*linear, fit.input.world);
}

// In the logits of the policies.
void fit_logits(const Fit& fit, ArmResult& result) {
  const World& world = fit.input.world;
  const bool global = proved_global(fit);
  const DenseModel* tabular = fit.model.every_action();
  int tried = global ? 1 : fit.starts;
  num::Minimum minimum;
  if (tabular && convex_in_margins(fit) && newton_fits(*tabular, world, true)) {
    TabularPolicies objective(world, *tabular, fit.loss, fit.penalty);
    const num::LbfgsOptions descent =
        likelihood_options(fit.input.data.size(), fit.model.parameters(), fit.loss.slope_scale());
    minimum =
        minimise_by_cost(objective, world, fit.loss.table(), descent, [&](std::span<const double> start) {
          return num::finish_damped(objective, num::minimise_saddle_free(objective, start));
        });
    tried = 1;
  } else {
    minimum = fit.descend(global, fit.loss.slope_scale(), {});
  }
  const std::vector<double> step = minimum.step;
  fit.finish(std::move(minimum), global ? Optimum::global : Optimum::stationary, tried, result);
  result.edge_error = policy_error(fit.model, world, result.theta, step, fit.beta);
  if (fit.input.flat_rank) choose_member(fit, result);
}

}  // namespace

ArmResult fit_log_ratios(const ArmSpec& spec, const ArmInput& input, LogRatioLoss& loss, double beta) {
  const auto model = arm_model(spec, input.world, Role::policy);
  const Fit fit{.model = *model,
                .input = input,
                .loss = loss,
                .penalty = read_penalty(spec.penalty).penalty,
                .beta = beta,
                .starts = static_cast<int>(arm_options(spec).integer("starts"))};
  ArmResult result;
  if (const LinearModel* rewards = model->planned_rewards())
    fit_plans(fit, *rewards, result);
  else
    fit_logits(fit, result);
  result.edge_reward = implicit_reward(input.world, result.log_policy(), beta);
  result.raw_parameters = model->parameters();
  result.rank = model->rank();
  return result;
}

}  // namespace twostage
