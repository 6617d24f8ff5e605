// rm+plan: the two-stage route. Fit a reward model by Bradley-Terry maximum likelihood, then act by the exact
// soft plan of the fitted reward: pi(a|s) = pi_ref(a|s) exp((Q - V)/beta).
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/tuning.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/fit/reward_fit.hpp"

namespace twostage {
namespace {

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  const auto model = arm_model(spec, input.world, Role::reward);
  FittedPlan plan = fit_and_plan(*model, input.world, *input.table, read_penalty(spec.penalty).penalty,
                                 starts_of(spec, input), input.flat_rank);

  ArmResult result;
  result.theta = std::move(plan.fit.theta);
  result.edge_reward = std::move(plan.edge_reward);
  result.policy = EdgePolicy(std::move(plan.log_policy));
  result.certificate = plan.fit.certificate;
  result.edge_error = std::move(plan.fit.edge_error);
  result.raw_parameters = model->parameters();
  result.rank = model->rank();
  return result;
}

}  // namespace

Entry<Algorithm> rm_plan_entry() {
  return {"rm+plan",
          "fit a reward model, then plan exactly with it: two-stage fine-tuning",
          "2503.01067",
          Status::exact,
          {unstated_starts_knob()},
          {.target = "pi*",
           .run = run,
           .uses_reward = true,
           .any_rewards = true,
           .takes_l1 = true,
           .theory = plan_route,
           .existence = existence_of_reward,
           .judge = judge_reward,
           .held_out_loss = bradley_terry_loss}};
}

}  // namespace twostage
