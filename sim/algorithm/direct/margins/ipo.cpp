// ipo: identity preference optimization, offline, in the policy's own logits (log_ratio_fit.hpp):
//   minimise sum_i (h_i - 1 / (2 tau))^2 + penalty(pi),   h_i = log pi/pi_ref (xi+_i) - log pi/pi_ref
//   (xi-_i).
// Over all policies and pairs drawn from the reference, its population optimum is pi_ref exp(p / tau) / Z,
// p(y) the probability that y beats a completion of the reference: an optimum of preference probabilities,
// not of rewards, so that tau is no beta. The loss is quadratic in h: its minimum over all policies is always
// attained. Log-probabilities are sums over tokens, as the paper has them; TRL takes means, which it says its
// authors meant, and which are an option.
#include "sim/algorithm/direct/loss_fit.hpp"
#include "sim/algorithm/direct/margins/log_ratio_fit.hpp"
#include "sim/algorithm/direct/tokens.hpp"
#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/fit/limits.hpp"

namespace twostage {
namespace {

std::unique_ptr<MarginLoss> shape_of(const ArmSpec& spec) {
  return std::make_unique<SquaredLoss>(1 / (2 * arm_options(spec).real("tau")));
}

std::unique_ptr<LogRatioLoss> margins(const ArmSpec& spec, const World& world, const PairTable& table) {
  return std::make_unique<LogRatioLoss>(world, table, 1, shape_of(spec), Origin::reference, tokens_of(spec));
}

std::unique_ptr<PolicyLoss> loss(const ArmSpec& spec, const World& world, const PairTable& table) {
  return margins(spec, world, table);
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  return fit_log_ratios(spec, input, *margins(spec, input.world, *input.table), input.world.beta);
}

KnownExistence existence(const ArmSpec& spec, const ArmInput& input) {
  return means_differ(spec, input.world) ? KnownExistence{} : existence_of_least_squares(spec, input);
}

void judge(const ArmSpec& spec, const ArmInput& input, ArmResult& result) {
  if (means_differ(spec, input.world)) return disown(result.certificate);
  const double scale = margins(spec, input.world, *input.table)->scale();
  if (!judge_by_settling(spec, input, scale, *shape_of(spec), result))
    judge_by_counting(*arm_model(spec, input.world, Role::policy), *input.table, result);
}

}  // namespace

Entry<Algorithm> ipo_entry() {
  return {"ipo",
          "identity preference optimization, offline: log-ratios regressed on a constant margin",
          "2310.12036",
          Status::exact,
          {{"tau", 0.5, 1e-3, 1e3, {}, "strength of the pull to the reference; the margin is 1 / (2 tau)"},
           tokens_knob(Tokens::sum, "log pi/pi_ref"),
           starts_knob()},
          {.target = "ref exp(p / tau), p(y) = P(y beats ref)",
           .any_preferences = true,
           .run = run,
           .uses_policy = true,
           .log_ratio_margins = true,
           .learner = course_of_loss,
           .loss = loss,
           .theory = no_route,
           .existence = existence,
           .existence_lasts = false,
           .judge = judge,
           .check = require_tokens_alike,
           .held_out_loss = loss_of_held_out}};
}

}  // namespace twostage
