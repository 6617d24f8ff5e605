#include "results/verdict/grid.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <type_traits>

#include "results/verdict/language/claim_error.hpp"
#include "sim/numerics/elementary.hpp"

namespace twostage::claims {
namespace {

template <typename Values>
constexpr bool holds_texts = std::is_same_v<std::decay_t<Values>, std::vector<std::string>>;

bool is_axis(const std::string& dimension) {
  return dimension != "replicate" && dimension != "arm" && dimension != "arm_b";
}

const Dimension* find_dimension(const Dataset& data, std::string_view name) {
  const auto it = std::ranges::find(data.dimensions, name, &Dimension::name);
  return it == data.dimensions.end() ? nullptr : &*it;
}

// The names an expression may use: numeric variables, then axes.
std::vector<std::string> usable_names(const Grid& grid) {
  std::vector<std::string> names;
  for (const Variable& v : grid.data().variables)
    if (!std::holds_alternative<std::vector<std::string>>(v.data)) names.push_back(v.name);
  for (const Dimension* axis : grid.axes()) names.push_back(axis->name);
  return names;
}

}  // namespace

Grid::Grid(const Dataset& data) : data_(data) {
  for (const Dimension& dimension : data.dimensions)
    if (is_axis(dimension.name)) axes_.push_back(&dimension);
  if (const Dimension* replicate = find_dimension(data, "replicate")) replicates_ = replicate->size();
  if (const Dimension* arm = find_dimension(data, "arm"))
    if (const auto* names = std::get_if<std::vector<std::string>>(&arm->coordinate)) arms_ = *names;
  if (!data.has_variable("status")) return;
  const Variable& status = data.variable("status");
  const auto* values = std::get_if<std::vector<std::uint8_t>>(&status.data);
  if (!values || std::ranges::count(*values, static_cast<std::uint8_t>(not_run)) == 0) return;
  for (std::size_t arm = 0; arm < arms_.size(); ++arm) status_.emplace_back(*this, status, std::vector{arm});
}

std::vector<std::size_t> Grid::replicates_of(const GridPoint& point) const {
  std::vector<std::size_t> there;
  for (std::size_t r = 0; r < replicates_; ++r) {
    const auto absent = [&](const Column& status) { return status(point, r) == not_run; };
    if (status_.empty() || !std::ranges::all_of(status_, absent)) there.push_back(r);
  }
  return there;
}

std::size_t Grid::axis(const std::string& name, std::size_t column) const {
  std::vector<std::string> names;
  for (const Dimension* axis : axes_) names.push_back(axis->name);
  const auto it = std::ranges::find(names, name);
  if (it != names.end()) return static_cast<std::size_t>(it - names.begin());
  if (name == "replicate") throw ClaimError("", column, "replicates cannot be selected: they are the sample");
  if (name == "arm" || name == "arm_b")
    throw ClaimError("", column, "an arm is chosen in brackets, as in regret['dpo'], not by a condition");
  throw ClaimError("", column, unknown_name("axis", name, names));
}

std::vector<double> Grid::coordinates(std::size_t axis, std::size_t column) const {
  return std::visit(
      [&](const auto& values) -> std::vector<double> {
        if constexpr (holds_texts<decltype(values)>) {
          throw ClaimError("", column,
                           fmt::format("the axis '{}' holds texts, not numbers", axes_[axis]->name));
        } else if constexpr (std::is_same_v<std::decay_t<decltype(values)>, std::vector<std::uint8_t>>) {
          throw ClaimError("", column,
                           fmt::format("the axis '{}' holds {}, not numbers", axes_[axis]->name,
                                       fmt::join(words(*axes_[axis]), " and ")));
        } else {
          std::vector<double> out;
          for (std::size_t i = 0; i < values.size(); ++i) out.push_back(static_cast<double>(values[i]));
          return out;
        }
      },
      axes_[axis]->coordinate);
}

std::string Grid::label(const GridPoint& point, const std::vector<bool>& shown) const {
  std::string out;
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    if (!shown[a]) continue;
    const auto names = words(*axes_[a]);
    const std::string value =
        names.empty() ? std::visit([&](const auto& values) { return fmt::format("{}", values[point[a]]); },
                                   axes_[a]->coordinate)
                      : names[point[a]];
    out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", axes_[a]->name, value);
  }
  return out.empty() ? "all" : out;
}

