// Two-stage sampling: how many replicates a point needs, told from a first stage of R0 of them. With e the
// relative standard error of a quantity in the first stage (of the logarithm of its mean, by the delta
// method) and e* the one wanted, the point gets
//   R = R0 + B ceil(max(0, R0 (e / e*)^2 - R0) / B),  at most `cap`,
// the largest over the quantities, in whole batches of B.
//
// Source: Stein 1945, Ann. Math. Stat. 16, 243-258: the second stage is sized by the variance of the first,
// never by its mean, so intervals from all R keep their level. Here the error is relative, so the mean enters
// through its size (a bias of order 1/R0), but no claim does: nothing is looked at again, and the number is a
// function of the first R0 replicates alone. Regime: R0 of some tens at least, so that e is itself known; the
// error reached is e* up to the error of that estimate, about e* / sqrt(2 R0) for normal data.
//
// `where` chooses the points that get a second stage at all, in the language of claims' conditions. It may
// speak of axes and of what is known before any data (predictions), so that it too is blind to what was
// measured: more replicates near a predicted boundary, say.
//
// A quantity is `mean(e)`, `ratio(e, e)` or `e` for its mean, e an expression of the claim language
// (syntax.hpp). Replicates in which an arm it reads did not finish are left out. Where the logarithm does not
// exist (a mean that is not positive) the wish is out of reach and the point gets `cap`; with fewer than two
// usable replicates nothing is known and it keeps R0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "results/dataset/dataset.hpp"
#include "results/verdict/condition.hpp"

namespace twostage {

struct Precision {
  std::vector<std::string> of;  // quantities
  double relative = 0.03;       // wanted standard error of the logarithm of each
  std::int64_t cap = 4000;      // replicates of a point
  std::string where = {};       // the points that may get more; all when empty
  bool operator==(const Precision&) const = default;
};

class PrecisionRule {
 public:
  // Keeps a reference to `data`, whose values may be empty until they are asked for. Throws ClaimError with
  // key "precision.of.<index>" or "precision.where" for a formula that cannot be read.
  PrecisionRule(const Precision& precision, const Dataset& data);

  // The largest relative standard error at a point (an index for each axis of the dataset, in its order),
  // from its first `replicates`. Infinite where a mean is not positive, 0 where nothing is known.
  double relative_error(const std::vector<std::size_t>& point, std::size_t replicates) const;

  // The replicates the point needs in all.
  std::int64_t needed(const std::vector<std::size_t>& point, std::int64_t first_stage,
                      std::int64_t batch) const;

 private:
  struct Target {
    std::vector<claims::Quantity> terms;  // one: a mean; two: a ratio of means
    std::vector<claims::Column> status;   // of the arms they read
  };
  Precision precision_;
  claims::Grid grid_;
  std::optional<claims::Selection> where_;
  std::vector<Target> targets_;
};

// What `where` names, with places in it. ClaimError with key "precision.where".
std::vector<claims::Named> names_in_where(const Precision& precision);

// ClaimError with key "precision.where" when `where` can select nothing (condition.hpp); `shape` has every
// value that its axes take in any preset.
void check_where(const Precision& precision, const Dataset& shape);

// The rule's arithmetic: R from R0, e, e*, B and cap.
std::int64_t second_stage(std::int64_t first_stage, double error, double wanted, std::int64_t batch,
                          std::int64_t cap);

}  // namespace twostage
