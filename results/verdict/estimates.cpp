#include "results/verdict/estimates.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <type_traits>

#include "results/verdict/intervals.hpp"
#include "results/verdict/judges.hpp"
#include "results/verdict/language/syntax.hpp"

namespace twostage {
namespace {

using claims::Grid;
using claims::GridPoint;

constexpr std::string_view kScope = "in these results";

// The same mistake with the text that it is in.
ClaimError placed(std::string key, std::string_view text, const ClaimError& error) {
  return {std::move(key), error.column(),
          fmt::format("{}, column {}: {}", text, error.column(), error.what())};
}

bool is_truth(const std::string& word) {
  return word == "true" || word == "false";
}

Coordinate coordinate(const Dimension& axis, std::size_t index) {
  return std::visit(
      [&](const auto& values) -> Coordinate {
        if constexpr (std::is_same_v<std::decay_t<decltype(values)>, std::vector<std::uint8_t>>) {
          const std::string word = words(axis)[index];
          return is_truth(word) ? Coordinate(word == "true") : Coordinate(word);
        } else {
          return values[index];
        }
      },
      axis.coordinate);
}

// As it is written in a condition.
std::string in_words(const Dimension& axis, std::size_t index) {
  const Coordinate at = coordinate(axis, index);
  if (const auto* text = std::get_if<std::string>(&at)) return fmt::format("'{}'", *text);
  return std::visit(
      [](const auto& value) {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>)
          return std::string();
        else
          return fmt::format("{}", value);
      },
      at);
}

// An axis in a condition: in backquotes when its name is no plain word.
std::string quoted_name(const std::string& name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  };
  return std::ranges::all_of(name, plain) ? name : '`' + name + '`';
}

std::vector<std::string> names_of(const Grid& grid, const std::vector<std::size_t>& axes) {
  std::vector<std::string> names;
  for (const std::size_t a : axes) names.push_back(grid.axes()[a]->name);
  return names;
}

// The axes that `by` names, in its order.
std::vector<std::size_t> named_axes(const Grid& grid, const std::vector<std::string>& by) {
  std::vector<std::size_t> axes;
  for (const std::string& name : by) {
    try {
      axes.push_back(grid.axis(name, 1));
    } catch (const ClaimError& error) {
      throw ClaimError("by", 1, fmt::format("--by: {}", error.what()));
    }
    if (std::ranges::count(axes, axes.back()) > 1)
      throw ClaimError("by", 1, fmt::format("--by names '{}' twice", name));
  }
  return axes;
}

claims::Condition checked_condition(const Grid& grid, const std::string& where) {
  if (where.empty()) return {};
  try {
    claims::Condition condition = claims::parse_condition(where);
    claims::refuse_empty(grid, condition, kScope);
    return condition;
  } catch (const ClaimError& error) {
    throw placed("where", "--where", error);
  }
}

// One estimand over the points of the file that meet the condition.
class Tabulation {
 public:
  Tabulation(const Grid& grid, const EstimateQuery& query, const std::string& estimand,
             const claims::Condition& where)
      : grid_(grid), query_(query), formula_(parsed(grid, estimand)) {
    formula_.where = where;
    bound_.emplace(bound(grid, estimand, formula_));
    rows_ = row_axes(estimand);
    // Every axis counts, also one that the estimand does not lie on: an arm may have failed at some of its
    // values. The points of a share are those that a claim would count.
    for (std::size_t a = 0; a < grid.axes().size(); ++a)
      if (!formula_.each || std::ranges::count(rows_, a) > 0) bound_->reads.axes[a] = true;
  }

  const std::vector<std::size_t>& axes() const { return rows_; }

  std::vector<Estimate> rows(const std::vector<std::size_t>& table_axes) const {
    const std::vector<GridPoint> selected = claims::select(grid_, bound_->where, bound_->reads);
    if (selected.empty())
      throw ClaimError("where", formula_.where.column,
                       fmt::format("--where: no point of these results meets it{}",
                                   claims::metrics_there(grid_, formula_.where)));
    if (!formula_.each) refuse_pooling(selected);
    std::map<std::vector<std::size_t>, std::vector<GridPoint>> groups;
    for (const GridPoint& point : selected) {
      std::vector<std::size_t> key;
      for (const std::size_t a : rows_) key.push_back(point[a]);
      groups[key].push_back(point);
    }
    const Claim claim;
    const claims::Intervals intervals(grid_, claim, formula_.estimand, *bound_);
    std::vector<Estimate> out;
    for (const auto& [key, points] : groups) {
      Estimate row = formula_.each ? share(intervals, points) : interval(intervals, points);
      for (const std::size_t a : table_axes)
        row.at.push_back(std::ranges::count(rows_, a) > 0 ? coordinate(*grid_.axes()[a], points[0][a])
                                                          : Coordinate{});
      out.push_back(std::move(row));
    }
    return out;
  }

 private:
  static claims::IntervalFormula parsed(const Grid&, const std::string& estimand) {
    try {
      return claims::parse_estimate(estimand);
    } catch (const ClaimError& error) {
      throw placed("estimand", estimand, error);
    }
  }

