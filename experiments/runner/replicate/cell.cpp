#include "experiments/runner/replicate/cell.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string_view>
#include <tuple>

#include "experiments/runner/replicate/arm_record.hpp"
#include "experiments/runner/replicate/forecaster.hpp"
#include "experiments/runner/replicate/shared_work.hpp"
#include "sim/model/score_model.hpp"
#include "sim/preference/given_pairs.hpp"
#include "theory/prediction/forecasts.hpp"

namespace twostage {
namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

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

void fill(const Columns& columns, const World& world, const std::vector<ArmSpec>& arms,
          const std::vector<std::shared_ptr<const ArmRecord>>& records, Slot slot) {
  for (std::size_t a = 0; a < records.size(); ++a) {
    const ArmRecord& record = *records[a];
    slot.status(a) = static_cast<std::uint8_t>(record.outcome.status);
    if (record.outcome.status == CellStatus::failed) slot.error(arms[a].name, record.outcome.error);
    for (std::size_t k = 0; k < columns.arm.size(); ++k)
      if (columns.arm[k]->extra.kind != MetricKind::predicted) slot.value(k, a) = record.values[k];
    for (const auto& [k, why] : record.inexact)
      if (slot.out.inexact[k].empty()) slot.out.inexact[k] = why;
  }
  const auto usable = [&](std::size_t a) { return records[a]->outcome.status != CellStatus::failed; };
  for (std::size_t k = 0; k < columns.pair.size(); ++k)
    for (std::size_t a = 0; a < records.size(); ++a)
      for (std::size_t b = 0; b < records.size(); ++b)
        if (usable(a) && usable(b))
          slot.pair(k, a, b) =
              columns.pair[k]->extra.pair(world, records[a]->outcome.result, records[b]->outcome.result);
}

// A world with what follows from it alone: kept from one replicate to the next when they share it. Referred
// to, so it stays where it is.
struct Ground {
  World world;
  SoftPlan optimum;
  PairPolicies policies;
  std::optional<PairDrawer> drawer;  // none where pairs are given
  std::vector<SharedTheory> theory;  // of each arm

  Ground(const Point& point, std::uint64_t replicate) : world(point.make(replicate)) {
    soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
    policies = point.policies(world, optimum);
    if (!point.gives_pairs()) drawer.emplace(world, policies.log_first, policies.log_second);
  }
  Ground(const Ground&) = delete;
  Ground& operator=(const Ground&) = delete;
};

std::vector<Prediction> predictions_of(const Point& point, Ground& ground, const Batch& batch,
                                       SharedWork* shared) {
  const Recipe& recipe = point.recipe();
  ground.theory.resize(recipe.arms.size());
  Forecaster forecaster(recipe.arms, ground.world, ground.policies, &ground.theory);
  std::vector<Prediction> out;
  for (std::size_t arm = 0; arm < recipe.arms.size(); ++arm) {
    const auto make = [&] {
      return forecaster.predictor(arm).at(static_cast<double>(recipe.pairs),
                                          point.shares_world() ? kEffortForMany : kEffortForOne);
    };
    out.push_back(shared && point.shares_world() ? *shared->prediction(batch.point, arm, make) : make());
  }
  return out;
}

// Theory's numbers stand beside the measured ones also where an arm failed.
void fill(const Columns& columns, const std::vector<Prediction>& predictions,
          const std::vector<ArmSpec>& arms, Slot slot) {
  for (std::size_t a = 0; a < predictions.size(); ++a)
    for (std::size_t k = 0; k < columns.arm.size(); ++k) {
      if (columns.arm[k]->extra.kind != MetricKind::predicted) continue;
      slot.value(k, a) = forecast_value(*columns.arm[k], predictions[a]);
      if (!predictions[a].reason.empty() && columns.arm[k]->name == "regime")
        slot.out.inexact[k] = arms[a].name + ": " + predictions[a].reason;
    }
}

// The data of a replicate and their table, which grow from the fewest pairs of a strand to the most. They are
// drawn when an arm needs them: it may be that all have been fitted before.
class GrowingData {
 public:
  GrowingData(const Ground& ground, std::uint64_t replicate) : ground_(ground), replicate_(replicate) {}

  // No fewer pairs than before.
  void grow_to(const Point& point) {
    const auto pairs = static_cast<std::size_t>(point.recipe().pairs);
    if (!ground_.drawer) {
      data_ = point.sample(ground_.world, ground_.policies, replicate_);
      table_ = std::make_shared<const PairTable>(tabulate(data_));
      return;
    }
    if (!tabulation_) {
      data_ = ground_.drawer->none();
      tabulation_.emplace(data_.horizon);
    }
    ground_.drawer->extend(data_, pairs, point.source(), replicate_, point.instance(replicate_));
    tabulation_->add(data_);
    table_ = {std::shared_ptr<void>(), &tabulation_->table()};  // as long as this lives
  }
  const PreferenceData& data() const { return data_; }
  const std::shared_ptr<const PairTable>& table() const { return table_; }

