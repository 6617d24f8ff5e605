// Verdicts: what a study's claims come to on its result file. A claim is a sentence and a formula:
//
//   holds    = "policy_gap['dpo', 'rm+plan'] < 1e-8 where horizon == 1"
//     Deterministic: true of every selected element (point x replicate). Outcome holds or fails, with the
//     worst element as evidence. Elements that are missing (NaN, or an arm that did not finish) cannot hold:
//     unless another element already refutes the claim it is inconclusive, and the number missing is stated.
//   interval = "ratio(regret['dpo'], regret['rm+plan']) in (1, inf) where pairs >= 400"
//     Statistical: the simultaneous confidence interval lies inside the claimed set = supported, outside it =
//     refuted, across its edge = inconclusive. A claim about several points is their intersection: supported
//     when every point's interval lies inside, refuted when one lies outside. Simultaneous means Bonferroni
//     over the interval claims of the study and, within a claim, over its points: each interval has level 1 -
//     alpha / (claims x points). A claim about the share of the points, points(...), has one interval: that
//     of the share.
//
// Estimands and grammar: results/verdict/language/syntax.hpp. Intervals: likelihood_interval.hpp and
// binomial.hpp.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "results/dataset/dataset.hpp"
#include "results/verdict/language/claim_error.hpp"

namespace twostage {

struct Claim {
  std::string id = {};
  std::string statement = {};    // in words
  std::string explanation = {};  // why it comes out as it does; optional, written once the numbers are known
  std::string holds = {};        // the formula: exactly one of these two is given
  std::string interval = {};
  // Inconclusive unless the unpenalised estimate exists in >= 99 % of the replicates of every involved arm;
  // for studies without a penalty, where dropping the others would be selection.
  bool requires_existence = false;
};

enum class Outcome { holds, fails, supported, refuted, inconclusive, error };
std::string_view outcome_name(Outcome outcome);

// One point of a claim; for a trend or a slope, one line of points along its axis.
struct VerdictPart {
  std::string point;  // "horizon = 2, pairs = 400"
  Outcome outcome = Outcome::inconclusive;
  double estimate = std::numeric_limits<double>::quiet_NaN();
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
  std::size_t replicates = 0;  // used; of a line, by its point with the fewest
  std::string note;            // why there is no interval, how many replicates were left out, ...
  // Of winner(A, B) == winner(C, D): mean C / mean D.
  double predicted = std::numeric_limits<double>::quiet_NaN();
  std::size_t left_out = 0;  // replicates with a fit that did not finish or a missing number; of a line,
                             // by the point that loses the largest share
};

// What became of the points of points(...). `undecided`: told no winner, and play no part in the share.
struct PointTally {
  std::size_t shown = 0;         // the inner claim is supported there
  std::size_t contradicted = 0;  // refuted
  std::size_t open = 0;          // neither, or no interval
  std::size_t undecided = 0;
};

struct Verdict {
  std::string id;
  std::string statement;
  std::string explanation;  // the claim's, when these results decide it; else empty
  std::string claim;        // the formula
  Outcome outcome = Outcome::error;
  // The part that decided: the worst element of a `holds` claim, the least favourable point of an `interval`.
  // points(...): the share of the shown, what is open counted one half.
  double estimate = std::numeric_limits<double>::quiet_NaN();
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
  double level = std::numeric_limits<double>::quiet_NaN();  // of each interval
  bool log_scale = false;                                   // the interval is symmetric-ish on the log
  std::size_t replicates = 0;
  std::size_t points = 0;
  std::string evidence;
  std::string post_hoc;             // why the claim did not stand before the numbers; empty when it did
  std::optional<PointTally> tally;  // of points(...)
  std::vector<VerdictPart>
      parts;  // of an `interval` claim; points(...): of every point, against the inner set
};

// The claims that a study had when its first numbers were made, and what decides their levels.
struct ClaimRecord {
  double alpha = 0.01;
  std::size_t intervals = 0;  // interval claims among which alpha was shared
  std::vector<Claim> claims;  // explanations play no part: they are written once the numbers are known
};

// Why a claim is not one of the record as it stands: it is new, or what was changed; empty when it is.
std::string post_hoc(const Claim& claim, double alpha, const ClaimRecord& record);

// What is known of a study beside its results.
struct Background {
  // The results' dimensions and variables, without data; its axes have every value that they take in any
  // preset.
  Dataset shape;
  std::vector<std::size_t> same_arms = {};  // per arm the first with the same recipe; empty: all differ
  ClaimRecord record = {};
};

// Refuses claims that cannot be judged whatever the data: syntax, unknown variables, arms, axes and texts,
// duplicate ids, conditions that select nothing in any preset (condition.hpp). And claims that the data
// cannot change (certainty.hpp). `shape` and `same_arms` as in Background. A condition that no point of one
// preset meets is no mistake, since presets may shorten an axis: such a claim is inconclusive.
void check_claims(const std::vector<Claim>& claims, const Dataset& shape,
                  const std::vector<std::size_t>& same_arms = {});

// One verdict a claim, in order. Never throws for a claim that cannot be judged: its outcome is `error`.
//
// With a background, claims that check_claims refuses are errors, and those that are not in the record as
// they stand now are marked post hoc. A claim of the record keeps the share of alpha that it had, whatever
// was added or taken away since.
std::vector<Verdict> judge(const Dataset& data, const std::vector<Claim>& claims, double alpha,
                           const Background* background = nullptr);

}  // namespace twostage
