#include "sim/algorithm/two_stage/projection.hpp"

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/learned_prompts.hpp"
#include "sim/algorithm/tuning.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/fit/limits.hpp"
#include "sim/fit/multi_start.hpp"
#include "sim/fit/reward_fit.hpp"
#include "sim/loss/policy_objective.hpp"

namespace twostage {

ArmResult fit_and_project(const ArmSpec& spec, const ArmInput& input, const MakeDivergence& make) {
  constexpr num::LbfgsOptions of_order_one{.gradient_goal = 1e-13, .gradient_accepted = 1e-9};
  const std::shared_ptr<const World> learning = learning_world(spec, input.world);
  const World& world = *learning;
  const auto reward = arm_model(spec, input.world, Role::reward);
  const auto policy = arm_model(spec, world, Role::policy);
  FittedPlan plan = fit_and_plan(*reward, input.world, *input.table, read_penalty(spec.penalty).penalty,
                                 starts_of(spec, input), input.flat_rank);

  // Over all policies every state is visited, so a stationary point satisfies the optimality equations. A
  // gradient may vanish elsewhere, too, in numbers: what a step has given up is not missed. But the least
  // divergence is 0, which tells the two apart.
  constexpr double lost = 1e-10;
  const bool global = policy->every_policy();
  const int starts = global ? 1 : static_cast<int>(arm_options(spec).integer("starts"));
  const std::unique_ptr<num::SmoothFunction> divergence = make(*policy, world, plan.log_policy);
  const BestOfStarts best =
      minimise_from_starts(*divergence, *policy, {starts, input.source, input.replicate}, of_order_one);
  const num::Minimum& minimum = best.minimum;

  ArmResult result;
  const bool proved = global && reward->linear();
  result.certificate = certificate_of(minimum, proved ? Optimum::global : Optimum::stationary, starts);
  result.certificate.values = best.values;
  if (!plan.fit.certificate.converged || (global && !(minimum.value <= lost))) {
    result.certificate.converged = false;
    result.certificate.optimum = Optimum::none;
  } else if (plan.fit.certificate.optimum == Optimum::not_unique) {
    result.certificate.optimum = Optimum::not_unique;
  }
  result.policy = EdgePolicy(policy_at(*policy, world, minimum.x));
  result.theta = std::move(plan.fit.theta);
  result.edge_error = std::move(plan.fit.edge_error);
  result.edge_reward = std::move(plan.edge_reward);
  result.raw_parameters = reward->parameters();
  result.rank = reward->rank();
  return result;
}

Algorithm projecting(std::string target, decltype(Algorithm::run) run) {
  return {.target = std::move(target),
          .run = run,
          .uses_reward = true,
          .uses_policy = true,
          .any_rewards = true,
          .takes_l1 = true,
          .theory = no_route,
          .existence = existence_of_reward,
          .judge = judge_reward,
          .held_out_loss = bradley_terry_loss};
}

}  // namespace twostage