 private:
  const Ground& ground_;
  std::uint64_t replicate_;
  PreferenceData data_;
  std::optional<Tabulation> tabulation_;
  std::shared_ptr<const PairTable> table_;
};

void run_cell(const Point& point, const Ground& ground, const Columns& columns, const Batch& batch,
              std::uint64_t replicate, GrowingData& growing, SharedWork* shared, Slot slot) {
  const RandomSource source = point.source();
  const auto& arms = point.recipe().arms;
  std::optional<Context> context;
  std::vector<std::shared_ptr<const ArmRecord>> records;
  for (std::size_t a = 0; a < arms.size(); ++a) {
    const auto make = [&] {
      if (!context) {
        growing.grow_to(point);
        context.emplace(ground.world, growing.data(), *growing.table(), ground.optimum);
      }
      return record_arm(arms[a], {ground.world, growing.data(), source, replicate, true, growing.table()},
                        columns, *context);
    };
    records.push_back(shared ? shared->record(batch, a, replicate, make)
                             : std::make_shared<const ArmRecord>(make()));
  }
  fill(columns, ground.world, arms, records, slot);
}

std::string gigabytes(double bytes) {
  return fmt::format("{:.3g} GB", bytes / 1e9);
}

// All of a recipe but its pairs, unless those are given.
std::string setting_of(const Recipe& recipe) {
  std::string out;
  const auto add = [&](const Settings& settings) {
    for (const auto& [key, value] : settings.values()) out += key + "=" + to_text(value) + "\n";
    out += "\n";
  };
  add(recipe.world);
  add(recipe.sampler);
  if (gives_pairs(recipe.sampler)) out += std::to_string(recipe.pairs) + "\n";
  for (const ArmSpec& arm : recipe.arms) {
    out += arm.name + "\n" + arm.algorithm + "\n";
    for (const Settings* settings : {&arm.reward, &arm.policy, &arm.penalty, &arm.options}) add(*settings);
  }
  return out;
}

template <typename Check>
auto located(const Study& study, std::size_t index, const std::string& prefix, Check check) {
  try {
    return check();
  } catch (const InputError& error) {
    const std::string key = prefix + (error.key().empty() ? "" : "." + error.key());
    fail_at_point(study, key, index, error.what());
  }
}

World world_of_point(const Study& study, std::size_t index, double max_bytes) {
  return located(study, index, "world", [&] { return Point(study, index, max_bytes).make(0); });
}

// By numbers alone, before the world of any point is made.
void check_numbers(const Study& study, std::size_t index, const Recipe& recipe, double max_bytes,
                   Asked asked) {
  if (world_bytes(recipe.world) > max_bytes)
    world_of_point(study, index, max_bytes);  // refuses, and says why
  if (const double bytes = data_bytes(recipe); asked == Asked::simulation && bytes > max_bytes)
    fail_at_point(
        study, "pairs", index,
        fmt::format("{} pairs need {} of memory and may take {}; lower pairs, threads or raise --memory",
                    recipe.pairs, gigabytes(bytes), gigabytes(max_bytes)));
}

// The world and the classes of a point, as far as a recipe can be wrong about them; returns what they take.
Footprint check_point(const Study& study, const Columns& columns, std::size_t index, const Recipe& recipe,
                      double max_bytes) {
  const World world = world_of_point(study, index, max_bytes);
  if (gives_pairs(recipe.sampler))
    located(study, index, "sampler",
            [&] { given_pairs(recipe.sampler, world, static_cast<std::size_t>(recipe.pairs)); });
  std::vector<std::unique_ptr<LinearModel>> classes;
  std::vector<ArmModels> models;
  for (const ArmSpec& arm : recipe.arms) {
    const std::string prefix = "arms." + arm.name;
    models.emplace_back();
    const auto make = [&](const std::string& key, const Settings& settings, Role role) -> const LinearModel* {
      if (settings.values().empty()) return nullptr;
      classes.push_back(
          located(study, index, prefix + key, [&] { return make_model(settings, world, role); }));
      return classes.back().get();
    };
    models.back().reward = make(".reward", arm.reward, Role::reward);
    models.back().policy = make(".policy", arm.policy, Role::policy);
    located(study, index, prefix, [&] { validate_arm(arm, world); });
  }
  return footprint(recipe, world, models, columns);
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

bool Point::gives_pairs() const {
  return twostage::gives_pairs(recipe_.sampler);
}

PreferenceData Point::sample(const World& world, const PairPolicies& policies,
                             std::uint64_t replicate) const {
  if (gives_pairs()) return given_pairs(recipe_.sampler, world, static_cast<std::size_t>(recipe_.pairs));
  return sample_pairs(world, policies.log_first, policies.log_second, static_cast<std::size_t>(recipe_.pairs),
                      source_, replicate, instance(replicate));
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

std::optional<BatchResult> run_batch(const Study& study, const Columns& columns, const Batch& batch,
                                     double max_bytes, SharedWork* shared,
                                     const std::function<bool()>& stop) {
  auto results = run_strand(study, columns, {batch}, max_bytes, shared, stop);
  if (!results) return std::nullopt;
  return std::move(results->front());
}

std::vector<Strand> strands_of(const Study& study, const std::vector<Batch>& batches, std::size_t least) {
  const std::size_t longest = std::max<std::size_t>(1, batches.size() / std::max<std::size_t>(1, least));
  std::vector<std::string> setting;  // of each point: all but its pairs
  for (std::size_t point = 0; point < study.points(); ++point)
    setting.push_back(setting_of(recipe_at(study, point)));
  std::map<std::tuple<std::string_view, std::int64_t, std::int64_t>, std::size_t> open;  // to be continued
  std::vector<Strand> out;
  for (const Batch& batch : batches) {
    const auto [found, fresh] =
        open.try_emplace({setting[batch.point], batch.first, batch.count}, out.size());
    if (fresh || out[found->second].size() == longest) {
      found->second = out.size();
      out.push_back({});
    }
    out[found->second].push_back(batch);
  }
  return out;
}

std::optional<std::vector<BatchResult>> run_strand(const Study& study, const Columns& columns,
                                                   const Strand& strand, double max_bytes, SharedWork* shared,
                                                   const std::function<bool()>& stop) {
  std::vector<Point> points;
  std::vector<BatchResult> out;
  std::vector<std::size_t> ascending;  // by their pairs
  for (const Batch& batch : strand) {
    ascending.push_back(points.size());
    points.emplace_back(study, batch.point, max_bytes);
    out.push_back(empty_batch(study, columns, batch));
  }
  std::ranges::stable_sort(ascending, {}, [&](std::size_t k) { return points[k].recipe().pairs; });
  const Point& any = points.front();
  const std::size_t arms = any.recipe().arms.size();
  const bool predicts = std::ranges::any_of(
      columns.arm, [](const auto* column) { return column->extra.kind == MetricKind::predicted; });
  std::optional<Ground> ground;
  std::vector<std::vector<Prediction>> predictions(strand.size());
  for (std::size_t i = 0; i < static_cast<std::size_t>(strand.front().count); ++i) {
    const auto replicate = static_cast<std::uint64_t>(strand.front().first) + i;
    std::optional<GrowingData> growing;
    for (const std::size_t k : ascending) {
      if (stop()) return std::nullopt;
      Slot slot{out[k], i, arms};
      try {
        if (!ground || (k == ascending.front() && !any.shares_world())) {
          growing.reset();
          ground.emplace(any, replicate);
          for (auto& old : predictions) old.clear();
        }
        if (!growing) growing.emplace(*ground, replicate);
        if (predicts && predictions[k].empty())
          predictions[k] = predictions_of(points[k], *ground, strand[k], shared);
        fill(columns, predictions[k], points[k].recipe().arms, slot);
        run_cell(points[k], *ground, columns, strand[k], replicate, *growing, shared, slot);
      } catch (const std::exception& error) {
        slot.error("", error.what());
      }
    }
  }
  return out;
}

Footprint check_points(const Study& study, const Columns& columns, double max_bytes, Asked asked) {
  for (std::size_t index = 0; index < study.points(); ++index)
    check_numbers(study, index, recipe_at(study, index), max_bytes, asked);
  // A point differs from those that were checked at most in its pairs: the most of them take the most.
  std::map<std::string, std::pair<std::size_t, std::int64_t>> largest;  // its index and its pairs
  std::vector<std::string> order;
  for (std::size_t index = 0; index < study.points(); ++index) {
    const Recipe recipe = recipe_at(study, index);
    const auto [at, fresh] = largest.try_emplace(setting_of(recipe), index, recipe.pairs);
    if (fresh) order.push_back(at->first);
    if (recipe.pairs > at->second.second) at->second = {index, recipe.pairs};
  }
  Footprint most;
  for (const std::string& identity : order) {
    const std::size_t index = largest.at(identity).first;
    const Recipe recipe = recipe_at(study, index);
    Footprint here = check_point(study, columns, index, recipe, max_bytes);
    if (asked == Asked::theory) here.data = here.arms = 0;
    if (here.total() > max_bytes)
      fail_at_point(
          study, "world", index,
          fmt::format(
              "a replicate needs {} of memory and may take {}: {} for the world, {} for {} pairs, {} for "
              "the arms at work, {} for predictions; lower the world, its classes, pairs or "
              "threads, or raise --memory",
              gigabytes(here.total()), gigabytes(max_bytes), gigabytes(here.world), gigabytes(here.data),
              recipe.pairs, gigabytes(here.arms), gigabytes(here.predictions)));
    if (here.total() > most.total()) most = here;
  }
  return most;
}

}  // namespace twostage
