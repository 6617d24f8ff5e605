#include "experiments/runner/cell.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "experiments/runner/forecaster.hpp"
#include "sim/model/score_model.hpp"
#include "theory/forecasts.hpp"

namespace twostage {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

bool finite(std::span<const double> xs) {
  return std::ranges::all_of(xs, [](double x) { return std::isfinite(x); });
}

// Where the numbers of one replicate go inside a BatchResult.
struct Slot {
  BatchResult& out;
  std::size_t replicate;  // position in the batch
  std::size_t arms;

  std::size_t count() const { return static_cast<std::size_t>(out.batch.count); }
  std::uint8_t& status(std::size_t arm) { return out.status[replicate * arms + arm]; }
  double& value(std::size_t column, std::size_t arm) {
    return out.arm_values[(column * count() + replicate) * arms + arm];
  }
  double& pair(std::size_t column, std::size_t a, std::size_t b) {
    return out.pair_values[((column * count() + replicate) * arms + a) * arms + b];
  }
  void error(const std::string& arm, const std::string& message) {
    out.errors.push_back(
        {out.batch.point, out.batch.first + static_cast<std::int64_t>(replicate), arm, message});
  }
};

void measure(const Columns& columns, const Context& context, const std::vector<ArmSpec>& arms,
             std::vector<ArmOutcome>& outcomes, Slot slot) {
  const auto usable = [&](std::size_t a) { return outcomes[a].status != CellStatus::failed; };
  for (std::size_t a = 0; a < outcomes.size(); ++a) {
    if (!usable(a)) continue;
    try {
      for (std::size_t k = 0; k < columns.arm.size(); ++k) {
        const Metric& metric = columns.arm[k]->extra;
        if (metric.kind == MetricKind::predicted) continue;
        slot.value(k, a) = metric.value(context, outcomes[a].result);
        if (metric.inexact && slot.out.inexact[k].empty())
          slot.out.inexact[k] = metric.inexact(context, outcomes[a].result);
        if (columns.arm[k]->name == "regret" && !std::isfinite(slot.value(k, a)))
          outcomes[a].status = CellStatus::non_finite;
      }
    } catch (const std::exception& error) {
      outcomes[a].status = CellStatus::failed;
      slot.error(arms[a].name, error.what());
    }
  }
  for (std::size_t k = 0; k < columns.pair.size(); ++k)
    for (std::size_t a = 0; a < outcomes.size(); ++a)
      for (std::size_t b = 0; b < outcomes.size(); ++b)
        if (usable(a) && usable(b))
          slot.pair(k, a, b) = columns.pair[k]->extra.pair(context, outcomes[a].result, outcomes[b].result);
}

// A world with what follows from it alone: kept from one replicate to the next when they share it.
struct Ground {
  World world;
  SoftPlan optimum;
  PairPolicies policies;
};

Ground make_ground(const Point& point, std::uint64_t replicate) {
  World world = point.make(replicate);
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  PairPolicies policies = point.policies(world, optimum);
  return {std::move(world), std::move(optimum), std::move(policies)};
}

// Theory's numbers stand beside the measured ones also where an arm failed.
void predict(const Columns& columns, Forecaster& forecaster, const Recipe& recipe, Slot slot) {
  for (std::size_t a = 0; a < forecaster.arms(); ++a) {
    const Prediction prediction = forecaster.predictor(a).at(static_cast<double>(recipe.pairs));
    for (std::size_t k = 0; k < columns.arm.size(); ++k) {
      if (columns.arm[k]->extra.kind != MetricKind::predicted) continue;
      slot.value(k, a) = forecast_value(*columns.arm[k], prediction);
      if (!prediction.reason.empty() && columns.arm[k]->name == "regime")
        slot.out.inexact[k] = recipe.arms[a].name + ": " + prediction.reason;
    }
  }
}

void run_cell(const Point& point, const Ground& ground, const Columns& columns, std::uint64_t replicate,
              Slot slot) {
  const World& world = ground.world;
  const PreferenceData data = point.sample(world, ground.policies, replicate);
  const RandomSource source = point.source();
  const ArmInput input{world, data, source, replicate};
  const auto& arms = point.recipe().arms;
  std::vector<ArmOutcome> outcomes;
  outcomes.reserve(arms.size());
  for (const ArmSpec& arm : arms) {
    outcomes.push_back(run_outcome(arm, input));
    if (outcomes.back().status == CellStatus::failed) slot.error(arm.name, outcomes.back().error);
  }
  measure(columns, Context(world, data, ground.optimum), arms, outcomes, slot);
  for (std::size_t a = 0; a < arms.size(); ++a)
    slot.status(a) = static_cast<std::uint8_t>(outcomes[a].status);
}

// Memory for the data of one cell, at most: the edges of both paths of each pair, again as a table that grows
// by doubling, and a few words a row for the table's index and the fit.
double data_bytes(const Recipe& recipe) {
  constexpr double per_edge = 2.0 * 3.0 * sizeof(EdgeId);
  constexpr double per_pair = 100;
  const auto horizon = static_cast<double>(recipe.world.integer("horizon"));
  return static_cast<double>(recipe.pairs) * (per_edge * horizon + per_pair);
}

}  // namespace