std::map<std::string, double> flags_of(const Variable& variable) {
  const auto values = variable.attributes.find("flag_values");
  const auto meanings = variable.attributes.find("flag_meanings");
  if (values == variable.attributes.end() || meanings == variable.attributes.end()) return {};
  const auto* numbers = std::get_if<std::vector<std::uint8_t>>(&values->second);
  const auto* names = std::get_if<std::string>(&meanings->second);
  if (!numbers || !names) return {};
  std::map<std::string, double> flags;
  std::istringstream words(*names);
  std::string word;
  for (std::size_t i = 0; i < numbers->size() && words >> word; ++i) flags[word] = (*numbers)[i];
  return flags;
}

Column::Column(const Grid& grid, const Variable& variable, const std::vector<std::size_t>& arms)
    : variable_(&variable), strides_(grid.axes().size(), 0) {
  // Only a status says by `not_run` that something is so; elsewhere it stands for a missing value, of an arm
  // that failed too.
  for (const auto& [meaning, value] : flags_of(variable))
    if (value != not_run || variable.name == "status") flags_.push_back(value);
  std::size_t stride = 1;
  for (std::size_t d = variable.dimensions.size(); d-- > 0;) {
    const std::string& name = variable.dimensions[d];
    if (name == "replicate")
      replicate_stride_ = stride;
    else if (name == "arm")
      offset_ += stride * arms.at(0);
    else if (name == "arm_b")
      offset_ += stride * arms.at(1);
    else
      strides_[grid.axis(name, 1)] = stride;
    stride *= grid.data().dimension(name).size();
  }
}

double Column::operator()(const GridPoint& point, std::size_t replicate) const {
  std::size_t i = offset_ + replicate * replicate_stride_;
  for (std::size_t a = 0; a < strides_.size(); ++a) i += point[a] * strides_[a];
  const double value = std::visit(
      [i](const auto& values) -> double {
        if constexpr (holds_texts<decltype(values)>)
          return std::nan("");
        else
          return static_cast<double>(values.at(i));
      },
      variable_->data);
  return flags_.empty() || std::ranges::count(flags_, value) > 0 ? value : std::nan("");
}

void expect_numbers(const Grid& grid, const Expression& e) {
  for (const Expression& operand : e.operands) expect_numbers(grid, operand);
  if (e.kind != Expression::Kind::name || !grid.data().has_variable(e.name)) return;
  std::string names;
  for (const auto& [name, value] : flags_of(grid.data().variable(e.name)))
    names += (names.empty() ? "'" : ", '") + name + "'";
  if (!names.empty())
    throw ClaimError("", e.column,
                     fmt::format("'{}' has named values, no numbers; compare it (== or !=) with one of {}",
                                 e.name, names));
}

