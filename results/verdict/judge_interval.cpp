// Statistical claims: one interval a part (a cell, or a line of cells for a trend), each at level
// 1 - alpha / parts, where alpha is already the claim's share of the study's.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "results/verdict/binomial.hpp"
#include "results/verdict/bootstrap.hpp"
#include "results/verdict/health.hpp"
#include "results/verdict/judges.hpp"
#include "sim/numerics/elementary.hpp"

namespace twostage::claims {
namespace {

using Kind = Estimand::Kind;
constexpr double infinity = std::numeric_limits<double>::infinity();

bool is_line(const Estimand& e) {
  return e.kind == Kind::trend || e.kind == Kind::slope;
}

bool on_log_scale(const Estimand& e) {
  return e.kind == Kind::ratio || e.kind == Kind::agreement;
}

// Cells that are equal but for the trend's axis; a single cell otherwise.
std::vector<std::vector<Cell>> parts_of(const std::vector<Cell>& cells, std::optional<std::size_t> axis) {
  std::map<Cell, std::vector<Cell>> groups;
  for (const Cell& cell : cells) {
    Cell key = cell;
    if (axis) key[*axis] = 0;
    groups[key].push_back(cell);
  }
  std::vector<std::vector<Cell>> parts;
  for (auto& [key, group] : groups) parts.push_back(std::move(group));
  return parts;
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

class IntervalJudge {
 public:
  IntervalJudge(const Grid& grid, const Claim& claim, const IntervalFormula& formula,
                const RandomSource& source)
      : grid_(grid),
        claim_(claim),
        formula_(formula),
        source_(source),
        bound_(bind(grid, formula)),
        health_(grid, claim, bound_.reads),
        shown_(bound_.reads.axes) {
    // The analyser loses sight of the reference in health_.
    // NOLINTNEXTLINE(clang-analyzer-optin.cplusplus.UninitializedObject)
    if (bound_.axis) shown_[*bound_.axis] = false;
  }

  void judge(double alpha, Verdict& verdict) {
    const std::vector<Cell> cells = select(grid_, formula_.where, bound_.reads);
    if (cells.empty()) {
      verdict.outcome = Outcome::inconclusive;
      verdict.evidence = no_cell;
      return;
    }
    const auto parts = parts_of(cells, bound_.axis);
    const double alpha_each = alpha / static_cast<double>(parts.size());
    verdict.cells = cells.size();
    verdict.level = 1 - alpha_each;
    verdict.log_scale = on_log_scale(formula_.estimand);
    std::map<std::size_t, Batch> batches;  // by the number of replicates
    for (const auto& part : parts)
      verdict.parts.push_back(judge_part(part, alpha_each / 2, verdict.parts.size(), batches));
    for (const auto& [replicates, batch] : batches) bootstrap(batch, alpha_each / 2, verdict.parts);
    for (VerdictPart& part : verdict.parts)
      if (!std::isnan(part.low)) part.outcome = decide(part.low, part.high);
    summarise(verdict);
  }

 private:
  // Parts whose intervals come from the same resamples.
  struct Batch {
    std::vector<std::size_t> parts;
    std::vector<Sample> samples;
  };

  // Everything of the part at `place` but an interval by bootstrap, whose data join a batch.
  VerdictPart judge_part(const std::vector<Cell>& cells, double tail, std::size_t place,
                         std::map<std::size_t, Batch>& batches) const {
    VerdictPart part;
    part.cell = grid_.label(cells[0], shown_);
    if (bound_.axis && cells.size() < 2) {
      part.note = fmt::format("a slope along '{}' needs two of its values or more", formula_.estimand.axis);
      return part;
    }
    for (const Cell& cell : cells) {
      part.note = reason_against(cell);
      if (!part.note.empty()) return part;
    }
    const Usable usable = usable_of(cells);
    part.replicates = usable.fewest;
    if (usable.left_out > 0)
      part.note = fmt::format("{} of {} replicates did not finish or have no value", usable.left_out,
                              usable.replicates);
    const double tolerated = tolerated_share * static_cast<double>(usable.replicates);
    if (!claim_.exclude_failed && static_cast<double>(usable.left_out) > tolerated) return part;
    if (usable.left_out > 0) part.note += " (left out)";

    if (formula_.estimand.event) {
      count(cells[0], usable.rows, tail, part);
    } else if (usable.fewest < minimal_replicates) {
      append(part.note, fmt::format("{} usable replicates are too few for a bootstrap ({} are needed)",
                                    usable.fewest, minimal_replicates));
    } else {
      batches[usable.rows.size()].parts.push_back(place);
      batches[usable.rows.size()].samples.push_back(sample(cells, usable));
    }
    return part;
  }

  // Why nothing can be said of a cell; "" when something can.
  std::string reason_against(const Cell& cell) const {
    if (grid_.replicates_of(cell).empty())
      return bound_.axis ? fmt::format("{} at {}", cell_not_run, grid_.label(cell, bound_.reads.axes))
                         : std::string(cell_not_run);
    return health_.missing_estimates(cell, bound_.reads.axes);
  }

  // The replicates of a part.
  struct Usable {
    std::vector<std::size_t> rows;  // every arm finished and every number there, in all cells that have it
    std::vector<std::vector<bool>> has;  // per cell, by replicate
    std::size_t fewest = 0;              // rows of the cell with the fewest
    std::size_t left_out = 0;            // of the cell that loses the largest share of its replicates,
    std::size_t replicates = 1;          // which has so many
  };

  Usable usable_of(const std::vector<Cell>& cells) const {
    Usable out;
    std::vector<bool> bad(grid_.replicates(), false);
    std::vector<bool> somewhere(grid_.replicates(), false);
    for (const Cell& cell : cells) {
      out.has.emplace_back(grid_.replicates(), false);
      for (const std::size_t r : grid_.replicates_of(cell)) {
        out.has.back()[r] = true;
        somewhere[r] = true;
        if (!complete(cell, r)) bad[r] = true;
      }
    }
    for (std::size_t r = 0; r < grid_.replicates(); ++r)
      if (somewhere[r] && !bad[r]) out.rows.push_back(r);
    out.fewest = out.rows.size();
    for (const std::vector<bool>& has : out.has) {
      const auto replicates = static_cast<std::size_t>(std::ranges::count(has, true));
      const auto used =
          static_cast<std::size_t>(std::ranges::count_if(out.rows, [&](std::size_t r) { return has[r]; }));
      out.fewest = std::min(out.fewest, used);
      if ((replicates - used) * out.replicates <= out.left_out * replicates) continue;
      out.left_out = replicates - used;
      out.replicates = replicates;
    }
    return out;
  }

  bool complete(const Cell& cell, std::size_t r) const {
    return health_.finished(cell, r) && std::ranges::all_of(bound_.terms, [&](const Quantity& term) {
             return std::isfinite(term(cell, r));
           });
  }

  // probability and proportion: Clopper-Pearson, a tie counted one half in the former.
  void count(const Cell& cell, const std::vector<std::size_t>& used, double tail, VerdictPart& part) const {
    if (used.empty()) return append(part.note, "no replicate is usable");
    const bool sign = formula_.estimand.kind == Kind::probability;
    const Comparator comparator = formula_.estimand.event->comparator;
    std::size_t yes = 0;
    std::size_t ties = 0;
    for (const std::size_t r : used) {
      const double left = bound_.terms[0](cell, r);
      const double right = bound_.terms[1](cell, r);
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
  Sample sample(const std::vector<Cell>& cells, const Usable& usable) const {
    const Estimand& e = formula_.estimand;
    const Kind kind = is_line(e) ? e.line : e.kind;
    const bool subtracts = kind == Kind::difference;
    const bool divides = kind == Kind::ratio || kind == Kind::agreement;

    std::vector<double> along{1.0};
    if (is_line(e)) {
      std::vector<double> x;
      for (const Cell& cell : cells) x.push_back(bound_.abscissa[cell[*bound_.axis]]);
      along = slope_weights(x);
    }
    Sample s;
    s.link = divides || e.log_line ? Link::log : Link::identity;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const auto first = [&](std::size_t r) { return bound_.terms[0](cells[c], r); };
      const auto second = [&](std::size_t r) { return bound_.terms[1](cells[c], r); };
      const auto add_column = [&](double weight, const auto& value) {
        s.weights.push_back(weight);
        for (const std::size_t r : usable.rows)
          s.columns.push_back(usable.has[c][r] ? value(r) : std::nan(""));
      };
      if (subtracts)
        add_column(along[c], [&](std::size_t r) { return first(r) - second(r); });
      else
        add_column(along[c], first);
      if (divides) add_column(-along[c], second);
    }
    return s;
  }

  void bootstrap(const Batch& batch, double tail, std::vector<VerdictPart>& parts) const {
    const auto results = studentised_bootstrap(batch.samples, tail, source_, hash_name(claim_.id));
    const bool back = on_log_scale(formula_.estimand);
    for (std::size_t i = 0; i < results.size(); ++i) {
      const BootstrapResult& result = results[i];
      VerdictPart& part = parts[batch.parts[i]];
      if (std::isnan(result.estimate)) {
        append(part.note, "a mean under a logarithm or a ratio is not positive");
        continue;
      }
      if (!std::isfinite(result.interval.low))
        append(part.note, "the interval is unbounded: too few replicates");
      part.estimate = back ? num::exp(result.estimate) : result.estimate;
      part.low = back ? num::exp(result.interval.low) : result.interval.low;
      part.high = back ? num::exp(result.interval.high) : result.interval.high;
    }
  }

  Outcome decide(double low, double high) const {
    const ClaimedSet& set = formula_.set;
    const bool above = set.low == -infinity || (set.low_closed ? low >= set.low : low > set.low);
    const bool below = set.high == infinity || (set.high_closed ? high <= set.high : high < set.high);
    if (above && below) return Outcome::supported;
    const bool under = set.low_closed ? high < set.low : high <= set.low;
    const bool over = set.high_closed ? low > set.high : low >= set.high;
    return under || over ? Outcome::refuted : Outcome::inconclusive;
  }

  // Refuted by one part, supported by all; the part that decided is the least favourable one.
  void summarise(Verdict& verdict) const {
    const auto rank = [](const VerdictPart& p) {
      return p.outcome == Outcome::refuted ? 0 : p.outcome == Outcome::inconclusive ? 1 : 2;
    };
    const auto margin = [&](const VerdictPart& p) {
      return std::isnan(p.low) ? -infinity : std::fmin(p.low - formula_.set.low, formula_.set.high - p.high);
    };
    const auto worst =
        std::ranges::min_element(verdict.parts, [&](const VerdictPart& a, const VerdictPart& b) {
          return rank(a) != rank(b) ? rank(a) < rank(b) : margin(a) < margin(b);
        });
    verdict.outcome = worst->outcome;
    verdict.estimate = worst->estimate;
    verdict.low = worst->low;
    verdict.high = worst->high;
    verdict.replicates = worst->replicates;
    if (verdict.parts.size() > 1) {
      const auto count = std::ranges::count(verdict.parts, worst->outcome, &VerdictPart::outcome);
      verdict.evidence = fmt::format("{} in {} of {}; least favourable: {}", outcome_name(worst->outcome),
                                     count, verdict.parts.size(), worst->cell);
    } else if (worst->cell != "all") {
      verdict.evidence = "at " + worst->cell;
    }
    append(verdict.evidence, worst->note);
  }

  static void append(std::string& text, const std::string& more) {
    if (!text.empty() && !more.empty()) text += "; ";
    text += more;
  }

  const Grid& grid_;
  const Claim& claim_;
  const IntervalFormula& formula_;
  const RandomSource& source_;
  BoundInterval bound_;
  Health health_;
  std::vector<bool> shown_;
};

}  // namespace

BoundInterval bind(const Grid& grid, const IntervalFormula& formula) {
  const Estimand& e = formula.estimand;
  BoundInterval bound;
  for (const Expression& term : e.terms) bound.terms.emplace_back(grid, term, bound.reads);
  if (e.event) {
    auto [left, right] = bind(grid, *e.event, bound.reads);
    bound.terms.push_back(std::move(left));
    bound.terms.push_back(std::move(right));
  }
  if (!bound.reads.replicates)
    throw ClaimError("", e.column,
                     "nothing here varies by replicate, so there is no interval: state it with 'holds'");
  if (is_line(e)) {
    bound.axis = grid.axis(e.axis, e.axis_column);
    bound.reads.axes[*bound.axis] = true;
    bound.abscissa = grid.coordinates(*bound.axis, e.axis_column);
    if (e.log_axis)
      for (double& x : bound.abscissa) {
        if (!(x > 0))
          throw ClaimError("", e.axis_column,
                           fmt::format("log({}) needs positive values on the axis", e.axis));
        x = num::log(x);
      }
  }
  check_condition(grid, formula.where, bound.reads);
  return bound;
}

void judge_interval(const Grid& grid, const Claim& claim, double alpha, const RandomSource& source,
                    Verdict& verdict) {
  const IntervalFormula formula = parse_interval(claim.interval);
  IntervalJudge(grid, claim, formula, source).judge(alpha, verdict);
}

}  // namespace twostage::claims
