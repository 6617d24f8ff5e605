// What one replicate gives of one arm: its fit, what became of it, and every metric of it alone. A pure
// function of the arm, the world and the data.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/runner/replicate/columns.hpp"

namespace twostage {

// For `explain` too; a batch keeps the numbers only.
struct ArmOutcome {
  ArmStatus status = ArmStatus::not_run;
  std::string error;  // why it failed
  ArmResult result;
};

// `kept` as in run_arm.
ArmOutcome run_outcome(const ArmSpec& arm, const ArmInput& input, std::unique_ptr<Learner>* kept = nullptr);

struct ArmRecord {
  ArmOutcome outcome;
  std::vector<double> values;                                // [columns.arm]; NaN where missing or predicted
  std::vector<std::pair<std::size_t, std::string>> inexact;  // columns, and why their value is missing

  std::size_t bytes() const;  // about
};

// What `outcome`, of this arm and input, is worth. `context` is of the input's data, and of its world or what
// is measured of that. `target`: where the arm aims in this world, if that is known already; else it is put
// there once a measure asks for it. `control`: theory's word on these data, which is taken from the regret
// where a column asks for that.
ArmRecord record_arm(ArmOutcome outcome, const ArmSpec& arm, const ArmInput& input, const Columns& columns,
                     const Context& context, const std::function<Measured()>& control,
                     std::optional<Target>* target = nullptr);

}  // namespace twostage
