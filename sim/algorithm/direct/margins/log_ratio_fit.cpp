#include "sim/algorithm/direct/margins/log_ratio_fit.hpp"

#include "sim/algorithm/entries.hpp"
#include "sim/fit/flat_set.hpp"
#include "sim/fit/policy_fit.hpp"
#include "sim/loss/policy_objective.hpp"

namespace twostage {
namespace {

// Of the set of minima. Margins are those of a reward or affine in theta: only such data are proved to be
// flat.
void choose_member(const ScoreModel& model, const World& world, const PairTable& table, std::size_t rank,
                   PolicyFit& fit) {
  const auto settle = [&](std::optional<FlatMember> member) {
    settle_on(std::move(member), fit.theta, fit.certificate, fit.edge_error);
  };
  if (const LinearModel* rewards = model.planned_rewards()) {
    settle(least_penalty_reward(*rewards, world, table, rank, fit.theta));
  } else if (model.every_policy()) {
    settle(least_penalty_tabular(*model.every_action(), world, table, rank, fit.log_policy));
    return;  // with the policy replaced
  } else {
    const LinearModel& linear = *model.linear();
    settle(least_penalty_policy(linear, world, comparison_matrix(linear, table), rank, fit.theta));
  }
  fit.log_policy = policy_at(model, world, fit.theta);
}

}  // namespace

ArmResult fit_log_ratios(const ArmSpec& spec, const ArmInput& input, LogRatioLoss& loss, double beta) {
  const auto model = arm_model(spec, input.world, Role::policy);
  const Starts starts{.count = static_cast<int>(arm_options(spec).integer("starts")),
                      .source = input.source,
                      .replicate = input.replicate};
  PolicyFit fit = fit_policy(*model, input.world, loss, input.data.size(), read_penalty(spec.penalty).penalty,
                             beta, starts);
  if (input.flat_rank) choose_member(*model, input.world, loss.table(), *input.flat_rank, fit);
  ArmResult result;
  result.edge_reward = implicit_reward(input.world, fit.log_policy, beta);
  result.theta = std::move(fit.theta);
  result.policy = EdgePolicy(std::move(fit.log_policy));
  result.certificate = fit.certificate;
  result.edge_error = std::move(fit.edge_error);
  result.raw_parameters = model->parameters();
  result.rank = model->rank();
  return result;
}

}  // namespace twostage
