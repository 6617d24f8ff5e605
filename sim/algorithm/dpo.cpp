// dpo: direct preference optimization, offline, in the policy's own logits:
//   minimise sum_i softplus(-Delta_i) + penalty(pi),
//   Delta_i = beta (log pi/pi_ref (xi+_i) - log pi/pi_ref (xi-_i)).
// Over all policies (tabular) saddle-free Newton descends in the logits, and a stationary point is global
// where tabular_dpo.hpp proves it, as it is where margins are affine in theta (unpenalised.hpp), since the
// loss is then convex; other policy classes are minimised from several starts, and the certificate says
// stationary. With the reward fit it shares no objective, only general minimisers, linear
// algebra and sweeps over the graph, so that the equality of both routes is a test.
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/fit/fit_error.hpp"
#include "sim/fit/flat_set.hpp"
#include "sim/fit/limits.hpp"
#include "sim/fit/multi_start.hpp"
#include "sim/fit/tabular_dpo.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/numerics/damped_newton.hpp"

namespace twostage {
namespace {

Certificate fit(const LinearModel& model, const ArmInput& input, DpoLoss& loss, const Penalty& penalty,
                int starts, std::vector<double>& theta, std::vector<double>& error) {
  const World& world = input.world;
  const auto* tabular = dynamic_cast<const DenseModel*>(&model);
  const bool global =
      (tabular != nullptr && tabular_is_every_policy(world) && convex_in_reward(penalty.kind)) ||
      (convex_in_logits(penalty.kind) && newton_fits(model.parameters(), world) &&
       margins_are_affine(model, world));
  num::Minimum minimum;
  if (global) starts = 1;
  if (tabular != nullptr && newton_fits(model.parameters(), world)) {
    TabularDpo objective(world, *tabular, loss, penalty);
    minimum = num::finish_damped(
        objective, num::minimise_saddle_free(objective, std::vector<double>(model.parameters(), 0.0)));
    starts = 1;
  } else {
    PolicyObjective objective(model, world, loss, penalty);
    minimum = minimise_from_starts(objective, starts, input.source, input.replicate,
                                   likelihood_options(input.data.size(), model.parameters(), loss.beta()));
  }
  theta = std::move(minimum.x);
  error = policy_error(model, world, theta, minimum.step, loss.beta());
  return certificate_of(minimum, global ? Optimum::global : Optimum::stationary, starts);
}

// Margins are affine in theta or those of a dense reward: only such data are proved to be flat.
void choose_member(const LinearModel& model, const ArmInput& input, const PairTable& table,
                   ArmResult& result) {
  const World& world = input.world;
  const auto* tabular = dynamic_cast<const DenseModel*>(&model);
  if (tabular != nullptr && tabular_is_every_policy(world)) {
    settle_on(least_penalty_tabular(*tabular, world, table, *input.flat_rank, result.log_policy),
              result.theta, result.certificate, result.edge_error);
    return;
  }
  settle_on(
      least_penalty_policy(model, world, comparison_matrix(model, table), *input.flat_rank, result.theta),
      result.theta, result.certificate, result.edge_error);
  result.log_policy = policy_at(model, world, result.theta);
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  const World& world = input.world;
  const auto model = arm_model(spec, world, Role::policy);
  const Settings options = arm_options(spec);
  const double beta = world.beta * options.real("beta_factor");
  DpoLoss loss(world, *input.table, beta);

  ArmResult result;
  result.certificate = fit(*model, input, loss, read_penalty(spec.penalty).penalty,
                           static_cast<int>(options.integer("starts")), result.theta, result.edge_error);
  result.log_policy = policy_at(*model, world, result.theta);
  if (input.flat_rank) choose_member(*model, input, loss.table(), result);
  result.edge_reward = implicit_reward(world, result.log_policy, beta);
  result.raw_parameters = model->parameters();
  result.rank = model->rank();
  return result;
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
          {run, false, true}};
}

}  // namespace twostage
