// planned-dpo: offline DPO over Pi(R), the policies that are soft-optimal for some reward in R (T3.1). The
// loss is evaluated on the log-probabilities the planner returns, and differentiated through the planner.
//
// log pi/pi_ref of a plan and its reward r differ by the prompt's soft value, which cancels within a pair: as
// a function of theta the objective is the convex one of the reward fit whenever the penalty is a functional
// of the policy that is convex in r, or a ridge on the same theta. There a stationary point is global.
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/limits.hpp"
#include "sim/algorithm/multi_start.hpp"
#include "sim/algorithm/policy_objective.hpp"
#include "sim/model/planned_model.hpp"

namespace twostage {
namespace {

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  const World& world = input.world;
  const auto reward = arm_model(spec, world, Role::reward);
  const PlannedModel planned(*reward, world);
  const Penalty penalty = read_penalty(spec.penalty).penalty;
  const bool global = convex_in_reward(penalty.kind) || penalty.kind == PenaltyKind::ridge;
  const int starts = global ? 1 : static_cast<int>(arm_options(spec).integer("starts"));

  DpoLoss loss(world, tabulate(input.data), world.beta);
  PolicyObjective objective(planned, world, loss, penalty);
  num::Minimum minimum = minimise_from_starts(objective, starts, input,
                                              likelihood_options(input.data.size(), reward->parameters()));

  ArmResult result;
  result.certificate = certificate_of(minimum, global ? Optimum::global : Optimum::stationary, starts);
  result.theta = std::move(minimum.x);
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
          {run, true, false}};
}

}  // namespace twostage
