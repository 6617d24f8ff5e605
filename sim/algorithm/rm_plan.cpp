// rm+plan: the two-stage route. Fit a reward model by Bradley-Terry maximum likelihood, then act by the exact
// soft plan of the fitted reward: pi(a|s) = pi_ref(a|s) exp((Q - V)/beta).
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/reward_fit.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  const World& world = input.world;
  const auto model = arm_model(spec, world, Role::reward);
  RewardFit fit = fit_reward(*model, world, input.data, read_penalty(spec.penalty).penalty);

  ArmResult result;
  result.edge_reward.resize(world.graph.edges());
  model->scores(fit.theta, result.edge_reward);
  SoftPlan plan;
  soft_plan(world.graph, world.log_reference, result.edge_reward, world.beta, plan);
  result.log_policy = std::move(plan.log_policy);
  result.theta = std::move(fit.theta);
  result.certificate = fit.certificate;
  result.raw_parameters = model->parameters();
  result.rank = model->rank();
  return result;
}

}  // namespace

Entry<Algorithm> rm_plan_entry() {
  return {"rm+plan",    "fit a reward model, then plan exactly with it: two-stage fine-tuning",
          "2503.01067", Status::exact,
          {},           {run, true, false}};
}

}  // namespace twostage