Point::Point(const Study& study, std::size_t index, double max_bytes)
    : recipe_(recipe_at(study, index)),
      source_(static_cast<std::uint64_t>(study.seed), study.name),
      fixed_(recipe_.world.text("instance") == "fixed"),
      number_(static_cast<std::uint64_t>(recipe_.world.integer("number"))),
      max_bytes_(max_bytes) {}

World Point::make(std::uint64_t replicate) const {
  return make_world(recipe_.world, {source_, instance(replicate)}, max_bytes_);
}

PairPolicies Point::policies(const World& world, const SoftPlan& optimum) const {
  return make_pair_policies(recipe_.sampler, world, optimum);
}

PreferenceData Point::sample(const World& world, const PairPolicies& policies,
                             std::uint64_t replicate) const {
  return sample_pairs(world, policies.log_first, policies.log_second, static_cast<std::size_t>(recipe_.pairs),
                      source_, replicate, instance(replicate));
}

ArmOutcome run_outcome(const ArmSpec& arm, const ArmInput& input) {
  ArmOutcome out;
  try {
    out.result = run_arm(arm, input);
    const bool sound = finite(out.result.theta) && finite(out.result.log_policy);
    out.status = !sound                             ? CellStatus::non_finite
                 : out.result.certificate.converged ? CellStatus::ok
                                                    : CellStatus::not_converged;
  } catch (const std::exception& error) {
    out.status = CellStatus::failed;
    out.error = error.what();
  }
  return out;
}

BatchResult empty_batch(const Study& study, const Columns& columns, const Batch& batch) {
  const std::size_t arms = study.recipe.arms.size();
  const std::size_t cells = static_cast<std::size_t>(batch.count) * arms;
  return {batch,
          std::vector<std::uint8_t>(cells, static_cast<std::uint8_t>(CellStatus::failed)),
          std::vector<double>(columns.arm.size() * cells, kMissing),
          std::vector<double>(columns.pair.size() * cells * arms, kMissing),
          {},
          std::vector<std::string>(columns.arm.size())};
}

BatchResult run_batch(const Study& study, const Columns& columns, const Batch& batch, double max_bytes) {
  const Point point(study, batch.point, max_bytes);
  const std::size_t arms = point.recipe().arms.size();
  const auto count = static_cast<std::size_t>(batch.count);
  BatchResult out = empty_batch(study, columns, batch);
  std::optional<Ground> ground;
  std::optional<Forecaster> forecaster;
  for (std::size_t i = 0; i < count; ++i) {
    const auto replicate = static_cast<std::uint64_t>(batch.first) + i;
    Slot slot{out, i, arms};
    try {
      if (!ground || !point.shares_world()) {
        forecaster.reset();
        ground.reset();
        ground.emplace(make_ground(point, replicate));
        if (study.predictions) forecaster.emplace(point.recipe().arms, ground->world, ground->policies);
      }
      if (forecaster) predict(columns, *forecaster, point.recipe(), slot);
      run_cell(point, *ground, columns, replicate, slot);
    } catch (const std::exception& error) {
      slot.error("", error.what());
    }
  }
  return out;
}

void check_points(const Study& study, double max_bytes) {
  // Points that differ in `pairs` alone ask for the same checks.
  std::set<std::string> seen;
  for (std::size_t index = 0; index < study.points(); ++index) {
    const Recipe recipe = recipe_at(study, index);
    if (const double bytes = data_bytes(recipe); bytes > max_bytes)
      fail_at_point(
          study, "pairs", index,
          fmt::format(
              "{} pairs need {:.3g} GB of memory and may take {:.3g} GB; lower pairs, threads or raise "
              "--memory",
              recipe.pairs, bytes / 1e9, max_bytes / 1e9));
    std::string identity;
    const auto add = [&](const Settings& settings) {
      for (const auto& [key, value] : settings.values()) identity += key + "=" + to_text(value) + "\n";
      identity += "\n";
    };
    add(recipe.world);
    for (const ArmSpec& arm : recipe.arms) {
      identity += arm.name + "\n" + arm.algorithm + "\n";
      for (const Settings* settings : {&arm.reward, &arm.policy, &arm.penalty, &arm.options}) add(*settings);
    }
    if (!seen.insert(identity).second) continue;
    const auto located = [&](const std::string& prefix, auto&& check) {
      try {
        return check();
      } catch (const InputError& error) {
        const std::string key = prefix + (error.key().empty() ? "" : "." + error.key());
        fail_at_point(study, key, index, error.what());
      }
    };
    const World world = located("world", [&] { return Point(study, index, max_bytes).make(0); });
    for (const ArmSpec& arm : recipe.arms) {
      const std::string prefix = "arms." + arm.name;
      if (!arm.reward.values().empty())
        located(prefix + ".reward", [&] { make_model(arm.reward, world, Role::reward); });
      if (!arm.policy.values().empty())
        located(prefix + ".policy", [&] { make_model(arm.policy, world, Role::policy); });
      located(prefix, [&] { validate_arm(arm, world); });
    }
  }
}

}  // namespace twostage
