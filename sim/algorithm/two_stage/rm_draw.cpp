// rm-draw+plan: draw a reward that fits the pairs nearly as well as any, then plan exactly with it. Nearly as
// well: what the fit minimises is at most `drop` above its least value in the class itself or, to ask of a
// simple class which of its members would pass among all rewards, in the dense one. That set is convex, and
// by Wilks about a confidence set: twice the drop is a quantile of chi-square.
//
// A member is drawn by direction and depth: from the minimum in a direction that is uniform in the
// coordinates in which the Hessian there is the identity, to a share u^(1/d) of the way to the border, u
// uniform on [0, 1), in d dimensions. Where what is minimised is quadratic that is the uniform law on the
// set.
#include <algorithm>
#include <cmath>

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/tuning.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/fit/limits.hpp"
#include "sim/fit/reward_fit.hpp"
#include "sim/loss/row_objective.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/linear_solve.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/random/draw.hpp"

namespace twostage {
namespace {

using Vector = std::vector<double>;

ArmSpec dense(const ArmSpec& spec) {
  ArmSpec out = spec;
  out.reward = {};
  out.reward.set("class", std::string("dense"));
  return out;
}

// What a member may cost at most.
double border(const ArmSpec& spec, const ArmInput& input, double own) {
  const Settings options = arm_options(spec);
  double least = own;
  if (options.text("beside") == "all") {
    const auto all = arm_rewards(dense(spec), input.world);
    const RewardFit best =
        fit_reward(*all, input.world, *input.table, read_penalty(spec.penalty).penalty, input.flat_rank);
    least = std::fmin(least, best.certificate.objective);
  }
  return least + options.real("drop");
}

// Uniform in direction where the Hessian at `centre` is the identity; no length of its own is meant.
Vector direction(RowObjective& objective, const Vector& centre, Philox4x64& stream) {
  const std::size_t d = centre.size();
  Vector gradient(d), factor(d * d);
  objective.evaluate(centre, gradient);
  objective.hessian(factor);
  if (!num::cholesky(factor, d)) return {};
  Vector out(d);
  for (double& x : out) x = draw_normal(stream);
  for (std::size_t i = d; i-- > 0;) {  // L^T x = z from below
    for (std::size_t k = i + 1; k < d; ++k) out[i] -= factor[k * d + i] * out[k];
    out[i] /= factor[i * d + i];
  }
  return out;
}

// How many `direction`s from the centre the border is: what is minimised rises on the way.
double reach(RowObjective& objective, const Vector& centre, const Vector& direction, double border) {
  Vector point(centre.size()), unused(centre.size());
  const auto inside = [&](double distance) {
    point = centre;
    num::axpy(distance, direction, point);
    return objective.evaluate(point, unused) <= border;
  };
  constexpr double furthest = 1e12;  // with a penalty, which is coercive, it is never that far
  double low = 0, high = 1;
  while (high < furthest && inside(high)) {
    low = high;
    high *= 2;
  }
  constexpr int halvings = 60;
  for (int k = 0; k < halvings; ++k) {
    const double middle = (low + high) / 2;
    (inside(middle) ? low : high) = middle;
  }
  return low;
}

// What lies between the minimum and the border, in a direction and at a depth that are drawn. False: no
// member of the class costs so little.
bool move_to_a_draw(const ArmSpec& spec, const ArmInput& input, RowObjective& objective, double most,
                    ArmResult& result) {
  const auto draw = static_cast<std::uint64_t>(arm_options(spec).integer("draw"));
  Philox4x64 stream = input.source.stream(Purpose::confidence, input.replicate, draw, 0);
  if (!(result.certificate.objective < most)) return result.certificate.objective == most;
  const Vector way = direction(objective, result.theta, stream);
  if (way.empty()) return false;
  const double share = num::exp(num::log(1 - draw_uniform(stream)) / static_cast<double>(way.size()));
  num::axpy(share * reach(objective, result.theta, way, most), way, result.theta);
  Vector unused(way.size());
  result.certificate.objective = objective.evaluate(result.theta, unused);
  return true;
}

ArmResult run(const ArmSpec& spec, const ArmInput& input) {
  const World& world = input.world;
  const auto model = arm_rewards(spec, world);
  const Penalty penalty = read_penalty(spec.penalty).penalty;
  RewardFit fit = fit_reward(*model, world, *input.table, penalty, input.flat_rank);

  ArmResult result;
  result.theta = std::move(fit.theta);
  result.certificate = fit.certificate;
  result.edge_error = std::move(fit.edge_error);
  if (!input.population) {  // of pairs without number the set is a point
    RowObjective objective(*model, world, *input.table, penalty);
    const double most = border(spec, input, fit.certificate.objective);
    if (!move_to_a_draw(spec, input, objective, most, result)) disown(result.certificate);
    result.certificate.optimum = Optimum::none;
  }
  result.edge_reward.resize(world.graph.edges());
  model->scores(result.theta, result.edge_reward);
  SoftPlan plan;
  soft_plan(world.graph, world.log_reference, result.edge_reward, world.beta, plan);
  result.policy = EdgePolicy(std::move(plan.log_policy));
  result.raw_parameters = model->parameters();
  result.rank = model->rank();
  return result;
}

void check(const ArmSpec& spec, const World& world) {
  const PenaltyKind penalty = penalty_kind(spec.penalty);
  if (penalty == PenaltyKind::none || penalty == PenaltyKind::l1)
    throw InputError("kind", "arm '" + spec.name +
                                 "': without a smooth penalty rewards that fit well may be without bounds; "
                                 "valid: reference-kl, variance, ridge");
  const auto small_enough = [&](const ArmSpec& one) {
    const auto model = arm_rewards(one, world);
    if (newton_fits(*model, world, penalty == PenaltyKind::pooled_variance)) return;
    throw InputError("class", "arm '" + spec.name +
                                  "': " + to_text(static_cast<double>(model->parameters())) +
                                  " parameters are too many to draw from; valid: classes of at most 2000");
  };
  small_enough(spec);
  const auto own = arm_rewards(spec, world);
  if (own->rank() < own->parameters())
    throw InputError("class",
                     "arm '" + spec.name + "': of the " + to_text(static_cast<double>(own->parameters())) +
                         " parameters of its class pairs tell " + to_text(static_cast<double>(own->rank())) +
                         " apart here, and there is no draw of what nothing bounds; valid: a class whose "
                         "parameters all matter, such as 'dense'");
  if (arm_options(spec).text("beside") == "all") small_enough(dense(spec));
}

}  // namespace

Entry<Algorithm> rm_draw_entry() {
  return {"rm-draw+plan",
          "draw a reward model that fits the pairs nearly as well as the best, then plan exactly with it",
          "2503.01067, section 5",
          Status::exact,
          {{"beside",
            "own",
            0,
            0,
            {"own", "all"},
            "the best is that of the arm's class, or of all rewards (class dense)"},
           {"draw", std::int64_t{0}, 0, 1'000'000, {}, "which draw: others are independent"},
           {"drop", 5.0, 0, 1e6, {}, "what it may cost more than the best, in nats of the whole sum"}},
          {.target = "pi*",
           .run = run,
           .uses_reward = true,
           .first_stage = rm_plan_entry().extra.run,
           .theory = no_route,
           .existence = existence_of_reward,
           .check = check,
           .held_out_loss = bradley_terry_loss}};
}

}  // namespace twostage
