#include "experiments/runner/replicate/columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/penalty/penalty.hpp"
#include "theory/prediction/forecasts.hpp"

namespace twostage {
namespace {

std::vector<std::string> requestable() {
  std::vector<std::string> names;
  for (const auto& entry : metrics().entries())
    if (entry.extra.kind == MetricKind::on_request || entry.extra.kind == MetricKind::pairwise_on_request)
      names.push_back(entry.name);
  for (const auto& entry : forecasts().entries())
    if (entry.extra.kind == MetricKind::control) names.push_back(entry.name);
  return names;
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

// What `measures` says of a name that it does not choose.
std::string no_measure(const std::string& name) {
  if (has(metrics().names(), name))
    return "'" + name +
           "' is stored without being asked for; measures names what is stored on request, and keep "
           "what of all that stays";
  if (has(forecasts().names(), name))
    return "'" + name + "' is a prediction: stored unless predictions = false, and chosen by keep";
  return unknown_name("measure", name, requestable());
}

// What `keep` says of a name that these results do not have.
std::string nothing_to_keep(const std::string& name, const std::vector<std::string>& stored) {
  if (has(requestable(), name)) return "'" + name + "' is stored on request: name it in measures, too";
  if (has(forecasts().names(), name)) return "'" + name + "' is a prediction, and predictions = false";
  return unknown_name("metric", name, stored);
}

// Regrets always stay: no study is without.
void keep_only(const Study& study, Columns& columns) {
  std::vector<std::string> valid;
  for (const auto* group : {&columns.arm, &columns.pair})
    for (const auto* entry : *group) valid.push_back(entry->name);
  for (const std::string& name : study.keep) {
    if (std::ranges::count(study.keep, name) > 1)
      fail_at(place_of(study, "keep", 0), "keep", "metric '" + name + "' is named twice");
    if (std::ranges::find(valid, name) == valid.end())
      fail_at(place_of(study, "keep", 0), "keep", nothing_to_keep(name, valid));
  }
  for (auto* group : {&columns.arm, &columns.pair})
    std::erase_if(*group, [&](const auto* entry) {
      return entry->name != "regret" && std::ranges::find(study.keep, entry->name) == study.keep.end();
    });
}

// beta is a reward per nat; every other key is a number without unit, or a name.
std::string units_of(std::string_view key) {
  return key == "world.beta" || key == "world.headroom" ? "reward" : "1";
}

Dimension axis_dimension(const Axis& axis) {
  Dimension dimension{axis.name,
                      {},
                      {{"long_name", axis.key},
                       {"units", units_of(axis.key)},
                       {"definition", fmt::format("Value of the study's key {}.", axis.key)}}};
  const auto collect = [&]<typename T>(std::vector<T> values, auto&& convert) {
    for (const Value& value : axis.values) values.push_back(convert(value));
    dimension.coordinate = std::move(values);
  };
  const Value& first = axis.values.front();
  if (std::holds_alternative<std::int64_t>(first))
    collect(std::vector<std::int64_t>{}, [](const Value& v) { return std::get<std::int64_t>(v); });
  else if (std::holds_alternative<double>(first))
    collect(std::vector<double>{}, [](const Value& v) { return std::get<double>(v); });
  else if (std::holds_alternative<bool>(first)) {
    collect(std::vector<std::uint8_t>{}, [](const Value& v) { return std::get<bool>(v); });
    dimension.attributes["flag_values"] = std::vector<std::uint8_t>{0, 1};
    dimension.attributes["flag_meanings"] = std::string("false true");
  } else
    collect(std::vector<std::string>{}, [](const Value& v) { return to_text(v); });
  return dimension;
}

std::vector<Dimension> dimensions_of(const Study& study, std::int64_t count) {
  std::vector<Dimension> dimensions;
  for (const Axis& axis : study.axes) dimensions.push_back(axis_dimension(axis));
  std::vector<std::int64_t> replicates(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < replicates.size(); ++i) replicates[i] = static_cast<std::int64_t>(i);
  dimensions.push_back({"replicate",
                        std::move(replicates),
                        {{"long_name", "independent repetition"},
                         {"units", "1"},
                         {"definition", "Number of the repetition: its streams of random numbers."}}});
  if (study.precision)
    std::get<std::string>(dimensions.back().attributes["definition"]) +=
        " Each point has as many as the precision of its study asks for; beyond them status is not_run and "
        "every "
        "metric missing.";
  std::vector<std::string> arms;
  for (const ArmSpec& arm : study.recipe.arms) arms.push_back(arm.name);
  dimensions.push_back({"arm",
                        arms,
                        {{"long_name", "what is compared"},
                         {"units", "1"},
                         {"definition", "Name of the arm: a route or a control of the study."}}});
  dimensions.push_back({"arm_b",
                        std::move(arms),
                        {{"long_name", "the other arm of a pairwise metric"},
                         {"units", "1"},
                         {"definition", "Name of the arm, as in `arm`."}}});
  return dimensions;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

}  // namespace

Variable flag_variable(std::string name, std::vector<std::string> dimensions,
                       std::vector<std::string> meanings) {
  std::vector<std::uint8_t> values;
  for (std::size_t i = 0; i < meanings.size(); ++i) values.push_back(static_cast<std::uint8_t>(i));
  values.push_back(255);
  meanings.emplace_back("not_run");
  return {std::move(name),
          std::move(dimensions),
          std::vector<std::uint8_t>{},
          {{"flag_values", std::move(values)}, {"flag_meanings", joined(meanings)}}};
}

Variable metric_variable(const Entry<Metric>& entry, const std::vector<std::string>& dimensions) {
  const Metric& metric = entry.extra;
  const bool named = !metric.flag_meanings.empty();
  Variable variable = named ? flag_variable(entry.name, dimensions, metric.flag_meanings)
                            : Variable{entry.name, dimensions, std::vector<double>{}, {}};
  variable.attributes["long_name"] = metric.long_name;
  variable.attributes["units"] = metric.units;
  variable.attributes["definition"] = metric.definition;
  if (named) return variable;
  if (!std::isinf(metric.range.low)) variable.attributes["lower_bound"] = metric.range.low;
  if (!std::isinf(metric.range.high)) variable.attributes["upper_bound"] = metric.range.high;
  if (metric.of_itself) variable.attributes["of_itself"] = *metric.of_itself;
  return variable;
}

const std::string_view kSelectionHelp =
    "stored are: those marked always; predictions, unless predictions = false; those on request that the "
    "study names, as in measures = [\"win_rate\"]. keep = [\"regret\", ...] then leaves only those that it "
    "names, and regret.";

bool hold_against(const Columns& columns, Yardstick yardstick) {
  return std::ranges::any_of(columns.arm,
                             [&](const auto* column) { return column->extra.yardstick == yardstick; });
}

bool needs_existence(const ArmSpec& arm, const Columns& columns) {
  return penalty_kind(arm.penalty) == PenaltyKind::none ||
         std::ranges::any_of(columns.arm, [](const auto* column) {
           return column->name == "existence" || column->name == "ended";
         });
}

std::string_view selection(const Metric& metric) {
  switch (metric.kind) {
    case MetricKind::on_request:
      return "on request";
    case MetricKind::pairwise:
      return "always, between arms";
    case MetricKind::pairwise_on_request:
      return "on request, between arms";
    case MetricKind::control:
      return "on request, from theory and the data";
    case MetricKind::predicted:
      return "predicted, unless predictions = false";
    case MetricKind::always:
      break;
  }
  return "always";
}

Columns columns_of(const Study& study) {
  Columns columns;
  for (const auto& entry : metrics().entries()) {
    if (entry.extra.kind == MetricKind::always) columns.arm.push_back(&entry);
    if (entry.extra.kind == MetricKind::pairwise) columns.pair.push_back(&entry);
  }
  if (study.predictions)
    for (const auto& entry : forecasts().entries())
      if (entry.extra.kind == MetricKind::predicted) columns.arm.push_back(&entry);
  const auto valid = requestable();
  for (const std::string& name : study.measures) {
    if (std::ranges::find(valid, name) == valid.end())
      fail_at(place_of(study, "measures", 0), "measures", no_measure(name));
    const auto* entry =
        has(metrics().names(), name) ? &metrics().at(name, "measures") : &forecasts().at(name);
    auto& group = is_pairwise(entry->extra.kind) ? columns.pair : columns.arm;
    if (std::ranges::find(group, entry) != group.end())
      fail_at(place_of(study, "measures", 0), "measures", "measure '" + name + "' is named twice");
    group.push_back(entry);
  }
  if (!study.keep.empty()) keep_only(study, columns);
  return columns;
}

const std::vector<std::string>& status_names() {
  static const std::vector<std::string> names = {"ok", "not_converged", "non_finite", "failed", "not_unique"};
  return names;
}

Dataset result_shape(const Study& study, const Columns& columns, std::int64_t replicates) {
  Dataset shape;
  shape.dimensions = dimensions_of(study, replicates > 0 ? replicates : study.replicates);
  std::vector<std::string> by_arm;
  for (const Axis& axis : study.axes) by_arm.push_back(axis.name);
  by_arm.insert(by_arm.end(), {"replicate", "arm"});
  std::vector<std::string> by_pair = by_arm;
  by_pair.emplace_back("arm_b");

  Variable status = flag_variable("status", by_arm, status_names());
  status.attributes["long_name"] = "what became of the arm";
  status.attributes["units"] = std::string("1");
  status.attributes["definition"] =
      "not_converged: the optimiser stopped above its tolerance, or the fit rests on no minimum; "
      "not_unique: the minimum is one of many, none of which is singled out; non_finite: a parameter, the "
      "policy or the "
      "regret "
      "is not a finite number; failed: an error, told in the sidecar run.json.";
  if (study.precision)
    std::get<std::string>(status.attributes["definition"]) +=
        " not_run: beyond the replicates that the point needs for the precision of its study.";
  shape.variables.push_back(std::move(status));
  for (const auto* entry : columns.arm) shape.variables.push_back(metric_variable(*entry, by_arm));
  for (const auto* entry : columns.pair) shape.variables.push_back(metric_variable(*entry, by_pair));

  for (const Axis& axis : study.axes) {
    const bool reserved = axis.name == "replicate" || axis.name == "arm" || axis.name == "arm_b" ||
                          axis.name == "configuration" || axis.name == "claims" ||
                          shape.has_variable(axis.name);
    if (reserved)
      fail_at(axis.places.front(), axis.name,
              "axis '" + axis.name + "' has the name of a variable; write its key");
  }
  return shape;
}

Dataset claimable_shape(const Study& study, const Columns& columns) {
  Study everywhere = study;
  for (Axis& axis : everywhere.axes) {
    const auto elsewhere = study.known.find(axis.key);
    if (elsewhere != study.known.end())
      axis.values.insert(axis.values.end(), elsewhere->second.begin(), elsewhere->second.end());
    unify(axis.values);
  }
  everywhere.replicates = 1;
  return result_shape(everywhere, columns);
}

}  // namespace twostage
