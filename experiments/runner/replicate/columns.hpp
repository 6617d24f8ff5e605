// Columns: the metrics a study stores, in the order of the result file, and the empty result file itself
// (dimensions, variables, definitions), which is also what claims are checked against before anything runs.
#pragma once

#include <string_view>
#include <vector>

#include "experiments/runner/study/study.hpp"
#include "results/dataset/dataset.hpp"
#include "sim/measure/metric.hpp"

namespace twostage {

struct Columns {
  std::vector<const Entry<Metric>*> arm;   // one number an arm: all `always` metrics, the
                                           // predictions, then those on request
  std::vector<const Entry<Metric>*> pair;  // one number for two arms
};

// InputError at the place of `measures` or `keep` for a name that is none, with the nearest, or that stands
// under the wrong key.
Columns columns_of(const Study& study);

// Whether a number that is stored is told by the yardstick.
bool hold_against(const Columns& columns, Yardstick yardstick);

// Whether the exact test of existence decides anything of an arm: what becomes of it without a penalty, or a
// column.
bool needs_existence(const ArmSpec& arm, const Columns& columns);

// Who chooses a metric: "always", "on request", "always, between arms", "predicted, unless ...".
std::string_view selection(const Metric& metric);
// The same in sentences, for all kinds: what `measures`, `keep` and `predictions` do.
extern const std::string_view kSelectionHelp;

// What became of an arm in one replicate.
enum class ArmStatus : std::uint8_t {
  ok = 0,
  not_converged = 1,
  non_finite = 2,
  failed = 3,
  not_unique = 4,
  not_run = 255
};
const std::vector<std::string>& status_names();  // in the order of the values, but for not_run

// A variable without data. Named values are bytes with CF flag_values 0, 1, ... and 255 for not_run; numbers
// carry the bounds that their definition implies: lower_bound, upper_bound, and of_itself for a measure
// between arms.
Variable flag_variable(std::string name, std::vector<std::string> dimensions,
                       std::vector<std::string> meanings);
Variable metric_variable(const Entry<Metric>& entry, const std::vector<std::string>& dimensions);

// The result file without data, with so many replicates (the study's own number when 0). InputError when a
// name is taken twice.
Dataset result_shape(const Study& study, const Columns& columns, std::int64_t replicates = 0);

// The same with every value that an axis has in any preset: what claims may speak of.
Dataset claimable_shape(const Study& study, const Columns& columns);

}  // namespace twostage
