// dpo+best-of-n: fit a policy by dpo and a reward model to the same pairs, then keep of n completions of that
// policy the one that the reward likes best: best-of-n from another sampler than the reference (2503.01067,
// figure on best-of-N). With P_dpo the law of the policy, F(s) = P_dpo(score <= s | s0) and F(s-) =
// P_dpo(score < s | s0), a completion of score s has
//   P_pi(xi | s0) = P_dpo(xi | s0) (F(s)^n - F(s-)^n) / (F(s) - F(s-)).
// It is exact where the score so far belongs to the state, so that this is a policy on edges.
#include <stdexcept>

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/tuning.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/fit/limits.hpp"
#include "sim/fit/reward_fit.hpp"
#include "sim/plan/return_distribution.hpp"
#include "sim/policy/best_of_n.hpp"

namespace twostage {
namespace {

// What is drawn from: dpo in the arm's class of policies, under its penalty.
ArmSpec sampler_of(const ArmSpec& spec) {
  return {.name = spec.name, .algorithm = "dpo", .policy = spec.policy, .penalty = spec.penalty};
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  const World& world = input.world;
  const auto model = arm_model(spec, world, Role::reward);
  RewardFit fit = fit_reward(*model, world, *input.table, read_penalty(spec.penalty).penalty,
                             starts_of(spec, input), input.flat_rank);
  ArmInput without_tests = input;
  without_tests.exact_existence = false;
  const ArmResult sampler = run_arm(sampler_of(spec), without_tests);
  World from = world;  // in which what is drawn from is the reference
  from.log_reference = sampler.log_policy();

  ArmResult result;
  result.edge_reward.resize(world.graph.edges());
  model->scores(fit.theta, result.edge_reward);
  result.policy = best_of_n(from, result.edge_reward, fit.edge_error,
                            static_cast<double>(arm_options(spec).integer("n")));
  if (!on_edges(result.policy))
    throw std::logic_error("dpo+best-of-n: the score so far is no function of the state");
  result.theta = std::move(fit.theta);
  result.certificate = fit.certificate;
  if (!sampler.certificate.converged) {
    disown(result.certificate);
  } else if (sampler.certificate.optimum != Optimum::global) {
    result.certificate.optimum = sampler.certificate.optimum;
  }
  result.edge_error = std::move(fit.edge_error);
  result.raw_parameters = model->parameters();
  result.rank = model->rank();
  return result;
}

void check(const ArmSpec& spec, const World& world) {
  if (stands_alone(spec))
    throw InputError("kind",
                     "arm '" + spec.name +
                         "': without a penalty its two fits may exist or not, each on its own; valid: "
                         "reference-kl, variance, pooled-variance, ridge");
  validate_arm(sampler_of(spec), world);
  const std::vector<double> scores = generic_scores(spec, world);
  if (!sum_belongs_to_states(world.graph, scores))
    throw InputError(
        "reward.class",
        "arm '" + spec.name +
            "': where ways merge and are scored, the best of n from a policy is no policy on edges; "
            "valid: rewards of the end (class 'terminal'), worlds that are trees, or algorithm "
            "'best-of-n', which draws from the reference");
  check_best_of_n(world, scores);
}

}  // namespace

Entry<Algorithm> dpo_best_of_n_entry() {
  return {"dpo+best-of-n",
          "fit a policy by dpo and a reward model, then keep the best of n completions of that policy",
          "2503.01067, section 4",
          Status::exact,
          {{"n", std::int64_t{4}, 1, 1e9, {}, "completions of the policy of dpo that are compared"},
           unstated_starts_knob()},
          {.target = "the best of n draws from pi*, by r",
           .run = run,
           .uses_reward = true,
           .uses_policy = true,
           .any_rewards = true,
           .log_ratio_margins = true,  // what is drawn from
           .lists_scores = true,
           .first_stage = rm_plan_entry().extra.run,
           .theory = no_route,
           .existence = existence_of_reward,
           .check = check,
           .held_out_loss = bradley_terry_loss}};
}

}  // namespace twostage
