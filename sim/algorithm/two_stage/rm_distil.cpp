// rm+distil: fit a reward model, plan, and distil the plan into a policy class (sim/loss/distillation.hpp),
// by token divergences in either direction at the teacher's or the student's prefixes. Reverse at the
// student's is rm+project, forward at the teacher's one round of rm+rwr from the reference; the other two lie
// between. Over all policies each of them is the plan.
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/learned_prompts.hpp"
#include "sim/algorithm/two_stage/projection.hpp"
#include "sim/loss/distillation.hpp"

namespace twostage {
namespace {

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  const Settings options = arm_options(spec);
  const KlDirection direction =
      options.text("direction") == "forward" ? KlDirection::forward : KlDirection::reverse;
  const Prefixes prefixes = options.text("prefixes") == "teacher" ? Prefixes::teacher : Prefixes::student;
  return fit_and_project(
      spec, input, [&](const ScoreModel& policies, const World& world, std::span<const double> log_plan) {
        return std::make_unique<Distillation>(policies, world, log_plan, direction, prefixes);
      });
}

}  // namespace

Entry<Algorithm> rm_distil_entry() {
  return {
      "rm+distil",
      "fit a reward model, plan, and distil the plan into a policy class token by token",
      "2605.16826",
      Status::exact,
      {{"direction", "forward", 0, 0, {"forward", "reverse"}, "KL(plan || policy) of tokens, or the other"},
       {"prefixes", "teacher", 0, 0, {"teacher", "student"}, "of the plan, or the policy's own"},
       learned_prompts_knob(),
       starts_knob()},
      projecting("pi*", run)};
}

}  // namespace twostage
