// Deterministic claims: true of every selected element, with the worst element as evidence.
#include <fmt/format.h>

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
  check_condition(grid, formula.where, reads);
  return {std::move(left), std::move(right), std::move(reads)};
}

void judge_holds(const Grid& grid, const Claim& claim, Verdict& verdict) {
  const HoldsFormula formula = parse_holds(claim.holds);
  const BoundHolds bound = bind(grid, formula);
  const Health health(grid, claim, bound.reads);
  const std::vector<Cell> cells = select(grid, formula.where, bound.reads);
  if (cells.empty()) {
    verdict.outcome = Outcome::inconclusive;
    verdict.evidence = no_cell;
    return;
  }
  const std::size_t replicates = bound.reads.replicates ? grid.replicates() : 1;
  verdict.cells = cells.size();
  verdict.replicates = replicates;

  std::size_t missing = 0;
  std::size_t failing = 0;
  std::string missing_at;
  std::string worst_at;
  double worst_slack = std::numeric_limits<double>::infinity();
  for (const Cell& cell : cells) {
    const std::string reason = health.missing_estimates(cell, bound.reads.axes);
    if (!reason.empty()) {
      verdict.outcome = Outcome::inconclusive;
      verdict.evidence = reason;
      return;
    }
    for (std::size_t r = 0; r < replicates; ++r) {
      const double left = bound.left(cell, r);
      const double right = bound.right(cell, r);
      const auto place = [&] {
        const std::string at = grid.label(cell, bound.reads.axes);
        return bound.reads.replicates ? fmt::format("{}, replicate {}", at, r) : at;
      };
      if (std::isnan(left) || std::isnan(right) || !health.finished(cell, r)) {
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
  const std::size_t elements = cells.size() * replicates;
  verdict.outcome = failing > 0 ? Outcome::fails : missing > 0 ? Outcome::inconclusive : Outcome::holds;
  if (failing > 0) verdict.evidence = fmt::format("{} of {} elements fail; ", failing, elements);
  if (missing > 0)
    verdict.evidence +=
        fmt::format("{} of {} elements are missing, the first at {}; ", missing, elements, missing_at);
  verdict.evidence += worst_at.empty() ? "none is there" : "worst: " + worst_at;
}

}  // namespace twostage::claims
