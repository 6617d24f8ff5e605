// Conditions that can select nothing, found before anything runs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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
void expect_value(const Grid& grid, const std::string& name, const Constant& value, std::size_t column) {
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
                   fmt::format("the axis '{}' has no value {} in any preset; the nearest is {}; valid: {}",
                               name, wanted, near, listed(numbers)));
}

void expect_values(const Grid& grid, const Condition& condition) {
  for (const Condition& operand : condition.operands) expect_values(grid, operand);
  if (condition.kind == Condition::Kind::in)
    for (const Constant& value : condition.values)
      expect_value(grid, condition.axis, value, condition.column);
  if (condition.kind != Condition::Kind::compare) return;
  const Comparison& c = condition.comparison;
  if (c.comparator != Comparator::equal && c.comparator != Comparator::unequal) return;
  const auto is_axis = [&](const Expression& e) {
    return e.kind == Expression::Kind::name && !grid.data().has_variable(e.name);
  };
  if (const auto value = constant_of(c.right); value && is_axis(c.left))
    expect_value(grid, c.left.name, *value, condition.column);
  else if (const auto left = constant_of(c.left); left && is_axis(c.right))
    expect_value(grid, c.right.name, *left, condition.column);
}

std::size_t combinations(const Grid& grid, const std::vector<bool>& axes) {
  double count = 1;
  for (std::size_t a = 0; a < axes.size(); ++a)
    if (axes[a]) count *= static_cast<double>(grid.axes()[a]->size());
  return count < 1e9 ? static_cast<std::size_t>(count) : static_cast<std::size_t>(1e9);
}

}  // namespace

void refuse_empty(const Grid& grid, const Condition& condition) {
  constexpr std::size_t too_many = 1'000'000;  // then only its single values were looked at
  if (condition.kind == Condition::Kind::everything) return;
  Reads reads;
  const Selection selection(grid, condition, reads);
  expect_values(grid, condition);
  if (combinations(grid, reads.axes) > too_many) return;
  bool found = false;
  for_each_cell(grid, reads.axes, [&](const Cell& cell) { return !(found = selection.could_contain(cell)); });
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
  throw ClaimError("", condition.column, "the condition selects nothing in any preset" + axes);
}

}  // namespace twostage::claims