  static claims::BoundInterval bound(const Grid& grid, const std::string& estimand,
                                     const claims::IntervalFormula& formula) {
    try {
      return claims::bind(grid, formula);
    } catch (const ClaimError& error) {
      throw placed("estimand", estimand, error);
    }
  }

  std::vector<std::size_t> row_axes(const std::string& estimand) const {
    if (!query_.by.empty()) {
      std::vector<std::size_t> axes = named_axes(grid_, query_.by);
      if (bound_->axis && std::ranges::count(axes, *bound_->axis) > 0)
        throw ClaimError("by", 1,
                         fmt::format("--by: {} runs along '{}', which therefore makes no rows", estimand,
                                     grid_.axes()[*bound_->axis]->name));
      return axes;
    }
    std::vector<std::size_t> axes;
    for (std::size_t a = 0; a < grid_.axes().size(); ++a)
      if (grid_.axes()[a]->size() > 1 && !formula_.each && bound_->axis != a) axes.push_back(a);
    return axes;
  }

  void refuse_pooling(const std::vector<GridPoint>& selected) const {
    std::string left;
    std::string choice;
    std::vector<std::string> by = names_of(grid_, rows_);
    for (std::size_t a = 0; a < grid_.axes().size(); ++a) {
      if (std::ranges::count(rows_, a) > 0 || bound_->axis == a) continue;
      std::set<std::size_t> values;
      for (const GridPoint& point : selected) values.insert(point[a]);
      if (values.size() < 2) continue;
      const Dimension& axis = *grid_.axes()[a];
      std::vector<std::string> words;
      for (const std::size_t i : values) words.push_back(in_words(axis, i));
      constexpr std::size_t most = 12;
      if (words.size() > most) words.resize(most), words.emplace_back("...");
      left += fmt::format("{}'{}' has {} values left ({})", left.empty() ? "" : " and ", axis.name,
                          values.size(), fmt::join(words, ", "));
      choice += fmt::format("{}{} == {}", choice.empty() ? "" : " and ", quoted_name(axis.name), words[0]);
      by.push_back(axis.name);
    }
    if (left.empty()) return;
    throw ClaimError("by", 1,
                     fmt::format("{}, and replicates of different points are never pooled: choose one with "
                                 "--where \"{}\", or give each its row with --by {}",
                                 left, choice, fmt::join(by, ",")));
  }

  Estimate interval(const claims::Intervals& intervals, const std::vector<GridPoint>& points) const {
    Estimate row;
    const auto parts = intervals.parts_of(points);
    if (parts.empty()) {
      row.note = "the prediction does not cross";
      return row;
    }
    const VerdictPart part = intervals.at(parts, (1 - query_.level) / 2).front();
    row.estimate = part.estimate;
    row.low = part.low;
    row.high = part.high;
    row.replicates = part.replicates;
    row.left_out = part.left_out;
    row.note = part.note;
    return row;
  }

  // Of points(...): one share of all of them.
  Estimate share(const claims::Intervals& intervals, const std::vector<GridPoint>& points) const {
    Estimate row;
    const auto parts = intervals.parts_of(points);
    if (parts.empty()) {
      row.note = "the prediction crosses nowhere";
      return row;
    }
    Verdict verdict;
    verdict.parts = intervals.at(parts, (1 - formula_.each->level) / 2);
    for (const VerdictPart& part : verdict.parts) row.left_out = std::max(row.left_out, part.left_out);
    claims::judge_share(formula_, 1 - query_.level, verdict);
    row.estimate = verdict.estimate;
    row.low = verdict.low;
    row.high = verdict.high;
    row.replicates = verdict.replicates;
    const PointTally& tally = *verdict.tally;
    row.note = fmt::format("shown at {} points, contradicted at {}, open at {}", tally.shown,
                           tally.contradicted, tally.open);
    if (tally.undecided > 0) row.note += fmt::format("; {} tell no winner", tally.undecided);
    return row;
  }

  const Grid& grid_;
  const EstimateQuery& query_;
  claims::IntervalFormula formula_;
  std::optional<claims::BoundInterval> bound_;
  std::vector<std::size_t> rows_;  // axes that make rows
};

}  // namespace

EstimateTable estimates(const Dataset& data, const EstimateQuery& query) {
  if (!(query.level > 0 && query.level < 1 && 1 - query.level < 1))
    throw ClaimError("level", 1,
                     fmt::format("--level {}: a level lies between 0 and 1, as in 0.95", query.level));
  const Grid grid(data);
  const claims::Condition where = checked_condition(grid, query.where);
  std::vector<Tabulation> tabulations;
  tabulations.reserve(query.estimands.size());
  for (const std::string& estimand : query.estimands) tabulations.emplace_back(grid, query, estimand, where);

  EstimateTable table{query.level, query.where, {}, {}};
  std::vector<std::size_t> axes = named_axes(grid, query.by);
  if (query.by.empty())
    for (std::size_t a = 0; a < grid.axes().size(); ++a)
      if (std::ranges::any_of(tabulations,
                              [a](const Tabulation& t) { return std::ranges::count(t.axes(), a) > 0; }))
        axes.push_back(a);
  table.axes = names_of(grid, axes);
  for (std::size_t i = 0; i < tabulations.size(); ++i)
    table.blocks.push_back({query.estimands[i], tabulations[i].rows(axes)});
  return table;
}

}  // namespace twostage
