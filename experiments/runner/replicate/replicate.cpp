#include "experiments/runner/replicate/replicate.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

#include "experiments/runner/replicate/regret_control.hpp"
#include "experiments/runner/replicate/shared_work.hpp"
#include "theory/prediction/forecasts.hpp"

namespace twostage {
namespace {

void grow(GrowingData& growing, const Point& point, const Batch& batch, std::uint64_t replicate,
          SharedWork* shared) {
  std::shared_ptr<const DrawnPairs> drawn;
  if (shared && growing.empty())
    drawn = shared->pairs(batch, replicate, [&] { return growing.drawn(point); });
  if (drawn)
    growing.take(std::move(drawn));
  else
    growing.grow_to(point);
}

Forecaster& forecaster_of(const Point& point, Setting& setting, const ArmSpec& arm) {
  const Recipe& recipe = point.recipe();
  PairSource& pairs = setting.pairs_of(arm);
  return pairs.forecasters
      .try_emplace(recipe.population, recipe.arms, setting.world, pairs.policies, recipe.population)
      .first->second;
}

// The arm whose KL others are measured at comes first.
std::vector<std::size_t> order_of(const std::vector<ArmSpec>& arms, const std::string& kl_of) {
  std::vector<std::size_t> out(arms.size());
  std::iota(out.begin(), out.end(), std::size_t{0});
  std::stable_partition(out.begin(), out.end(), [&](std::size_t a) { return arms[a].name == kl_of; });
  return out;
}

double kl_of(const ArmOutcome& outcome, const World& measured) {
  return outcome.status == ArmStatus::failed ? std::numeric_limits<double>::quiet_NaN()
                                             : kl_to_reference(measured, outcome.result.policy);
}

}  // namespace

std::vector<std::shared_ptr<const ArmRecord>> fit_arms(const Point& point, Setting& setting,
                                                       const Columns& columns, const Batch& batch,
                                                       std::uint64_t replicate, ReplicateData& data,
                                                       ArmsSoFar& so_far, SharedWork* shared,
                                                       const std::function<bool()>& stop) {
  const RandomSource source = point.source();
  const auto& arms = point.recipe().arms;
  const Yardsticks& yardsticks = point.recipe().yardsticks;
  const World& measured = setting.measured(point.recipe().population);
  so_far.fitted.resize(arms.size());
  std::map<const GrowingData*, Context> contexts;  // of the data that were asked for
  std::vector<std::shared_ptr<const ArmRecord>> records(arms.size());
  const auto context_of = [&](const ArmSpec& arm, GrowingData& growing) -> Context& {
    if (const auto known = contexts.find(&growing); known != contexts.end()) return known->second;
    // Others share the pairs of the study alone.
    grow(growing, point, batch, replicate, arm.sampler.values().empty() ? shared : nullptr);
    if (contexts.empty()) {
      if (so_far.pairs != growing.data().size()) so_far.course.clear();
      so_far.pairs = growing.data().size();
      so_far.course.resize(arms.size());
      so_far.target.resize(arms.size());
    }
    return contexts
        .try_emplace(&growing, measured, growing.data(), *growing.table(), setting.optimum, yardsticks)
        .first->second;
  };
  const std::vector<std::size_t> order = order_of(arms, yardsticks.kl_of);
  for (const std::size_t a : order) {
    const auto make = [&] {
      GrowingData& growing = data.of(arms[a]);
      Context& context = context_of(arms[a], growing);
      std::unique_ptr<Learner>& course = so_far.course[a];
      if (course && course->steps() > read_course(arms[a].course).steps) course.reset();
      ArmInput input(setting.world, growing.data(), source, replicate, needs_existence(arms[a], columns),
                     growing.table());
      input.existence_record = &growing.existence();
      input.stop = stop;
      const auto control = [&] {
        return regret_control(forecaster_of(point, setting, arms[a]).predictor(a), *growing.table());
      };
      const ArmsSoFar::Fitted& before = so_far.fitted[a];
      const bool known =
          before.record && before.pairs == growing.data().size() && same_arm(before.arm, arms[a]);
      ArmOutcome outcome = known ? before.record->outcome : run_outcome(arms[a], input, &course);
      if (!yardsticks.kl_of.empty())
        context.yardsticks.kl = kl_of(a == order[0] ? outcome : records[order[0]]->outcome, measured);
      return record_arm(std::move(outcome), arms[a], input, columns, context, control, &so_far.target[a]);
    };
    records[a] =
        shared ? shared->record(batch, a, replicate, make) : std::make_shared<const ArmRecord>(make());
    if (so_far.measures_again)
      so_far.fitted[a] = {arms[a], static_cast<std::size_t>(point.recipe().pairs), records[a]};
  }
  return records;
}

std::optional<PredictionParts> predicted_parts(const Columns& columns) {
  std::optional<PredictionParts> out;
  for (const auto* column : columns.arm) {
    if (column->extra.kind != MetricKind::predicted) continue;
    const PredictionParts parts = parts_of(*column);
    if (!out) out = {.second_order = false, .quantiles = false, .existence = false, .regime = false};
    out->second_order |= parts.second_order;
    out->quantiles |= parts.quantiles;
    out->existence |= parts.existence;
    out->regime |= parts.regime;
  }
  return out;
}

std::vector<Prediction> predict_arms(const Point& point, Setting& setting, const PredictionParts& parts,
                                     const Batch& batch, SharedWork* shared) {
  const Recipe& recipe = point.recipe();
  std::vector<Prediction> out;
  for (std::size_t arm = 0; arm < recipe.arms.size(); ++arm) {
    const auto make = [&] {
      return forecaster_of(point, setting, recipe.arms[arm])
          .predictor(arm)
          .at(static_cast<double>(recipe.pairs), point.shares_world() ? kEffortForMany : kEffortForOne,
              parts);
    };
    out.push_back(shared && point.shares_world() ? *shared->prediction(batch.point, arm, make) : make());
  }
  return out;
}

void ReplicateNumbers::put(const World& world, const std::vector<std::shared_ptr<const ArmRecord>>& records) {
  for (std::size_t a = 0; a < records.size(); ++a) {
    const ArmRecord& record = *records[a];
    out_.status[position_ * arms_.size() + a] = static_cast<std::uint8_t>(record.outcome.status);
    if (record.outcome.status == ArmStatus::failed) put_error(arms_[a].name, record.outcome.error);
    for (std::size_t k = 0; k < columns_.arm.size(); ++k)
      if (columns_.arm[k]->extra.kind != MetricKind::predicted) value(k, a) = record.values[k];
    for (const auto& [k, why] : record.inexact)
      if (out_.inexact[k].empty()) out_.inexact[k] = why;
  }
  const auto usable = [&](std::size_t a) { return records[a]->outcome.status != ArmStatus::failed; };
  for (std::size_t k = 0; k < columns_.pair.size(); ++k)
    for (std::size_t a = 0; a < records.size(); ++a)
      for (std::size_t b = 0; b < records.size(); ++b)
        if (usable(a) && usable(b))
          pair(k, a, b) =
              columns_.pair[k]->extra.pair(world, records[a]->outcome.result, records[b]->outcome.result);
}

void ReplicateNumbers::put(const std::vector<Prediction>& predictions) {
  for (std::size_t a = 0; a < predictions.size(); ++a)
    for (std::size_t k = 0; k < columns_.arm.size(); ++k) {
      if (columns_.arm[k]->extra.kind != MetricKind::predicted) continue;
      value(k, a) = forecast_value(*columns_.arm[k], predictions[a]);
      if (!predictions[a].reason.empty() && columns_.arm[k]->name == "regime")
        out_.inexact[k] = arms_[a].name + ": " + predictions[a].reason;
    }
}

void ReplicateNumbers::put_error(const std::string& arm, const std::string& message) {
  out_.errors.push_back(
      {out_.batch.point, out_.batch.first + static_cast<std::int64_t>(position_), arm, message});
}

}  // namespace twostage
