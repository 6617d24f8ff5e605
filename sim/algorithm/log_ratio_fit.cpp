#include "sim/algorithm/log_ratio_fit.hpp"

#include "sim/algorithm/entries.hpp"
#include "sim/existence/affine_margins.hpp"
#include "sim/fit/fit_error.hpp"
#include "sim/fit/flat_set.hpp"
#include "sim/fit/limits.hpp"
#include "sim/fit/multi_start.hpp"
#include "sim/fit/tabular_policies.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/numerics/damped_newton.hpp"

namespace twostage {
namespace {

Certificate fit(const LinearModel& model, const ArmInput& input, LogRatioLoss& loss, const Penalty& penalty,
                int starts, double beta, std::vector<double>& theta, std::vector<double>& error) {
  const World& world = input.world;
  const auto* tabular = model.every_action();
  const bool global = (model.every_policy() && convex_in_reward(penalty.kind)) ||
                      (convex_in_logits(penalty.kind) && newton_fits(model.parameters(), world) &&
                       margins_are_affine(model, world));
  num::Minimum minimum;
  if (global) starts = 1;
  if (tabular != nullptr && newton_fits(model.parameters(), world)) {
    TabularPolicies objective(world, *tabular, loss, penalty);
    minimum = num::finish_damped(
        objective, num::minimise_saddle_free(objective, std::vector<double>(model.parameters(), 0.0)));
    starts = 1;
  } else {
    PolicyObjective objective(model, world, loss, penalty);
    minimum =
        minimise_from_starts(objective, starts, input.source, input.replicate,
                             likelihood_options(input.data.size(), model.parameters(), loss.slope_scale()));
  }
  theta = std::move(minimum.x);
  error = policy_error(model, world, theta, minimum.step, beta);
  return certificate_of(minimum, global ? Optimum::global : Optimum::stationary, starts);
}

// Margins are affine in theta or those of a dense reward: only such data are proved to be flat.
void choose_member(const LinearModel& model, const ArmInput& input, const PairTable& table,
                   ArmResult& result) {
  const World& world = input.world;
  if (model.every_policy()) {
    settle_on(least_penalty_tabular(*model.every_action(), world, table, *input.flat_rank, result.log_policy),
              result.theta, result.certificate, result.edge_error);
    return;
  }
  settle_on(
      least_penalty_policy(model, world, comparison_matrix(model, table), *input.flat_rank, result.theta),
      result.theta, result.certificate, result.edge_error);
  result.log_policy = policy_at(model, world, result.theta);
}

}  // namespace

ArmResult fit_log_ratios(const ArmSpec& spec, const ArmInput& input, LogRatioLoss& loss, double beta) {
  const World& world = input.world;
  const auto model = arm_model(spec, world, Role::policy);
  const auto starts = static_cast<int>(arm_options(spec).integer("starts"));

  ArmResult result;
  result.certificate = fit(*model, input, loss, read_penalty(spec.penalty).penalty, starts, beta,
                           result.theta, result.edge_error);
  result.log_policy = policy_at(*model, world, result.theta);
  if (input.flat_rank) choose_member(*model, input, loss.table(), result);
  result.edge_reward = implicit_reward(world, result.log_policy, beta);
  result.raw_parameters = model->parameters();
  result.rank = model->rank();
  return result;
}

double held_out_log_ratios(const World& world, const ArmResult& fit, const PreferenceData& held_out,
                           double scale, std::unique_ptr<MarginLoss> loss) {
  std::vector<double> unused(fit.log_policy.size());
  return LogRatioLoss(world, tabulate(held_out), scale, std::move(loss)).evaluate(fit.log_policy, unused);
}

}  // namespace twostage
