// sft: maximum likelihood of the chosen completions within the policy class,
//   minimise -sum_i log pi(xi+_i) + penalty(pi).
// For logits linear in theta, -log pi(a|s) is convex; so is the objective under reference-kl (an expectation
// of -log pi), ridge and none. For the plans of rewards linear in theta, -log pi(xi) = -log pi_ref(xi) +
// (V(s0) - r(xi)) / beta is convex, since the soft value V is a log-sum-exp of rewards. Tabular with
// reference-kl has the closed form
//   pi(a|s) = (N(s,a) + lambda mu_ref(s,a)) / (N(s) + lambda mu_ref(s)).
// Without penalty the maximum need not be attained (an action never chosen); the exact test of
// sim/existence/choices.hpp says whether it is.
#include "sim/algorithm/direct/loss_fit.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/policy_course.hpp"
#include "sim/algorithm/tuning.hpp"
#include "sim/existence/choices.hpp"

namespace twostage {
namespace {

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  const auto model = arm_model(spec, input.world, Role::policy);
  const PenaltyKind penalty = penalty_kind(spec.penalty);
  const bool convex = (model->linear() && convex_in_logits(penalty)) ||
                      (model->planned_rewards() && convex_through_plan(penalty));
  SftLoss loss(input.world, input.data);
  return fit_by_descent(spec, input, *model, loss, convex);
}

std::unique_ptr<Learner> learner(const ArmSpec& spec, const ArmInput& input) {
  return policy_course(spec, input, std::make_unique<SftLoss>(input.world, input.data), input.world.beta, 1);
}

KnownExistence existence(const ArmSpec& spec, const ArmInput& input) {
  const auto model = arm_model(spec, input.world, Role::policy);
  const LinearModel* linear = model->linear();  // the choices of plans are no function of single actions
  return linear ? existence_of_choices(*linear, input.world, input.data) : KnownExistence{};
}

// Far out along a direction in which the likelihood grows for ever the gradient is small, too: without a test
// such a fit would pass for an estimate.
void check(const ArmSpec& spec, const World&) {
  const bool alone = penalty_kind(spec.penalty) == PenaltyKind::none;
  if (alone && spec.course.values().empty() && rewards_planned_for(spec.policy))
    throw InputError("kind", "arm '" + spec.name +
                                 "': nobody tests whether 'sft' without penalty has an estimate over plans "
                                 "(class '" +
                                 spec.policy.text("class") +
                                 "'); valid: a penalty, such as reference-kl, or another class");
}

}  // namespace

Entry<Algorithm> sft_entry() {
  return {"sft",
          "maximum likelihood of the chosen completions",
          "2503.01067, section 2",
          Status::exact,
          {starts_knob()},
          {.target = "the law of the winners, 2 ref p, p(y) = P(y beats ref)",
           .any_preferences = true,
           .run = run,
           .uses_policy = true,
           .learner = learner,
           .theory = no_route,
           .existence = existence,
           .check = check,
           .held_out_loss = bradley_terry_loss}};
}

}  // namespace twostage
