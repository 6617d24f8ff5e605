// rm-ensemble+plan: fit an ensemble of rewards to resamples of the pairs (ensemble.hpp), then plan exactly
// with the pessimistic one. With one member it is rm+plan.
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/two_stage/ensemble.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  const World& world = input.world;
  ArmResult result = fit_ensemble(spec, input);
  SoftPlan plan;
  soft_plan(world.graph, world.log_reference, result.edge_reward, world.beta, plan);
  result.policy = EdgePolicy(std::move(plan.log_policy));
  return result;
}

}  // namespace

Entry<Algorithm> ensemble_plan_entry() {
  return {"rm-ensemble+plan",
          "fit reward models to resamples of the pairs, then plan exactly with the pessimistic one",
          "2310.02743",
          Status::exact,
          {spread_weight_knob(), members_knob(), pessimism_knob()},
          after_an_ensemble("pi*", run)};
}

}  // namespace twostage
