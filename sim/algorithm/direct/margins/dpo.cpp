// dpo: direct preference optimization, offline, in the policy's own logits (log_ratio_fit.hpp):
//   minimise sum_i softplus(-Delta_i) + penalty(pi),
//   Delta_i = beta (log pi/pi_ref (xi+_i) - log pi/pi_ref (xi-_i)).
#include "sim/algorithm/direct/margins/log_ratio_fit.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/policy_course.hpp"
#include "sim/algorithm/tuning.hpp"
#include "sim/algorithm/unpenalised.hpp"

namespace twostage {
namespace {

double beta_of(const ArmSpec& spec, const World& world) {
  return world.beta * arm_options(spec).real("beta_factor");
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  const double beta = beta_of(spec, input.world);
  DpoLoss loss(input.world, *input.table, beta);
  return fit_log_ratios(spec, input, loss, beta);
}

std::unique_ptr<Learner> learner(const ArmSpec& spec, const ArmInput& input) {
  const double beta = beta_of(spec, input.world);
  return policy_course(spec, input, std::make_unique<DpoLoss>(input.world, *input.table, beta), beta, beta);
}

TheoryRoute route(const ArmSpec& spec) {
  if (arm_options(spec).real("beta_factor") != 1) return {.why_none = "no formula for a fit at another beta"};
  // Over the plans of rewards it is the fit of those rewards (theorem 3.1).
  if (auto rewards = rewards_planned_for(spec.policy))
    return {.kind = TheoryRoute::Kind::plan, .fitted = *std::move(rewards)};
  return {.kind = TheoryRoute::Kind::direct, .fitted = spec.policy};
}

void judge(const ArmSpec& spec, const ArmInput& input, ArmResult& result) {
  LogisticLoss loss;
  if (!judge_by_settling(spec, input, beta_of(spec, input.world), loss, result))
    judge_policy_by_loss(spec, input, result);
}

}  // namespace

Entry<Algorithm> dpo_entry() {
  return {"dpo",
          "direct preference optimization, offline, in the policy's own logits",
          "2305.18290",
          Status::exact,
          {{"beta_factor",
            1.0,
            1e-3,
            1e3,
            {},
            "fits at this multiple of the world's beta (control: a wrong beta)"},
           starts_knob()},
          {.target = "pi* (of beta times beta_factor)",
           .run = run,
           .uses_policy = true,
           .log_ratio_margins = true,
           .learner = learner,
           .theory = route,
           .existence = existence_of_policy,
           .judge = judge,
           .held_out_loss = bradley_terry_loss}};
}

}  // namespace twostage
