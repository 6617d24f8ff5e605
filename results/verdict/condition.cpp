#include "results/verdict/condition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <type_traits>

#include "results/verdict/certainty.hpp"
#include "results/verdict/verdict.hpp"

namespace twostage::claims {
namespace {

void add_names(const Expression& e, std::vector<Named>& out) {
  if (e.kind == Expression::Kind::name) out.push_back({e.name, e.column});
  for (const Expression& operand : e.operands) add_names(operand, out);
}

}  // namespace

std::optional<Constant> constant_of(const Expression& e) {
  if (e.kind == Expression::Kind::number) return e.number;
  if (e.kind == Expression::Kind::text) return e.name;
  if (e.kind == Expression::Kind::negate && e.operands[0].kind == Expression::Kind::number)
    return -e.operands[0].number;
  return std::nullopt;
}

std::vector<Named> names_in(const Condition& condition) {
  std::vector<Named> out;
  if (condition.kind == Condition::Kind::compare) {
    add_names(condition.comparison.left, out);
    add_names(condition.comparison.right, out);
  } else if (condition.kind == Condition::Kind::in) {
    out.push_back({condition.axis, condition.column});
  }
  for (const Condition& operand : condition.operands)
    for (Named& named : names_in(operand)) out.push_back(std::move(named));
  return out;
}

Selection::Selection(const Grid& grid, const Condition& condition, Reads& reads) : grid_(&grid) {
  reads.axes.resize(grid.axes().size());
  for (const Condition& operand : condition.operands) operands_.emplace_back(grid, operand, reads);
  switch (condition.kind) {
    case Condition::Kind::everything:
      return;
    case Condition::Kind::conjunction:
      kind_ = Kind::conjunction;
      return;
    case Condition::Kind::disjunction:
      kind_ = Kind::disjunction;
      return;
    case Condition::Kind::in:
      bind_axis(condition.axis, Comparator::equal, condition.values, condition.column, reads);
      return;
    case Condition::Kind::compare: {
      const Comparison& c = condition.comparison;
      const bool bare = c.left.kind == Expression::Kind::name && c.left.arms.empty();
      const auto value = constant_of(c.right);
      if (bare && value && !grid.data().has_variable(c.left.name))
        bind_axis(c.left.name, c.comparator, {*value}, condition.column, reads);
      else
        bind_metrics(c, reads);
      return;
    }
  }
}

void Selection::bind_axis(const std::string& axis, Comparator comparator, std::vector<Constant> values,
                          std::size_t column, Reads& reads) {
  kind_ = Kind::axis;
  comparator_ = comparator;
  values_ = std::move(values);
  axis_ = grid_->axis(axis, column);
  reads.axes[axis_] = true;
  const Dimension& dimension = *grid_->axes()[axis_];
  words_ = words(dimension);
  const bool flags = std::holds_alternative<std::vector<std::uint8_t>>(dimension.coordinate);
  for (const Constant& value : values_) {
    if (std::holds_alternative<std::string>(value) == words_.empty())
      throw ClaimError("", column,
                       fmt::format("the axis '{}' holds {}", axis,
                                   words_.empty() ? "numbers, not texts"
                                   : flags        ? "true and false, not numbers"
                                                  : "texts: compare it with a text in quotes"));
  }
  if (!words_.empty() && comparator != Comparator::equal && comparator != Comparator::unequal)
    throw ClaimError("", column,
                     fmt::format("the axis '{}' holds {}: only == != and in apply", axis,
                                 flags ? "true and false" : "texts"));
}

void Selection::bind_metrics(const Comparison& comparison, Reads& reads) {
  kind_ = Kind::metrics;
  comparator_ = comparison.comparator;
  Reads own;
  auto [left, right] = bind(*grid_, comparison, own);
  sides_ = {std::move(left), std::move(right)};
  varies_ = own.replicates;
  measured_ = own.variables;
  impossible_ = certainty(*grid_, comparison) == Certainty::never;
  named_ = own.diagnostics;
  for (std::size_t a = 0; a < own.axes.size(); ++a)
    if (own.axes[a]) reads.axes[a] = true;
}

bool Selection::matches_axis(std::size_t index, const Constant& value) const {
  if (!words_.empty())
    return (words_[index] == std::get<std::string>(value)) == (comparator_ == Comparator::equal);
  return std::visit(
      [&](const auto& values) -> bool {
        if constexpr (std::is_same_v<std::decay_t<decltype(values)>, std::vector<std::string>>)
          return false;  // these are words
        else
          return compare(static_cast<double>(values[index]), comparator_, std::get<double>(value));
      },
      grid_->axes()[axis_]->coordinate);
}

bool Selection::metrics_meet(const GridPoint& point, std::size_t first) const {
  if (!varies_) return compare(sides_[0](point, 0), comparator_, sides_[1](point, 0));
  std::vector<std::size_t> replicates = grid_->replicates_of(point);
  std::erase_if(replicates, [&](std::size_t r) { return r >= first; });
  double count = 0;
  double left = 0;
  double right = 0;
  for (const std::size_t r : replicates) {
    const double l = sides_[0](point, r);
    const double m = sides_[1](point, r);
    if (std::isnan(l) || std::isnan(m) || (named_ && (l == not_run || m == not_run))) continue;
    if (named_ && !compare(l, comparator_, m)) return false;
    // Running means: equal values have exactly their own.
    count += 1;
    left += (l - left) / count;
    right += (m - right) / count;
  }
  return replicates.empty() || (count > 0 && (named_ || compare(left, comparator_, right)));
}

bool Selection::contains(const GridPoint& point, std::size_t replicates) const {
  const auto inside = [&](const Selection& operand) { return operand.contains(point, replicates); };
  switch (kind_) {
    case Kind::everything:
      return true;
    case Kind::conjunction:
      return std::ranges::all_of(operands_, inside);
    case Kind::disjunction:
      return std::ranges::any_of(operands_, inside);
    case Kind::axis:
      return std::ranges::any_of(values_,
                                 [&](const Constant& value) { return matches_axis(point[axis_], value); });
    case Kind::metrics:
      return metrics_meet(point, replicates);
  }
  return false;
}

bool Selection::could_contain(const GridPoint& point) const {
  const auto inside = [&](const Selection& operand) { return operand.could_contain(point); };
  if (kind_ == Kind::conjunction) return std::ranges::all_of(operands_, inside);
  if (kind_ == Kind::disjunction) return std::ranges::any_of(operands_, inside);
  if (kind_ == Kind::metrics && measured_) return !impossible_;
  return contains(point);
}

std::vector<GridPoint> select(const Grid& grid, const Selection& selection, const Reads& reads) {
  std::vector<GridPoint> points;
  for_each_point(grid, reads.axes, [&](const GridPoint& point) {
    if (selection.contains(point)) points.push_back(point);
    return true;
  });
  return points;
}

}  // namespace twostage::claims
