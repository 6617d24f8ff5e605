// ipo: identity preference optimization, offline, in the policy's own logits (log_ratio_fit.hpp):
//   minimise sum_i (h_i - 1 / (2 tau))^2 + penalty(pi),   h_i = log pi/pi_ref (xi+_i) - log pi/pi_ref
//   (xi-_i).
// Over all policies and pairs drawn from the reference, its population optimum is pi_ref exp(p / tau) / Z,
// p(y) the probability that y beats a completion of the reference: an optimum of preference probabilities,
// not of rewards, so that tau is no beta. The loss is quadratic in h: its minimum over all policies is always
// attained.
#include "sim/algorithm/direct/margins/log_ratio_fit.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/policy_course.hpp"
#include "sim/algorithm/unpenalised.hpp"

namespace twostage {
namespace {

std::unique_ptr<MarginLoss> loss_of(const ArmSpec& spec) {
  return std::make_unique<SquaredLoss>(1 / (2 * arm_options(spec).real("tau")));
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  LogRatioLoss loss(input.world, *input.table, 1, loss_of(spec));
  return fit_log_ratios(spec, input, loss, input.world.beta);
}

std::unique_ptr<Learner> learner(const ArmSpec& spec, const ArmInput& input) {
  auto loss = std::make_unique<LogRatioLoss>(input.world, *input.table, 1, loss_of(spec));
  const double scale = loss->slope_scale();
  return policy_course(spec, input, std::move(loss), input.world.beta, scale);
}

void judge(const ArmSpec& spec, const ArmInput& input, ArmResult& result) {
  if (!judge_by_settling(spec, input, 1, *loss_of(spec), result))
    judge_by_counting(*arm_model(spec, input.world, Role::policy), *input.table, result);
}

double held_out_loss(const ArmSpec& spec, const World& world, const ArmResult& fit,
                     const PreferenceData& held_out) {
  return held_out_log_ratios(world, fit, held_out, 1, loss_of(spec));
}

}  // namespace

Entry<Algorithm> ipo_entry() {
  return {"ipo",
          "identity preference optimization, offline: log-ratios regressed on a constant margin",
          "2310.12036",
          Status::exact,
          {{"tau", 0.5, 1e-3, 1e3, {}, "strength of the pull to the reference; the margin is 1 / (2 tau)"},
           starts_knob()},
          {.run = run,
           .uses_policy = true,
           .log_ratio_margins = true,
           .learner = learner,
           .theory = no_route,
           .existence = existence_of_least_squares,
           .judge = judge,
           .held_out_loss = held_out_loss}};
}

}  // namespace twostage
