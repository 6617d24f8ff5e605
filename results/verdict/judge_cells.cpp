// Claims about the share of the cells (parts, if they are lines) for which an inner claim is true:
//   cells(estimand in set at level)            shown when the cell's interval lies inside the set,
//                                              contradicted when it lies outside, open across its edge
//   cells(winner(A, B) == winner(C, D) at ...) among the cells whose interval of mean A / mean B excludes 1:
//                                              shown when mean C / mean D lies on the same side of 1, else
//                                              contradicted
// A cell without an interval is open. What is open may be true or not, so the share lies between that of the
// shown and that of all but the contradicted: its interval goes from Clopper and Pearson's lower end for the
// former to their upper end for the latter. It takes the cells' outcomes for independent draws.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/verdict/binomial.hpp"
#include "results/verdict/judges.hpp"

namespace twostage::claims {
namespace {

// So many cells that are not shown are named in the evidence; all stand among the parts.
constexpr std::size_t named_cells = 10;

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
  std::string text = part.cell;
  if (!std::isnan(part.low))
    text += fmt::format(": {:.4g} [{:.4g}, {:.4g}]", part.estimate, part.low, part.high);
  if (!std::isnan(part.predicted)) text += fmt::format(", predicted {:.4g}", part.predicted);
  if (!part.note.empty()) text += fmt::format(" ({})", part.note);
  return text;
}

// The cells with an interval that were not shown, the clearest first; in the order of the cells where equally
// clear.
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

CellTally tally_of(const std::vector<VerdictPart>& parts, const std::optional<ClaimedSet>& set) {
  CellTally tally;
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

// The cells by name that were contradicted and those that stay open.
void name_cells(const std::vector<const VerdictPart*>& cells, std::string& evidence) {
  std::optional<Outcome> heading;
  for (std::size_t i = 0; i < std::min(cells.size(), named_cells); ++i) {
    const bool first = heading != cells[i]->outcome;
    heading = cells[i]->outcome;
    const std::string title = !first ? "" : *heading == Outcome::refuted ? "contradicted: " : "open: ";
    append(evidence, title + described(*cells[i]));
  }
  if (cells.size() > named_cells) append(evidence, fmt::format("and {} more", cells.size() - named_cells));
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
  const CellTally tally = tally_of(verdict.parts, inner);
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
        fmt::format("{} in {} of {} cells, contradicted in {}, open in {}", inner ? "shown" : "as predicted",
                    tally.shown, counted, tally.contradicted, tally.open);
  } else {
    verdict.outcome = Outcome::inconclusive;
    verdict.evidence = "no cell tells a winner";
  }
  if (without > 0)
    append(verdict.evidence,
           fmt::format("{} without an interval, the first: {}", without, described(*first_without)));
  if (tally.undecided > 0)
    append(verdict.evidence, fmt::format("{} undecided, which play no part", tally.undecided));
  name_cells(not_shown(verdict.parts, inner), verdict.evidence);
}

}  // namespace twostage::claims
