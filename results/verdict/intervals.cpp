#include "results/verdict/intervals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "results/verdict/statistics/binomial.hpp"
#include "sim/numerics/elementary.hpp"

namespace twostage::claims {
namespace {

using Kind = Estimand::Kind;

bool is_relative(Kind kind) {
  return kind == Kind::ratio || kind == Kind::agreement || kind == Kind::winner || kind == Kind::crossing;
}

// Weights of the least-squares slope: sum_c w_c y_c.
std::vector<double> slope_weights(const std::vector<double>& x) {
  double mean = 0;
  for (const double v : x) mean += v / static_cast<double>(x.size());
  double square = 0;
  for (const double v : x) square += (v - mean) * (v - mean);
  std::vector<double> weights;
  for (const double v : x) weights.push_back((v - mean) / square);
  return weights;
}

}  // namespace

Intervals::Intervals(const Grid& grid, const Claim& claim, const Estimand& estimand,
                     const BoundInterval& bound)
    : grid_(grid),
      claim_(claim),
      estimand_(estimand),
      bound_(bound),
      health_(grid, claim, bound.reads),
      shown_(bound.reads.axes) {
  // The analyser loses sight of the reference in health_.
  // NOLINTNEXTLINE(clang-analyzer-optin.cplusplus.UninitializedObject)
  if (bound.axis) shown_[*bound.axis] = false;
}

bool Intervals::is_line() const {
  return bound_.axis && estimand_.kind != Kind::crossing;
}

bool Intervals::log_scale() const {
  return is_relative(estimand_.kind);
}

std::vector<std::vector<GridPoint>> Intervals::parts_of(const std::vector<GridPoint>& points) const {
  std::map<GridPoint, std::vector<GridPoint>> groups;
  for (const GridPoint& point : points) {
    GridPoint key = point;
    if (bound_.axis) key[*bound_.axis] = 0;
    groups[key].push_back(point);
  }
  std::vector<std::vector<GridPoint>> parts;
  for (auto& [key, group] : groups) {
    if (estimand_.kind == Kind::crossing && estimand_.terms.size() == 4 &&
        crossing_of(predicted_line(group)).zeros == 0)
      continue;
    parts.push_back(std::move(group));
  }
  return parts;
}

std::vector<VerdictPart> Intervals::at(const std::vector<std::vector<GridPoint>>& parts, double tail) const {
  return estimand_.kind == Kind::crossing ? crossings(parts, tail) : of_means(parts, tail);
}

std::vector<VerdictPart> Intervals::of_means(const std::vector<std::vector<GridPoint>>& parts,
                                             double tail) const {
  std::vector<VerdictPart> out;
  out.reserve(parts.size());
  for (const auto& points : parts) out.push_back(of_part(points, tail));
  return out;
}

VerdictPart Intervals::of_part(const std::vector<GridPoint>& points, double tail) const {
  VerdictPart part;
  part.point = grid_.label(points[0], shown_);
  part.note = reason_against(points);
  if (!part.note.empty()) return part;
  const Rows rows = rows_of(grid_, health_, bound_.terms, points);
  part.replicates = rows.fewest;
  part.left_out = rows.left_out;
  if (rows.left_out > 0)
    part.note =
        fmt::format("{} of {} replicates did not finish or have no value", rows.left_out, rows.replicates);
  const double tolerated = tolerated_share * static_cast<double>(rows.replicates);
  if (static_cast<double>(rows.left_out) > tolerated) return part;
  if (rows.left_out > 0) part.note += " (left out)";

  if (estimand_.event) {
    count(points[0], rows.used, tail, part);
  } else if (const std::size_t needed = replicates_needed(tail); rows.fewest < needed) {
    append(part.note,
           fmt::format("{} usable replicates are too few for an interval at this level ({} are needed)",
                       rows.fewest, needed));
  } else {
    bound(sample(points, rows), tail, part);
    if (estimand_.kind == Kind::winner) part.predicted = predicted(points[0], rows);
  }
  return part;
}

// Why nothing can be said of these points; "" when something can.
std::string Intervals::reason_against(const std::vector<GridPoint>& points) const {
  if (is_line() && points.size() < 2)
    return fmt::format("a slope along '{}' needs two of its values or more", estimand_.axis);
  for (const GridPoint& point : points) {
    if (grid_.replicates_of(point).empty())
      return is_line() ? fmt::format("{} at {}", point_not_run, grid_.label(point, bound_.reads.axes))
                       : std::string(point_not_run);
    std::string reason = health_.missing_estimates(point, bound_.reads.axes);
    if (!reason.empty()) return reason;
  }
  return "";
}

// probability and proportion: Clopper-Pearson, a tie counted one half in the former.
void Intervals::count(const GridPoint& point, const std::vector<std::size_t>& used, double tail,
                      VerdictPart& part) const {
  if (used.empty()) return append(part.note, "no replicate is usable");
  const bool sign = estimand_.kind == Kind::probability;
  const Comparator comparator = estimand_.event->comparator;
  std::size_t yes = 0;
  std::size_t ties = 0;
  for (const std::size_t r : used) {
    const double left = bound_.terms[0](point, r);
    const double right = bound_.terms[1](point, r);
    if (compare(left, comparator, right))
      ++yes;
    else if (left == right)
      ++ties;
  }
  const double successes = static_cast<double>(yes) + (sign ? 0.5 * static_cast<double>(ties) : 0.0);
  part.estimate = successes / static_cast<double>(used.size());
  const Bounds bounds = clopper_pearson(successes, used.size(), tail);
  part.low = bounds.low;
  part.high = bounds.high;
  if (sign)
    append(part.note, fmt::format("{} of {}, {} tied, sign test p = {:.2g}", yes, used.size(), ties,
                                  sign_test(yes, used.size() - yes - ties)));
  else
    append(part.note, fmt::format("{} of {}", yes, used.size()));
}

// Everything made of means is sum_k weight_k g(mean_k).
Sample Intervals::sample(const std::vector<GridPoint>& points, const Rows& rows) const {
  const Kind kind = is_line() ? estimand_.line : estimand_.kind;
  std::vector<double> along{1.0};
  if (is_line()) {
    std::vector<double> x;
    for (const GridPoint& point : points) x.push_back(bound_.abscissa[point[*bound_.axis]]);
    along = slope_weights(x);
  }
  Sample s;
  s.link = is_relative(kind) || estimand_.log_line ? Link::log : Link::identity;
  for (std::size_t c = 0; c < points.size(); ++c) {
    const auto add_column = [&](double weight, const auto& value) {
      s.weights.push_back(weight);
      for (const std::size_t r : rows.used) s.columns.push_back(rows.has[c][r] ? value(r) : std::nan(""));
    };
    const auto term = [&](std::size_t t, std::size_t r) { return bound_.terms[t](points[c], r); };
    if (kind == Kind::difference) {
      add_column(along[c], [&](std::size_t r) { return term(0, r) - term(1, r); });
      continue;
    }
    for (std::size_t t = 0; t < estimand_.signs.size(); ++t)
      add_column(estimand_.signs[t] * along[c], [&](std::size_t r) { return term(t, r); });
  }
  return s;
}

// The prediction at each point of a line, by ascending axis; where it has none, the point is passed over.
// Empty when the crossing is compared with none.
std::vector<LinePoint> Intervals::predicted_line(const std::vector<GridPoint>& points) const {
  std::vector<LinePoint> line;
  if (estimand_.terms.size() < 4) return line;
  for (const GridPoint& point : points) {
    const double y = num::log(predicted(point, rows_of(grid_, health_, bound_.terms, {point})));
    if (std::isfinite(y)) line.push_back({bound_.abscissa[point[*bound_.axis]], y, y, y});
  }
  std::ranges::sort(line, {}, &LinePoint::x);
  return line;
}

// The interval of the ratio at each point by itself, then the crossing of the line through them.
std::vector<VerdictPart> Intervals::crossings(const std::vector<std::vector<GridPoint>>& parts,
                                              double tail) const {
  std::vector<std::vector<GridPoint>> single;
  for (const auto& points : parts)
    for (const GridPoint& point : points) single.push_back({point});
  const std::vector<VerdictPart> at_points = of_means(single, tail);
  std::vector<VerdictPart> out;
  std::size_t next = 0;
  for (const auto& points : parts) {
    VerdictPart part;
    part.point = grid_.label(points[0], shown_);
    part.replicates = at_points[next].replicates;
    std::vector<LinePoint> line;
    std::string open;
    for (const GridPoint& point : points) {
      const VerdictPart& at = at_points[next++];
      part.replicates = std::min(part.replicates, at.replicates);
      part.left_out = std::max(part.left_out, at.left_out);
      if (std::isnan(at.low) && part.note.empty())
        part.note = fmt::format("no interval at {}: {}", grid_.label(point, bound_.reads.axes), at.note);
      if (at.low == 0 && std::isinf(at.high) && open.empty())
        open = fmt::format("no bound at {}: {}", grid_.label(point, bound_.reads.axes), at.note);
      line.push_back(
          {bound_.abscissa[point[*bound_.axis]], num::log(at.estimate), num::log(at.low), num::log(at.high)});
    }
    if (part.note.empty()) {
      cross(std::move(line), predicted_line(points), part);
      append(part.note, open);
    }
    out.push_back(std::move(part));
  }
  return out;
}

void Intervals::cross(std::vector<LinePoint> line, const std::vector<LinePoint>& prediction,
                      VerdictPart& part) const {
  std::ranges::sort(line, {}, &LinePoint::x);
  const Crossing measured = crossing_of(line);
  const bool relative = estimand_.terms.size() == 4;
  const double unit = relative ? crossing_of(prediction).estimate : 0;
  part.estimate = num::exp(measured.estimate - unit);
  part.low = num::exp(measured.low - unit);
  part.high = num::exp(measured.high - unit);
  if (relative) {
    part.predicted = num::exp(unit);
    part.note = fmt::format("at {} = {:.4g}, predicted {:.4g}", estimand_.axis, num::exp(measured.estimate),
                            part.predicted);
  }
  if (measured.zeros > 1) append(part.note, fmt::format("crosses {} times", measured.zeros));
  if (measured.zeros == 0) append(part.note, "no crossing between the ends of the axis");
}

// Of winner and crossing: the ratio of the last two means.
double Intervals::predicted(const GridPoint& point, const Rows& rows) const {
  double above = 0;
  double below = 0;
  for (const std::size_t r : rows.used) {
    above += bound_.terms[2](point, r);
    below += bound_.terms[3](point, r);
  }
  return above / below;
}

void Intervals::bound(const Sample& sample, double tail, VerdictPart& part) const {
  const MeanInterval result = likelihood_interval(sample, tail);
  if (std::isnan(result.estimate))
    return append(part.note, "a mean under a logarithm or a ratio is not positive");
  if (result.differing == 0)
    append(part.note,
           fmt::format("all {} replicates agree, which is for 'holds' to state", sample.replicates()));
  else if (!result.varies)
    append(part.note, fmt::format("only {} of {} replicates differ from the others: too few for an interval",
                                  result.differing, sample.replicates()));
  else if (!std::isfinite(result.interval.low) || !std::isfinite(result.interval.high))
    append(part.note, "the interval is unbounded: too few replicates");
  const auto shown = [&](double x) { return log_scale() ? num::exp(x) : x; };
  part.estimate = shown(result.estimate);
  part.low = shown(result.interval.low);
  part.high = shown(result.interval.high);
}

}  // namespace twostage::claims
