#include "sim/algorithm/unpenalised.hpp"

#include <algorithm>

#include "sim/algorithm/entries.hpp"
#include "sim/existence/affine_margins.hpp"
#include "sim/existence/choices.hpp"
#include "sim/existence/existence.hpp"
#include "sim/existence/win_graph.hpp"
#include "sim/fit/limits.hpp"
#include "sim/fit/settling.hpp"
#include "sim/numerics/elementary.hpp"

namespace twostage {
namespace {

// The linear class of rewards that has the margins of these policies, which the exact test can take.
const LinearModel* as_rewards(const ScoreModel& model, const World& world) {
  if (const LinearModel* rewards = model.planned_rewards()) return rewards;
  const LinearModel* linear = model.linear();
  const bool alike =
      linear && (linear->every_policy() || (linear->parameters() <= ExistenceLimits{}.parameters &&
                                            margins_are_affine(*linear, world)));
  return alike ? linear : nullptr;
}

KnownExistence existence_of(const LinearModel& rewards, const World& world, const PairTable& pairs) {
  if (rewards.parameters() <= ExistenceLimits{}.parameters)
    if (const auto by_wins = existence_by_wins(rewards, world, pairs)) return *by_wins;
  return known(test_existence(rewards, pairs));
}

struct Comparisons {
  std::size_t count = 0;  // of different completions
  double selves = 0;      // pairs of a completion with itself, which cost log 2 whatever theta is
};

Comparisons comparisons_in(const PairTable& table) {
  Comparisons out;
  for (std::size_t k = 0; k < table.rows(); ++k)
    if (table.first[k] == table.second[k])
      out.selves += table.wins[k] + table.losses[k];
    else
      ++out.count;
  return out;
}

void judge_by_loss(const ScoreModel& model, bool linear, const PairTable& table, ArmResult& result) {
  const Comparisons seen = comparisons_in(table);
  const double loss = result.certificate.objective - seen.selves * num::softplus(0);
  if (seen.count > 0 && loss < (linear ? 0.999 * num::softplus(0) : 1e-6)) {
    result.existence = linear ? Existence::not_attained : Existence::diverging;
    disown(result.certificate);
  } else {
    judge_by_counting(model, table, result);
  }
}

[[noreturn]] void refuse_alone(const ArmSpec& spec, const std::string& other) {
  throw InputError("kind", "arm '" + spec.name + "': nobody tests whether '" + spec.algorithm +
                               "' without penalty has an estimate over the class '" +
                               spec.policy.text("class") +
                               "'; valid: a penalty, such as reference-kl, or a class " + other);
}

}  // namespace

bool stands_alone(const ArmSpec& spec) {
  return penalty_kind(spec.penalty) == PenaltyKind::none && spec.course.values().empty();
}

KnownExistence existence_of_reward(const ArmSpec& spec, const ArmInput& input) {
  const auto model = arm_model(spec, input.world, Role::reward);
  const LinearModel* linear = model->linear();
  return linear ? existence_of(*linear, input.world, *input.table) : KnownExistence{};
}

KnownExistence existence_of_policy(const ArmSpec& spec, const ArmInput& input) {
  const auto model = arm_model(spec, input.world, Role::policy);
  const LinearModel* rewards = as_rewards(*model, input.world);
  return rewards ? existence_of(*rewards, input.world, *input.table) : KnownExistence{};
}

KnownExistence existence_of_least_squares(const ArmSpec& spec, const ArmInput& input) {
  const auto model = arm_model(spec, input.world, Role::policy);
  const LinearModel* rewards = as_rewards(*model, input.world);
  if (!rewards) return {};
  PairTable both_ways = *input.table;
  std::ranges::fill(both_ways.wins, 1.0);
  std::ranges::fill(both_ways.losses, 1.0);
  return existence_of(*rewards, input.world, both_ways);
}

KnownExistence existence_with_choices(const ArmSpec& spec, const ArmInput& input) {
  const auto model = arm_model(spec, input.world, Role::policy);
  const bool told = model->linear() && as_rewards(*model, input.world);
  return told ? existence_of_choices(*model->linear(), input.world, input.data) : KnownExistence{};
}

void judge_unpenalised(const Algorithm& algorithm, const ArmSpec& spec, const ArmInput& input,
                       ArmResult& result) {
  // A small gradient far out along a separating direction is no minimum.
  if (result.existence == Existence::not_attained) disown(result.certificate);
  if (result.existence != Existence::no_exact_test) return;
  // Where nobody has looked for such a direction, nothing global is proved.
  if (result.certificate.optimum == Optimum::global) result.certificate.optimum = Optimum::stationary;
  if (input.exact_existence && result.certificate.converged && algorithm.judge)
    algorithm.judge(spec, input, result);
}

void judge_reward(const ArmSpec& spec, const ArmInput& input, ArmResult& result) {
  const auto model = arm_model(spec, input.world, Role::reward);
  judge_by_loss(*model, model->linear() != nullptr, *input.table, result);
}

bool judge_by_settling(const ArmSpec& spec, const ArmInput& input, double scale, MarginLoss& loss,
                       ArmResult& result) {
  const auto model = arm_model(spec, input.world, Role::policy);
  const LinearModel* linear = model->linear();
  if (!linear || linear->every_policy()) return false;
  const Settling told = settling(*linear, input.world, *input.table, scale, loss, result.theta,
                                 input.source.stream(Purpose::optimiser, input.replicate, 0, 0));
  if (!told.told) return false;
  if (!told.settled) {
    result.existence = Existence::diverging;
    disown(result.certificate);
  } else if (told.flat) {
    result.certificate.optimum = Optimum::not_unique;
  }
  return true;
}

void judge_policy_by_loss(const ArmSpec& spec, const ArmInput& input, ArmResult& result) {
  const auto model = arm_model(spec, input.world, Role::policy);
  judge_by_loss(*model, model->every_policy() || model->planned_rewards(), *input.table, result);
}

void judge_by_choices(const ArmSpec& spec, const ArmInput& input, ArmResult& result) {
  const auto model = arm_model(spec, input.world, Role::policy);
  const LinearModel* linear = model->linear();
  if (!linear || existence_of_choices(*linear, input.world, input.data).outcome != Existence::unique)
    disown(result.certificate);
}

void disown_unless_margins_are_unique(const ArmSpec& spec, const ArmInput& input, ArmResult& result) {
  if (existence_of_policy(spec, input).outcome != Existence::unique) disown(result.certificate);
}

void disown_unjudged(const ArmSpec&, const ArmInput&, ArmResult& result) {
  disown(result.certificate);
}

bool margins_are_tested(const ArmSpec& spec, const World& world) {
  return as_rewards(*arm_model(spec, world, Role::policy), world) != nullptr;
}

void require_known_margins(const ArmSpec& spec, const World& world) {
  if (stands_alone(spec) && !margins_are_tested(spec, world))
    refuse_alone(spec, "whose margins are those of rewards, such as tabular or planned");
}

void require_known_choices(const ArmSpec& spec, const World& world) {
  if (stands_alone(spec) && !arm_model(spec, world, Role::policy)->linear())
    refuse_alone(spec, "with logits linear in its parameters, such as tabular");
}

void judge_by_counting(const ScoreModel& model, const PairTable& table, ArmResult& result) {
  if (comparisons_in(table).count < model.rank()) result.certificate.optimum = Optimum::not_unique;
}

}  // namespace twostage
