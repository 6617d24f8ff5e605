// Deterministic claims: true of every selected element, with the worst element as evidence.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/verdict/health.hpp"
#include "results/verdict/judges.hpp"

namespace twostage::claims {
namespace {

// How far the comparison is from failing, on the scale of its sides: the worst element has the least of it.
double slack(double left, Comparator comparator, double right) {
  switch (comparator) {
    case Comparator::less:
    case Comparator::at_most:
      return right - left;
    case Comparator::greater:
    case Comparator::at_least:
      return left - right;
    case Comparator::equal:
      return -std::fabs(left - right);
    case Comparator::unequal:
      return std::fabs(left - right);
  }
  return 0;
}

}  // namespace

BoundHolds bind(const Grid& grid, const HoldsFormula& formula) {
  Reads reads;
  auto [left, right] = bind(grid, formula.assertion, reads);
  Selection where(grid, formula.where, reads);
  return {std::move(left), std::move(right), std::move(reads), std::move(where)};
}

void judge_holds(const Grid& grid, const Claim& claim, Verdict& verdict) {
  const HoldsFormula formula = parse_holds(claim.holds);
  const BoundHolds bound = bind(grid, formula);
  const Health health(grid, claim, bound.reads);
  const std::vector<GridPoint> points = select(grid, bound.where, bound.reads);
  if (points.empty()) {
    verdict.outcome = Outcome::inconclusive;
    verdict.evidence = no_point;
    return;
  }
  verdict.points = points.size();

  std::size_t elements = 0;
  std::size_t missing = 0;
  std::size_t failing = 0;
  std::string missing_at;
  std::size_t not_run_points = 0;
  std::string not_run_at;
  std::string worst_at;
  double worst_slack = std::numeric_limits<double>::infinity();
  for (const GridPoint& point : points) {
    const std::vector<std::size_t> replicates =
        bound.reads.replicates ? grid.replicates_of(point) : std::vector<std::size_t>{0};
    if (replicates.empty()) {
      if (not_run_points++ == 0) not_run_at = grid.label(point, bound.reads.axes);
      continue;
    }
    elements += replicates.size();
    verdict.replicates = std::max(verdict.replicates, replicates.size());
    const std::string reason = health.missing_estimates(point, bound.reads.axes);
    if (!reason.empty()) {
      verdict.outcome = Outcome::inconclusive;
      verdict.evidence = reason;
      return;
    }
    for (const std::size_t r : replicates) {
      const double left = bound.left(point, r);
      const double right = bound.right(point, r);
      const auto place = [&] {
        const std::string at = grid.label(point, bound.reads.axes);
        return bound.reads.replicates ? fmt::format("{}, replicate {}", at, r) : at;
      };
      if (std::isnan(left) || std::isnan(right) || !health.finished(point, r)) {
        if (missing++ == 0) missing_at = place();
        continue;
      }
      if (!compare(left, formula.assertion.comparator, right)) ++failing;
      const double s = slack(left, formula.assertion.comparator, right);
      if (worst_at.empty() || s < worst_slack) {
        worst_slack = s;
        worst_at = fmt::format("{:.4g} against {:.4g} at {}", left, right, place());
        verdict.estimate = left;
      }
    }
  }
  const bool whole = missing == 0 && not_run_points == 0;
  verdict.outcome = failing > 0 ? Outcome::fails : whole ? Outcome::holds : Outcome::inconclusive;
  if (failing > 0) verdict.evidence = fmt::format("{} of {} elements fail; ", failing, elements);
  if (missing > 0)
    verdict.evidence +=
        fmt::format("{} of {} elements are missing, the first at {}; ", missing, elements, missing_at);
  if (not_run_points > 0)
    verdict.evidence += fmt::format("{} in {} of {} points, the first at {}; ", point_not_run, not_run_points,
                                    points.size(), not_run_at);
  verdict.evidence += worst_at.empty() ? "none is there" : "worst: " + worst_at;
}

}  // namespace twostage::claims
