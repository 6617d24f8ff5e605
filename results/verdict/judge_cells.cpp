// Claims about the share of the cells (parts, if they are lines) that pass a test of their own:
//   cells(estimand in set at level)            the cell's interval lies inside the set
//   cells(winner(A, B) == winner(C, D) at ...) among the cells whose interval of mean A / mean B excludes 1,
//                                              mean C / mean D lies on the same side of 1
// The share's interval is Clopper and Pearson's over the cells, which takes their outcomes for independent
// draws. A cell that has no interval counts as a miss for the lower end and as a hit for the upper one.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "results/verdict/binomial.hpp"
#include "results/verdict/judges.hpp"

namespace twostage::claims {
namespace {

// So many misses are named in the evidence; all stand among the parts.
constexpr std::size_t named_misses = 10;

Outcome winner_outcome(const VerdictPart& part) {
  if (part.low <= 1 && part.high >= 1) return Outcome::inconclusive;
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

// The cells that did not pass, the clearest first; in the order of the cells where equally clear.
std::vector<const VerdictPart*> misses_of(const std::vector<VerdictPart>& parts,
                                          const std::optional<ClaimedSet>& set) {
  const ClaimedSet one{1, 1, true, true};
  std::vector<const VerdictPart*> misses;
  for (const VerdictPart& part : parts) {
    const bool open = !set && part.outcome == Outcome::inconclusive && !std::isnan(part.low);
    if (part.outcome != Outcome::supported && !open) misses.push_back(&part);
  }
  const auto rank = [](const VerdictPart& p) {
    return p.outcome == Outcome::refuted ? 0 : std::isnan(p.low) ? 2 : 1;
  };
  // How far the interval lies from the set, or across its edge.
  const auto distance = [&](const VerdictPart& p) {
    const ClaimedSet& s = set ? *set : one;
    return p.outcome == Outcome::refuted ? std::fmax(p.low - s.high, s.low - p.high) : -margin(s, p);
  };
  std::ranges::stable_sort(misses, [&](const VerdictPart* a, const VerdictPart* b) {
    if (rank(*a) != rank(*b)) return rank(*a) < rank(*b);
    return rank(*a) < 2 && distance(*a) > distance(*b);
  });
  return misses;
}

}  // namespace

void judge_share(const IntervalFormula& formula, double alpha, Verdict& verdict) {
  const std::optional<ClaimedSet>& inner = formula.each->set;
  std::size_t passed = 0;
  std::size_t undecided = 0;
  std::size_t without = 0;
  verdict.replicates = verdict.parts.front().replicates;
  for (VerdictPart& part : verdict.parts) {
    verdict.replicates = std::min(verdict.replicates, part.replicates);
    if (std::isnan(part.low)) {
      ++without;
      continue;
    }
    part.outcome = inner ? decide(*inner, part.low, part.high) : winner_outcome(part);
    if (part.outcome == Outcome::supported) ++passed;
    if (part.outcome == Outcome::inconclusive && !inner) ++undecided;
  }
  const std::size_t counted = verdict.parts.size() - undecided;
  const std::size_t known = counted - without;
  verdict.level = 1 - alpha;
  if (known > 0) {
    verdict.estimate = static_cast<double>(passed) / static_cast<double>(known);
    verdict.low = clopper_pearson(static_cast<double>(passed), counted, alpha / 2).low;
    verdict.high = clopper_pearson(static_cast<double>(passed + without), counted, alpha / 2).high;
    verdict.outcome = decide(formula.set, verdict.low, verdict.high);
    verdict.evidence = inner ? fmt::format("inside in {} of {} cells", passed, known)
                             : fmt::format("as predicted in {} of {} decided cells", passed, known);
  } else {
    verdict.outcome = Outcome::inconclusive;
    verdict.evidence = without > 0 ? "no cell has an interval" : "no cell is decided";
  }
  if (undecided > 0) append(verdict.evidence, fmt::format("{} undecided", undecided));
  if (without > 0 && known > 0)
    append(verdict.evidence, fmt::format("{} without an interval (counted against either end)", without));
  const auto misses = misses_of(verdict.parts, inner);
  for (std::size_t i = 0; i < std::min(misses.size(), named_misses); ++i)
    append(verdict.evidence, (i == 0 ? "not so: " : "") + described(*misses[i]));
  if (misses.size() > named_misses)
    append(verdict.evidence, fmt::format("and {} more", misses.size() - named_misses));
}

}  // namespace twostage::claims
