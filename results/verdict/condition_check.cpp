// Conditions that can select nothing, found before anything runs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

#include "results/verdict/condition.hpp"
#include "results/verdict/verdict.hpp"

namespace twostage::claims {
namespace {

template <typename Values>
std::string listed(const Values& values) {
  constexpr std::size_t most = 12;
  std::string out;
  for (std::size_t i = 0; i < std::min(values.size(), most); ++i)
    out += fmt::format("{}{}", out.empty() ? "" : ", ", values[i]);
  return values.size() > most ? fmt::format("{}, ... ({} values)", out, values.size()) : out;
}

// A value that is compared for equality and that the axis never takes.
void expect_value(const Grid& grid, const std::string& name, const Constant& value, std::size_t column,
                  std::string_view scope) {
  const Dimension& axis = *grid.axes()[grid.axis(name, column)];
  if (const auto texts = words(axis); !texts.empty()) {
    const std::string& word = std::get<std::string>(value);
    if (std::ranges::find(texts, word) == texts.end())
      throw ClaimError("", column, unknown_name(fmt::format("value of the axis '{}'", name), word, texts));
    return;
  }
  const std::vector<double> numbers = grid.coordinates(grid.axis(name, column), column);
  const double wanted = std::get<double>(value);
  if (std::ranges::find(numbers, wanted) != numbers.end()) return;
  const double near = *std::ranges::min_element(numbers, {}, [&](double x) { return std::fabs(x - wanted); });
  throw ClaimError("", column,
                   fmt::format("the axis '{}' has no value {} {}; the nearest is {}; valid: {}", name, wanted,
                               scope, near, listed(numbers)));
}

void expect_values(const Grid& grid, const Condition& condition, std::string_view scope) {
  for (const Condition& operand : condition.operands) expect_values(grid, operand, scope);
  if (condition.kind == Condition::Kind::in)
    for (const Constant& value : condition.values)
      expect_value(grid, condition.axis, value, condition.column, scope);
  if (condition.kind != Condition::Kind::compare) return;
  const Comparison& c = condition.comparison;
  if (c.comparator != Comparator::equal && c.comparator != Comparator::unequal) return;
  const auto is_axis = [&](const Expression& e) {
    return e.kind == Expression::Kind::name && !grid.data().has_variable(e.name);
  };
  if (const auto value = constant_of(c.right); value && is_axis(c.left))
    expect_value(grid, c.left.name, *value, condition.column, scope);
  else if (const auto left = constant_of(c.left); left && is_axis(c.right))
    expect_value(grid, c.right.name, *left, condition.column, scope);
}

std::size_t combinations(const Grid& grid, const std::vector<bool>& axes) {
  double count = 1;
  for (std::size_t a = 0; a < axes.size(); ++a)
    if (axes[a]) count *= static_cast<double>(grid.axes()[a]->size());
  return count < 1e9 ? static_cast<std::size_t>(count) : static_cast<std::size_t>(1e9);
}

// The metrics by themselves on either side of a comparison.
void add_metrics(const Grid& grid, const Condition& condition, std::vector<const Expression*>& out) {
  for (const Condition& operand : condition.operands) add_metrics(grid, operand, out);
  if (condition.kind != Condition::Kind::compare) return;
  for (const Expression* side : {&condition.comparison.left, &condition.comparison.right})
    if (side->kind == Expression::Kind::name && grid.data().has_variable(side->name)) out.push_back(side);
}

// "from 0.003 to 0.41" of the means at points, "'within' or 'singular'" of named values.
std::string values_of(const Grid& grid, const Expression& metric) {
  Reads reads;
  const Quantity quantity(grid, metric, reads);
  std::set<double> values;
  const bool named = !flags_of(grid.data().variable(metric.name)).empty();
  for_each_point(grid, std::vector<bool>(grid.axes().size(), true), [&](const GridPoint& point) {
    double count = 0;
    double mean = 0;
    for (const std::size_t r : grid.replicates_of(point)) {
      const double value = quantity(point, r);
      if (std::isnan(value)) continue;
      count += 1;
      mean += (value - mean) / count;
      if (named) values.insert(value);
    }
    if (!named && count > 0) values.insert(mean);
    return true;
  });
  if (values.empty()) return "missing";
  if (!named) return fmt::format("from {:.4g} to {:.4g}", *values.begin(), *values.rbegin());
  std::string out;
  for (const auto& [name, flag] : flags_of(grid.data().variable(metric.name)))
    if (values.contains(flag)) out += fmt::format("{}'{}'", out.empty() ? "" : " or ", name);
  return out;
}

}  // namespace

void refuse_empty(const Grid& grid, const Condition& condition, std::string_view scope) {
  constexpr std::size_t too_many = 1'000'000;  // then only its single values were looked at
  if (condition.kind == Condition::Kind::everything) return;
  Reads reads;
  const Selection selection(grid, condition, reads);
  expect_values(grid, condition, scope);
  if (combinations(grid, reads.axes) > too_many) return;
  bool found = false;
  for_each_point(grid, reads.axes,
                 [&](const GridPoint& point) { return !(found = selection.could_contain(point)); });
  if (found) return;
  std::string axes;
  for (std::size_t a = 0; a < reads.axes.size(); ++a)
    if (reads.axes[a]) {
      const auto names = words(*grid.axes()[a]);
      axes += fmt::format("; {}: {}", grid.axes()[a]->name,
                          names.empty() ? std::visit([](const auto& values) { return listed(values); },
                                                     grid.axes()[a]->coordinate)
                                        : listed(names));
    }
  throw ClaimError("", condition.column, fmt::format("the condition selects nothing {}{}", scope, axes));
}

std::string metrics_there(const Grid& grid, const Condition& condition) {
  std::vector<const Expression*> metrics;
  add_metrics(grid, condition, metrics);
  std::string out;
  for (const Expression* metric : metrics) {
    std::string name = metric->name;
    for (std::size_t i = 0; i < metric->arms.size(); ++i)
      name += fmt::format("{}'{}'", i == 0 ? "[" : ", ", metric->arms[i]);
    if (!metric->arms.empty()) name += ']';
    out += fmt::format("{} {} is {}", out.empty() ? ";" : ",", name, values_of(grid, *metric));
  }
  return out;
}

}  // namespace twostage::claims
