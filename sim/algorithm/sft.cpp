// sft: maximum likelihood of the chosen completions within the policy class,
//   minimise -sum_i log pi(xi+_i) + penalty(pi).
// For logits linear in theta, -log pi(a|s) is convex; so is the objective under reference-kl (an expectation
// of -log pi), ridge and none. Tabular with reference-kl has the closed form
//   pi(a|s) = (N(s,a) + lambda mu_ref(s,a)) / (N(s) + lambda mu_ref(s)).
// Without penalty the maximum need not be attained (an action never chosen); the exact test of
// sim/existence/choices.hpp says whether it is.
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/policy_course.hpp"
#include "sim/algorithm/tuning.hpp"
#include "sim/existence/choices.hpp"
#include "sim/fit/fit_error.hpp"
#include "sim/fit/flat_set.hpp"
#include "sim/fit/limits.hpp"
#include "sim/fit/multi_start.hpp"
#include "sim/loss/policy_objective.hpp"

namespace twostage {
namespace {

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  const World& world = input.world;
  const auto model = arm_model(spec, world, Role::policy);
  const Penalty penalty = read_penalty(spec.penalty).penalty;
  const bool convex = convex_in_logits(penalty.kind);
  const int starts = convex ? 1 : static_cast<int>(arm_options(spec).integer("starts"));

  SftLoss loss(world, input.data);
  PolicyObjective objective(*model, world, loss, penalty);
  num::Minimum minimum = minimise_from_starts(objective, starts, input.source, input.replicate,
                                              likelihood_options(input.data.size(), model->parameters()));

  ArmResult result;
  result.certificate = certificate_of(minimum, convex ? Optimum::global : Optimum::stationary, starts);
  result.theta = std::move(minimum.x);
  result.edge_error = policy_error(*model, world, result.theta, minimum.step, world.beta);
  if (input.flat_rank)
    settle_on(least_penalty_policy(*model, world, choice_matrix(*model, world, input.data), *input.flat_rank,
                                   result.theta),
              result.theta, result.certificate, result.edge_error);
  result.log_policy = policy_at(*model, world, result.theta);
  result.edge_reward = implicit_reward(world, result.log_policy, world.beta);
  result.raw_parameters = model->parameters();
  result.rank = model->rank();
  return result;
}

std::unique_ptr<Learner> learner(const ArmSpec& spec, const ArmInput& input) {
  return policy_course(spec, input, std::make_unique<SftLoss>(input.world, input.data), input.world.beta, 1);
}

KnownExistence existence(const ArmSpec& spec, const ArmInput& input) {
  return existence_of_choices(*arm_model(spec, input.world, Role::policy), input.world, input.data);
}

}  // namespace

Entry<Algorithm> sft_entry() {
  return {"sft",
          "maximum likelihood of the chosen completions",
          "2503.01067, section 2",
          Status::exact,
          {starts_knob()},
          {.run = run,
           .uses_policy = true,
           .learner = learner,
           .theory = no_route,
           .existence = existence,
           .held_out_loss = bradley_terry_loss}};
}

}  // namespace twostage
