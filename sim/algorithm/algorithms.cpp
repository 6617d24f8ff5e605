// The registry of algorithms, what all arms have in common, and the order of work in one arm.
#include <algorithm>
#include <cmath>

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/tuning.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/fit/limits.hpp"

namespace twostage {
namespace {

bool all_finite(std::span<const double> x) {
  return std::ranges::all_of(x, [](double v) { return std::isfinite(v); });
}

std::string names_of(bool Algorithm::*property) {
  std::string out;
  for (const auto& entry : algorithms().entries())
    if (entry.extra.*property) out += (out.empty() ? "" : " and ") + entry.name;
  return out;
}

// What the algorithm cannot do.
void refuse(const ArmSpec& spec, const Algorithm& algorithm) {
  const PenaltyChoice choice = read_penalty(spec.penalty);
  if (choice.penalty.kind == PenaltyKind::l1 && !algorithm.takes_l1)
    throw InputError("kind",
                     "arm '" + spec.name + "': penalty 'l1' does not go with algorithm '" + spec.algorithm +
                         "', whose loss is a function of the policy: |theta|_1 depends on the coordinates "
                         "of its logits; valid: " +
                         names_of(&Algorithm::takes_l1) + ", or penalty reference-kl");
  if (choice.tuning.active && !algorithm.held_out_loss)
    throw InputError("tune", "arm '" + spec.name + "': algorithm '" + spec.algorithm +
                                 "' has no loss of held-out pairs to choose a strength by; valid: a lambda");
}

void disown(Certificate& certificate) {
  certificate.converged = false;
  certificate.optimum = Optimum::none;
}

}  // namespace

const Registry<Algorithm>& algorithms() {
  static const Registry<Algorithm> registry(
      "algorithm",
      {rm_plan_entry(), dpo_entry(), ipo_entry(), planned_dpo_entry(), sft_entry(), rm_project_entry()});
  return registry;
}

Knob starts_knob() {
  return {"starts", std::int64_t{3}, 1, 100, {}, "starting points where no proof says that one suffices"};
}

std::unique_ptr<LinearModel> arm_model(const ArmSpec& spec, const World& world, Role role) {
  const Settings& settings = role == Role::reward ? spec.reward : spec.policy;
  auto model = make_model(settings, world, role);
  check_size(model->parameters(), "class", settings.text("class"));
  return model;
}

Settings arm_options(const ArmSpec& spec) {
  return resolve(algorithms().at(spec.algorithm, "algorithm").knobs, spec.options,
                 "algorithm '" + spec.algorithm + "'");
}

TheoryRoute plan_route(const ArmSpec&) {
  return {.kind = TheoryRoute::Kind::plan};
}

TheoryRoute no_route(const ArmSpec& spec) {
  return {.why_none = "no formula for the algorithm '" + spec.algorithm + "'"};
}

void validate_arm(const ArmSpec& spec, const World& world) {
  const auto& entry = algorithms().at(spec.algorithm, "algorithm");
  const auto check_role = [&](Role role, const Settings& settings, bool used, const std::string& key) {
    if (used) {
      arm_model(spec, world, role);
    } else if (!settings.values().empty()) {
      throw InputError(
          key, "arm '" + spec.name + "': algorithm '" + spec.algorithm + "' uses no " + key + " class");
    }
  };
  check_role(Role::reward, spec.reward, entry.extra.uses_reward, "reward");
  check_role(Role::policy, spec.policy, entry.extra.uses_policy, "policy");
  refuse(spec, entry.extra);
  arm_options(spec);
}

ArmResult run_arm(const ArmSpec& spec, const ArmInput& given) {
  const Algorithm& algorithm = algorithms().at(spec.algorithm, "algorithm").extra;
  const PenaltyChoice choice = read_penalty(spec.penalty);
  refuse(spec, algorithm);
  const bool alone = choice.penalty.kind == PenaltyKind::none;
  const KnownExistence existence =
      given.exact_existence && algorithm.existence ? algorithm.existence(spec, given) : KnownExistence{};
  ArmInput input = given;
  if (alone && existence.outcome == Existence::flat) input.flat_rank = existence.rank;
  ArmResult result;
  if (choice.tuning.active) {
    const Tuned tuned = tune_penalty(spec, input, choice.tuning, algorithm);
    result = algorithm.run(with_strength(spec, tuned.lambda), input);
    result.penalty_strength = tuned.lambda;
    result.tuned_at_edge = tuned.at_edge;
  } else {
    result = algorithm.run(spec, input);
    result.penalty_strength = choice.penalty.lambda;
  }
  if (!all_finite(result.theta) || !all_finite(result.log_policy) ||
      !std::isfinite(result.certificate.objective))
    disown(result.certificate);
  result.existence = existence.outcome;
  if (alone) judge_unpenalised(algorithm, spec, input, result);
  return result;
}

}  // namespace twostage
