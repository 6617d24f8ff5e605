// Statistical claims: one interval a part (a point, or a line of points for a trend), each at level
// 1 - alpha / parts, where alpha is already the claim's share of the study's. points(...) has one interval,
// of the share of the parts.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "results/verdict/intervals.hpp"
#include "results/verdict/judges.hpp"
#include "sim/numerics/elementary.hpp"

namespace twostage::claims {
namespace {

constexpr double unbounded = std::numeric_limits<double>::infinity();

// Refuted by one part, supported by all; the part that decided is the least favourable one.
void summarise(const ClaimedSet& set, Verdict& verdict) {
  const auto rank = [](const VerdictPart& p) {
    return p.outcome == Outcome::refuted ? 0 : p.outcome == Outcome::inconclusive ? 1 : 2;
  };
  const auto worst = std::ranges::min_element(verdict.parts, [&](const VerdictPart& a, const VerdictPart& b) {
    return rank(a) != rank(b) ? rank(a) < rank(b) : margin(set, a) < margin(set, b);
  });
  verdict.outcome = worst->outcome;
  verdict.estimate = worst->estimate;
  verdict.low = worst->low;
  verdict.high = worst->high;
  verdict.replicates = worst->replicates;
  if (verdict.parts.size() > 1) {
    const auto count = std::ranges::count(verdict.parts, worst->outcome, &VerdictPart::outcome);
    verdict.evidence = fmt::format("{} in {} of {}; least favourable: {}", outcome_name(worst->outcome),
                                   count, verdict.parts.size(), worst->point);
  } else if (worst->point != "all") {
    verdict.evidence = "at " + worst->point;
  }
  append(verdict.evidence, worst->note);
}

}  // namespace

Outcome decide(const ClaimedSet& set, double low, double high) {
  const bool above = set.low == -unbounded || (set.low_closed ? low >= set.low : low > set.low);
  const bool below = set.high == unbounded || (set.high_closed ? high <= set.high : high < set.high);
  if (above && below) return Outcome::supported;
  const bool under = set.low_closed ? high < set.low : high <= set.low;
  const bool over = set.high_closed ? low > set.high : low >= set.high;
  return under || over ? Outcome::refuted : Outcome::inconclusive;
}

double margin(const ClaimedSet& set, const VerdictPart& part) {
  return std::isnan(part.low) ? -unbounded : std::fmin(part.low - set.low, set.high - part.high);
}

void append(std::string& text, const std::string& more) {
  if (!text.empty() && !more.empty()) text += "; ";
  text += more;
}

BoundInterval bind(const Grid& grid, const IntervalFormula& formula) {
  const Estimand& e = formula.estimand;
  Reads reads;
  std::vector<Quantity> terms;
  for (const Expression& term : e.terms) {
    expect_numbers(grid, term);
    terms.emplace_back(grid, term, reads);
  }
  if (e.event) {
    auto [left, right] = bind(grid, *e.event, reads);
    terms.push_back(std::move(left));
    terms.push_back(std::move(right));
  }
  if (!reads.replicates)
    throw ClaimError("", e.column,
                     "nothing here varies by replicate, so there is no interval: state it with 'holds'");
  std::optional<std::size_t> axis;
  std::vector<double> abscissa;
  if (!e.axis.empty()) {
    axis = grid.axis(e.axis, e.axis_column);
    reads.axes[*axis] = true;
    abscissa = grid.coordinates(*axis, e.axis_column);
    for (double& x : abscissa) {
      if (!e.log_axis) break;
      if (!(x > 0))
        throw ClaimError("", e.axis_column, fmt::format("log({}) needs positive values on the axis", e.axis));
      x = num::log(x);
    }
  }
  Selection where(grid, formula.where, reads);
  return {std::move(terms), std::move(reads), axis, std::move(abscissa), std::move(where)};
}

void judge_interval(const Grid& grid, const Claim& claim, double alpha, Verdict& verdict) {
  const IntervalFormula formula = parse_interval(claim.interval);
  const BoundInterval bound = bind(grid, formula);
  const Intervals intervals(grid, claim, formula.estimand, bound);
  const std::vector<GridPoint> points = select(grid, bound.where, bound.reads);
  if (points.empty()) {
    verdict.outcome = Outcome::inconclusive;
    verdict.evidence = no_point;
    return;
  }
  const auto parts = intervals.parts_of(points);
  if (parts.empty()) {
    verdict.outcome = Outcome::inconclusive;
    verdict.evidence = "no line on which the prediction crosses";
    return;
  }
  const double alpha_each =
      formula.each ? 1 - formula.each->level : alpha / static_cast<double>(parts.size());
  verdict.points = points.size();
  verdict.parts = intervals.at(parts, alpha_each / 2);
  if (formula.each) return judge_share(formula, alpha, verdict);
  verdict.level = 1 - alpha_each;
  verdict.log_scale = intervals.log_scale();
  for (VerdictPart& part : verdict.parts)
    if (!std::isnan(part.low)) part.outcome = decide(formula.set, part.low, part.high);
  summarise(formula.set, verdict);
}

}  // namespace twostage::claims
