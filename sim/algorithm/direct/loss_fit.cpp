#include "sim/algorithm/direct/loss_fit.hpp"

#include <algorithm>
#include <cmath>

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/policy_course.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/existence/affine_margins.hpp"
#include "sim/existence/choices.hpp"
#include "sim/fit/fit_error.hpp"
#include "sim/fit/flat_set.hpp"
#include "sim/fit/limits.hpp"
#include "sim/fit/multi_start.hpp"
#include "sim/fit/planned_metric.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

std::unique_ptr<PolicyLoss> loss_of(const ArmSpec& spec, const World& world, const PairTable& table) {
  return algorithms().at(spec.algorithm, "algorithm").extra.loss(spec, world, table);
}

// What a result says of the policy at its theta.
void report_policy(const ScoreModel& model, const World& world, ArmResult& result) {
  result.policy = EdgePolicy(policy_at(model, world, result.theta));
  result.edge_reward = implicit_reward(world, result.log_policy(), world.beta);
  result.raw_parameters = model.parameters();
  result.rank = model.rank();
}

struct Descent {
  int starts = 1;
  bool global = false;
  std::optional<int> iterations = {};  // none: as many as a fit is given
};

ArmResult descend(const ArmSpec& spec, const ArmInput& input, const ScoreModel& model, PolicyLoss& loss,
                  const Descent& descent) {
  const World& world = input.world;
  const Penalty penalty = read_penalty(spec.penalty).penalty;
  PolicyObjective objective(model, world, loss, penalty);
  num::LbfgsOptions options =
      likelihood_options(input.data.size(), model.parameters(), loss.slope_scale(), penalty.lambda);
  std::vector<double> metric;
  if (const LinearModel* rewards = model.planned_rewards())  // a pair pulls as so many units of the penalty
    metric = planned_metric(*rewards, world, penalty.lambda + loss.slope_scale() * count_pairs(input));
  options.metric = metric;
  if (descent.iterations) options.max_iterations = *descent.iterations;
  BestOfStarts best =
      minimise_from_starts(objective, model, {descent.starts, input.source, input.replicate}, options);
  num::Minimum& minimum = best.minimum;

  ArmResult result;
  result.certificate =
      certificate_of(minimum, descent.global ? Optimum::global : Optimum::stationary, descent.starts);
  result.certificate.values = best.values;
  result.theta = std::move(minimum.x);
  result.edge_error = policy_error(model, world, result.theta, minimum.step, world.beta);
  report_policy(model, world, result);
  return result;
}

}  // namespace

bool stationary_is_global(const ArmSpec& spec, const World& world, const ScoreModel& model) {
  const PenaltyKind penalty = penalty_kind(spec.penalty);
  if (model.planned_rewards()) return convex_through_plan(penalty);
  if (model.every_policy() && convex_in_reward(penalty)) return true;
  const LinearModel* linear = model.linear();
  return linear && convex_in_logits(penalty) && newton_fits(*linear, world, true) &&
         margins_are_affine(*linear, world);
}

ArmResult fit_by_descent(const ArmSpec& spec, const ArmInput& input, Shape shape) {
  const World& world = input.world;
  const auto model = arm_model(spec, world, Role::policy);
  const bool global = shape == Shape::convex && stationary_is_global(spec, world, *model);
  const std::unique_ptr<PolicyLoss> loss = loss_of(spec, world, *input.table);
  return fit_by_descent(spec, input, *model, *loss, global);
}

ArmResult fit_by_descent(const ArmSpec& spec, const ArmInput& input, const ScoreModel& model,
                         PolicyLoss& loss, bool global) {
  const World& world = input.world;
  const int starts = global ? 1 : static_cast<int>(arm_options(spec).integer("starts"));
  ArmResult result = descend(spec, input, model, loss, {.starts = starts, .global = global});
  const LinearModel* linear = model.linear();
  if (input.flat_rank && linear) {  // flat is proved of linear classes alone
    settle_on(least_penalty_policy(*linear, world, choice_matrix(*linear, world, input.data),
                                   *input.flat_rank, result.theta),
              result.theta, result.certificate, result.edge_error);
    report_policy(model, world, result);
  }
  return result;
}

ArmResult short_descent(const ArmSpec& spec, const ArmInput& input, PolicyLoss& loss, int iterations) {
  const auto model = arm_model(spec, input.world, Role::policy);
  return descend(spec, input, *model, loss, {.iterations = iterations});
}

std::unique_ptr<Learner> course_of_loss(const ArmSpec& spec, const ArmInput& input) {
  auto loss = loss_of(spec, input.world, *input.table);
  const double scale = loss->slope_scale();
  return policy_course(spec, input, std::move(loss), input.world.beta, scale);
}

double loss_of_held_out(const ArmSpec& spec, const World& world, const ArmResult& fit,
                        const PreferenceData& held_out) {
  std::vector<double> unused(fit.log_policy().size());
  return loss_of(spec, world, tabulate(held_out))->evaluate(fit.log_policy(), unused);
}

bool falls_for_ever(const ArmSpec& spec, const ArmInput& input, PolicyLoss& loss,
                    std::span<const double> theta) {
  constexpr double far = 1e9;     // of the largest parameter: those of a hundred-millionth have saturated
  constexpr double equal = 1e-6;  // of two falls, and the least fall over such a step
  const double size = num::max_abs(theta);
  if (!(size > 0 && std::isfinite(size))) return false;
  const auto model = arm_model(spec, input.world, Role::policy);
  PolicyObjective objective(*model, input.world, loss, read_penalty(spec.penalty).penalty);
  std::vector<double> point(theta.size()), unused(theta.size());
  const auto at = [&](double distance) {
    for (std::size_t k = 0; k < point.size(); ++k) point[k] = theta[k] / size * distance;
    return objective.evaluate(point, unused);
  };
  const double near = at(far), middle = at(2 * far), end = at(3 * far);
  const double fall = middle - end;
  return fall > equal * far && std::fabs(fall - (near - middle)) <= equal * fall;
}

void judge_by_margins(const ArmSpec& spec, const ArmInput& input, LogRatioLoss& loss, double far,
                      ArmResult& result) {
  std::vector<double> unused(result.log_policy().size());
  loss.evaluate(result.log_policy(), unused);
  if (!(num::max_abs(loss.margins()) <= far)) {
    result.existence = Existence::diverging;
    disown(result.certificate);
    return;
  }
  // Squares of margins are flat where any loss of them is.
  const Existence of_squares = existence_of_least_squares(spec, input).outcome;
  if (of_squares == Existence::flat) result.certificate.optimum = Optimum::not_unique;
  if (of_squares == Existence::no_exact_test)
    judge_by_counting(*arm_model(spec, input.world, Role::policy), *input.table, result);
}

}  // namespace twostage
