// Claims about the share of the points (parts, if they are lines) for which an inner claim is true:
//   points(estimand in set at level)            shown when the point's interval lies inside the set,
//                                              contradicted when it lies outside, open across its edge
//   points(winner(A, B) == winner(C, D) at ...) among the points whose interval of mean A / mean B excludes
//   1:
//                                              shown when mean C / mean D lies on the same side of 1, else
//                                              contradicted
// A point without an interval is open. What is open may be true or not, so the share lies between that of the
// shown and that of all but the contradicted: its interval goes from Clopper and Pearson's lower end for the
// former to their upper end for the latter. It takes the points' outcomes for independent draws.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/verdict/judges.hpp"
#include "results/verdict/statistics/binomial.hpp"

namespace twostage::claims {
namespace {

// So many points that are not shown are named in the evidence; all stand among the parts.
constexpr std::size_t named_points = 10;

// The measurement tells no winner.
bool undecided(const VerdictPart& part) {
  return part.low <= 1 && part.high >= 1;
}

Outcome winner_outcome(const VerdictPart& part) {
  if (undecided(part) || std::isnan(part.predicted)) return Outcome::inconclusive;
  const bool agrees = part.low > 1 ? part.predicted > 1 : part.predicted < 1;
  return agrees ? Outcome::supported : Outcome::refuted;
}

std::string described(const VerdictPart& part) {
  std::string text = part.point;
  if (!std::isnan(part.low))
    text += fmt::format(": {:.4g} [{:.4g}, {:.4g}]", part.estimate, part.low, part.high);
  if (!std::isnan(part.predicted)) text += fmt::format(", predicted {:.4g}", part.predicted);
  if (!part.note.empty()) text += fmt::format(" ({})", part.note);
  return text;
}

// The points with an interval that were not shown, the clearest first; in the order of the points where
// equally clear.
std::vector<const VerdictPart*> not_shown(const std::vector<VerdictPart>& parts,
                                          const std::optional<ClaimedSet>& set) {
  const ClaimedSet one{1, 1, true, true};
  std::vector<const VerdictPart*> misses;
  for (const VerdictPart& part : parts)
    if (part.outcome != Outcome::supported && !std::isnan(part.low) && (set || !undecided(part)))
      misses.push_back(&part);
  // How far the interval lies from the set, or across its edge.
  const auto distance = [&](const VerdictPart& p) {
    const ClaimedSet& s = set ? *set : one;
    return p.outcome == Outcome::refuted ? std::fmax(p.low - s.high, s.low - p.high) : -margin(s, p);
  };
  std::ranges::stable_sort(misses, [&](const VerdictPart* a, const VerdictPart* b) {
    const bool contradicted = a->outcome == Outcome::refuted;
    if (contradicted != (b->outcome == Outcome::refuted)) return contradicted;
    return distance(*a) > distance(*b);
  });
  return misses;
}

PointTally tally_of(const std::vector<VerdictPart>& parts, const std::optional<ClaimedSet>& set) {
  PointTally tally;
  for (const VerdictPart& part : parts) {
    if (part.outcome == Outcome::supported)
      ++tally.shown;
    else if (part.outcome == Outcome::refuted)
      ++tally.contradicted;
    else if (!set && undecided(part))
      ++tally.undecided;
    else
      ++tally.open;
  }
  return tally;
}

// The points by name that were contradicted and those that stay open.
void name_points(const std::vector<const VerdictPart*>& points, std::string& evidence) {
  std::optional<Outcome> heading;
  for (std::size_t i = 0; i < std::min(points.size(), named_points); ++i) {
    const bool first = heading != points[i]->outcome;
    heading = points[i]->outcome;
    const std::string title = !first ? "" : *heading == Outcome::refuted ? "contradicted: " : "open: ";
    append(evidence, title + described(*points[i]));
  }
  if (points.size() > named_points)
    append(evidence, fmt::format("and {} more", points.size() - named_points));
}

}  // namespace

void judge_share(const IntervalFormula& formula, double alpha, Verdict& verdict) {
  const std::optional<ClaimedSet>& inner = formula.each->set;
  std::size_t without = 0;
  const VerdictPart* first_without = nullptr;
  verdict.replicates = verdict.parts.front().replicates;
  for (VerdictPart& part : verdict.parts) {
    verdict.replicates = std::min(verdict.replicates, part.replicates);
    if (std::isnan(part.low)) {
      if (without++ == 0) first_without = &part;
      continue;
    }
    part.outcome = inner ? decide(*inner, part.low, part.high) : winner_outcome(part);
  }
  const PointTally tally = tally_of(verdict.parts, inner);
  verdict.tally = tally;
  verdict.level = 1 - alpha;
  const std::size_t counted = tally.shown + tally.contradicted + tally.open;
  if (counted > 0) {
    verdict.estimate = (static_cast<double>(tally.shown) + 0.5 * static_cast<double>(tally.open)) /
                       static_cast<double>(counted);
    verdict.low = clopper_pearson(static_cast<double>(tally.shown), counted, alpha / 2).low;
    verdict.high =
        clopper_pearson(static_cast<double>(counted - tally.contradicted), counted, alpha / 2).high;
    verdict.outcome = decide(formula.set, verdict.low, verdict.high);
    verdict.evidence =
        fmt::format("{} in {} of {} points, contradicted in {}, open in {}", inner ? "shown" : "as predicted",
                    tally.shown, counted, tally.contradicted, tally.open);
  } else {
    verdict.outcome = Outcome::inconclusive;
    verdict.evidence = "no point tells a winner";
  }
  if (without > 0)
    append(verdict.evidence,
           fmt::format("{} without an interval, the first: {}", without, described(*first_without)));
  if (tally.undecided > 0)
    append(verdict.evidence, fmt::format("{} undecided, which play no part", tally.undecided));
  name_points(not_shown(verdict.parts, inner), verdict.evidence);
}

}  // namespace twostage::claims
