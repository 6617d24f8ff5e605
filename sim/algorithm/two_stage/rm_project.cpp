// rm+project: two stages where the policy class need not hold the plan. Fit a reward model, plan, then
// project the plan onto the policy class by reverse KL: what exact RL within the class returns, since
// J_beta(pi*) - J_beta(pi) = beta E_s0 KL(P_pi || P_pi*). Over all policies the projection is the plan
// itself.
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/learned_prompts.hpp"
#include "sim/algorithm/two_stage/projection.hpp"
#include "sim/loss/reverse_kl.hpp"

namespace twostage {
namespace {

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  return fit_and_project(
      spec, input, [&](const ScoreModel& policies, const World& world, std::span<const double> log_plan) {
        return std::make_unique<ReverseKl>(policies, world, log_plan);
      });
}

}  // namespace

Entry<Algorithm> rm_project_entry() {
  return {"rm+project",
          "fit a reward model, plan, and project the plan onto a policy class by reverse KL",
          "2503.01067, section 3",
          Status::exact,
          {learned_prompts_knob(), starts_knob()},
          projecting("pi*", run)};
}

}  // namespace twostage