Quantity::Quantity(const Grid& grid, const Expression& e, Reads& reads) : kind_(e.kind), number_(e.number) {
  reads.axes.resize(grid.axes().size());
  if (kind_ != Expression::Kind::name) expect_numbers(grid, e);
  for (const Expression& operand : e.operands) operands_.emplace_back(grid, operand, reads);
  if (kind_ == Expression::Kind::text)
    throw ClaimError(
        "", e.column,
        "a text stands only opposite a variable with named values, as in existence['dpo'] == 'unique'");
  if (kind_ != Expression::Kind::name) return;

  if (!grid.data().has_variable(e.name)) {
    const auto it = std::ranges::find(grid.axes(), e.name, &Dimension::name);
    if (it == grid.axes().end())
      throw ClaimError("", e.column, unknown_name("variable", e.name, usable_names(grid)));
    if (!e.arms.empty())
      throw ClaimError("", e.column, fmt::format("'{}' is an axis and has no arms", e.name));
    axis_ = static_cast<std::size_t>(it - grid.axes().begin());
    coordinates_ = grid.coordinates(axis_, e.column);
    reads.axes[axis_] = true;
    return;
  }

  const Variable& variable = grid.data().variable(e.name);
  if (std::holds_alternative<std::vector<std::string>>(variable.data))
    throw ClaimError("", e.column, fmt::format("'{}' holds texts, not numbers", e.name));
  const auto lies_on = [&](std::string_view d) { return std::ranges::count(variable.dimensions, d) > 0; };
  const std::size_t arms =
      static_cast<std::size_t>(lies_on("arm")) + static_cast<std::size_t>(lies_on("arm_b"));
  if (e.arms.size() != arms) {
    static constexpr std::string_view usage[] = {"has no arms", "takes one arm: {}['...']",
                                                 "takes two arms: {}['...', '...']"};
    throw ClaimError("", e.column,
                     fmt::format("'{}' {}", e.name, fmt::format(fmt::runtime(usage[arms]), e.name)));
  }
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < arms; ++i) {
    const auto it = std::ranges::find(grid.arms(), e.arms[i]);
    if (it == grid.arms().end())
      throw ClaimError("", e.arm_columns[i], unknown_name("arm", e.arms[i], grid.arms()));
    places.push_back(static_cast<std::size_t>(it - grid.arms().begin()));
    reads.arms.push_back(places.back());
  }
  std::ranges::sort(reads.arms);
  reads.arms.erase(std::unique(reads.arms.begin(), reads.arms.end()), reads.arms.end());
  for (std::size_t a = 0; a < grid.axes().size(); ++a)
    if (lies_on(grid.axes()[a]->name)) reads.axes[a] = true;
  reads.variables = true;
  reads.replicates |= lies_on("replicate");
  reads.diagnostics |= e.name == "status" || !flags_of(variable).empty();
  column_.emplace_back(grid, variable, places);
}

double Quantity::operator()(const GridPoint& point, std::size_t replicate) const {
  const auto operand = [&](std::size_t i) { return operands_[i](point, replicate); };
  switch (kind_) {
    case Expression::Kind::number:
      return number_;
    case Expression::Kind::text:
      break;
    case Expression::Kind::name:
      return column_.empty() ? coordinates_[point[axis_]] : column_[0](point, replicate);
    case Expression::Kind::negate:
      return -operand(0);
    case Expression::Kind::add:
      return operand(0) + operand(1);
    case Expression::Kind::subtract:
      return operand(0) - operand(1);
    case Expression::Kind::multiply:
      return operand(0) * operand(1);
    case Expression::Kind::divide:
      return operand(0) / operand(1);
    case Expression::Kind::abs:
      return std::fabs(operand(0));
    case Expression::Kind::log:
      return operand(0) > 0 ? num::log(operand(0)) : std::nan("");
  }
  return std::nan("");
}

std::pair<Quantity, Quantity> bind(const Grid& grid, const Comparison& comparison, Reads& reads) {
  if (comparison.comparator != Comparator::equal && comparison.comparator != Comparator::unequal)
    for (const Expression* side : {&comparison.left, &comparison.right}) expect_numbers(grid, *side);
  const auto named = [&](const Expression& side, const Expression& opposite) {
    Expression out = side;
    if (side.kind != Expression::Kind::text || opposite.kind != Expression::Kind::name) return out;
    if (!grid.data().has_variable(opposite.name)) return out;
    const auto flags = flags_of(grid.data().variable(opposite.name));
    if (flags.empty()) return out;
    const auto flag = flags.find(side.name);
    if (flag == flags.end()) {
      std::vector<std::string> names;
      for (const auto& [name, value] : flags) names.push_back(name);
      throw ClaimError("", side.column,
                       unknown_name(fmt::format("value of '{}'", opposite.name), side.name, names));
    }
    out.kind = Expression::Kind::number;
    out.number = flag->second;
    return out;
  };
  Quantity left(grid, named(comparison.left, comparison.right), reads);
  Quantity right(grid, named(comparison.right, comparison.left), reads);
  return {std::move(left), std::move(right)};
}

}  // namespace twostage::claims
