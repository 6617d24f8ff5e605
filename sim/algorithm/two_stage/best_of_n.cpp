// best-of-n: fit a reward model by Bradley-Terry maximum likelihood, then keep of n completions of the
// reference the one that it likes best. The law of what is kept is exact (sim/policy/best_of_n.hpp): nothing
// is drawn. It is the same for every reward that orders the completions alike, so beta and the scale of the
// reward play no part, and its aim is no optimum of J_beta.
#include "sim/policy/best_of_n.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/tuning.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/fit/reward_fit.hpp"

namespace twostage {
namespace {

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  const World& world = input.world;
  const auto model = arm_model(spec, world, Role::reward);
  RewardFit fit = fit_reward(*model, world, *input.table, read_penalty(spec.penalty).penalty,
                             starts_of(spec, input), input.flat_rank);

  ArmResult result;
  result.edge_reward.resize(world.graph.edges());
  model->scores(fit.theta, result.edge_reward);
  result.policy = best_of_n(world, result.edge_reward, fit.edge_error,
                            static_cast<double>(arm_options(spec).integer("n")));
  result.theta = std::move(fit.theta);
  result.certificate = fit.certificate;
  result.edge_error = std::move(fit.edge_error);
  result.raw_parameters = model->parameters();
  result.rank = model->rank();
  return result;
}

// Where the scores belong to states is a matter of the class: rewards of the end do, those of a tree do.
void check(const ArmSpec& spec, const World& world) {
  check_best_of_n(world, generic_scores(spec, world));
}

}  // namespace

Entry<Algorithm> best_of_n_entry() {
  return {"best-of-n",
          "fit a reward model, then keep the best of n completions of the reference",
          "2009.01325",
          Status::exact,
          {{"n", std::int64_t{4}, 1, 1e9, {}, "completions of the reference that are compared"},
           unstated_starts_knob()},
          {.target = "the best of n draws from ref, by r",
           .run = run,
           .uses_reward = true,
           .any_rewards = true,
           .lists_scores = true,
           .takes_l1 = true,
           .theory = no_route,
           .existence = existence_of_reward,
           .judge = judge_reward,
           .check = check,
           .held_out_loss = bradley_terry_loss}};
}

}  // namespace twostage
