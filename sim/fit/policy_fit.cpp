#include "sim/fit/policy_fit.hpp"

#include <cmath>

#include "sim/existence/affine_margins.hpp"
#include "sim/fit/fit_error.hpp"
#include "sim/fit/limits.hpp"
#include "sim/fit/linear_policies.hpp"
#include "sim/fit/planned_metric.hpp"
#include "sim/fit/tabular_policies.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/minimise/damped_newton.hpp"
#include "sim/minimise/newton_cg.hpp"

namespace twostage {
namespace {

// By L-BFGS, which finds a valley soon but may follow its floor for thousands of steps, where Newton's method
// may need a few dozen. Which of the two gets on faster nobody can foresee: from where L-BFGS is after 300
// steps both go on, for about the same price in turn, until one of them is done. So the price is about twice
// the lower one at most, and where Newton's method leads nowhere the fit is that of L-BFGS alone. Where
// L-BFGS comes to the end of its steps, the lower of the two points is returned.
num::Minimum descend_both_ways(LinearPolicies& f, std::span<const double> start,
                               const num::LbfgsOptions& options) {
  constexpr int first_turn = 300;
  num::Lbfgs lbfgs(f, start, options);
  if (lbfgs.advance(first_turn)) return lbfgs.minimum();
  if (!f.has_products()) {
    lbfgs.advance(options.max_iterations);
    return lbfgs.minimum();
  }
  num::NewtonCg newton(f, lbfgs.here().x, {.gradient_goal = options.gradient_goal});
  const auto of_newton = [&] {
    num::Minimum out = newton.minimum();
    out.iterations += lbfgs.here().iterations;
    return out;
  };
  for (int turn = first_turn;; turn *= 2) {
    if (newton.advance(std::lround(f.products_per_step() * turn)) && newton.here().converged)
      return of_newton();
    if (!lbfgs.advance(turn)) continue;
    const bool lower = newton.here().value < lbfgs.here().value;
    return lower && !lbfgs.here().converged ? of_newton() : lbfgs.minimum();
  }
}

// Each of the two may go on well from where the other has led it.
num::Minimum descend_again(LinearPolicies& f, std::span<const double> start,
                           const num::LbfgsOptions& options) {
  num::Minimum best = descend_both_ways(f, start, options);
  if (best.converged || !std::isfinite(best.value) || !f.has_products()) return best;
  num::LbfgsOptions fewer = options;
  fewer.max_iterations = options.max_iterations / 2;
  num::Minimum again = descend_both_ways(f, best.x, fewer);
  again.iterations += best.iterations;
  return again;
}

// A class of policies at work on an objective of this form.
struct Fit {
  const ScoreModel& model;
  const World& world;
  LogRatioLoss& loss;
  std::size_t pairs;
  const Penalty& penalty;
  double beta;
  const Starts& starts;

  // From several starts, by descent. `units` and `strength` as in likelihood_options.
  BestOfStarts descend(bool global, double units, double strength, std::span<const double> metric) const {
    num::LbfgsOptions options = likelihood_options(pairs, model.parameters(), units, strength);
    options.metric = metric;
    const Starts from{
        .count = global ? 1 : starts.count, .source = starts.source, .replicate = starts.replicate};
    const LinearModel* linear = model.linear();
    if (linear && loss.shape().convex() && LinearPolicies::serves(penalty.kind)) {
      LinearPolicies objective(*linear, world, loss, penalty);
      return minimise_from_starts(model, from, [&](std::span<const double> start) {
        return descend_again(objective, start, options);
      });
    }
    PolicyObjective objective(model, world, loss, penalty);
    return minimise_from_starts(objective, model, from, options);
  }

  PolicyFit result(BestOfStarts best, bool global, int tried) const {
    PolicyFit out;
    out.certificate = certificate_of(best.minimum, global ? Optimum::global : Optimum::stationary, tried);
    out.certificate.values = best.values;
    out.theta = std::move(best.minimum.x);
    out.log_policy = policy_at(model, world, out.theta);
    return out;
  }
};

// Of a reward, that is.
bool convex_in_margins(const Fit& fit) {
  return fit.loss.shape().convex() && fit.loss.one_scale();
}

// Plans of a linear class of rewards: log pi/pi_ref of a plan and its reward differ by the prompt's soft
// value, which cancels within a pair. As a function of theta the loss is that of a fit of those rewards, and
// convex where it is convex in its margins; where the penalty is convex, too, a stationary point is global.
PolicyFit fit_plans(const Fit& fit, const LinearModel& rewards) {
  const bool global = convex_in_margins(fit) && convex_through_plan(fit.penalty.kind);
  const std::vector<double> metric = planned_metric(rewards, fit.world, fit.penalty.lambda, &fit.loss);
  BestOfStarts best = fit.descend(global, fit.loss.slope_scale() / fit.world.beta,
                                  fit.penalty.lambda / fit.world.beta, metric);
  std::vector<double> error = reward_error(rewards, fit.world, best.minimum.step);
  PolicyFit out = fit.result(std::move(best), global, global ? 1 : fit.starts.count);
  out.edge_error = std::move(error);
  return out;
}

bool proved_global(const Fit& fit) {
  const PenaltyKind penalty = fit.penalty.kind;
  if (!convex_in_margins(fit)) return false;
  if (fit.model.every_policy() && convex_in_reward(penalty)) return true;
  const LinearModel* linear = fit.model.linear();
  return linear && convex_in_logits(penalty) && newton_fits(*linear, fit.world, true) &&
         margins_are_affine(*linear, fit.world);
}

// In the logits of the policies.
PolicyFit fit_logits(const Fit& fit) {
  const bool global = proved_global(fit);
  const DenseModel* tabular = fit.model.every_action();
  int tried = global ? 1 : fit.starts.count;
  BestOfStarts best;
  if (tabular && convex_in_margins(fit) && newton_fits(*tabular, fit.world, true)) {
    TabularPolicies objective(fit.world, *tabular, fit.loss, fit.penalty);
    const num::LbfgsOptions descent =
        likelihood_options(fit.pairs, fit.model.parameters(), fit.loss.slope_scale(), fit.penalty.lambda);
    best.minimum =
        minimise_by_cost(objective, fit.world, fit.loss.table(), descent, [&](std::span<const double> start) {
          return num::finish_damped(objective, num::minimise_saddle_free(objective, start));
        });
    best.values = tried = 1;
  } else {
    best = fit.descend(global, fit.loss.slope_scale(), fit.penalty.lambda, {});
  }
  const std::vector<double> step = best.minimum.step;
  PolicyFit out = fit.result(std::move(best), global, tried);
  out.edge_error = policy_error(fit.model, fit.world, out.theta, step, fit.beta);
  return out;
}

}  // namespace

PolicyFit fit_policy(const ScoreModel& model, const World& world, LogRatioLoss& loss, std::size_t pairs,
                     const Penalty& penalty, double beta, const Starts& starts) {
  const Fit fit{.model = model,
                .world = world,
                .loss = loss,
                .pairs = pairs,
                .penalty = penalty,
                .beta = beta,
                .starts = starts};
  const LinearModel* rewards = model.planned_rewards();
  return rewards ? fit_plans(fit, *rewards) : fit_logits(fit);
}

}  // namespace twostage
