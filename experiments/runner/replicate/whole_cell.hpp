// One cell with everything in it, kept: what `explain` tells and stores. The same steps, streams and numbers
// as the cell of a run.
#pragma once

#include <filesystem>

#include "experiments/runner/replicate/arm_record.hpp"
#include "experiments/runner/replicate/cell.hpp"
#include "results/file/atomic_write.hpp"

namespace twostage {

struct WholeCell {
  Point point;
  std::int64_t replicate;
  World world;
  SoftPlan optimum;       // pi* of the true reward
  PairPolicies policies;  // what the pairs are drawn from
  PreferenceData data;
  std::vector<ArmOutcome> arms;
  Columns columns;
  std::vector<std::vector<double>> values;  // [column][arm]
  std::vector<std::vector<double>> pairs;   // [column][arm * arms + arm_b]
};

WholeCell run_whole_cell(const Study& study, std::size_t point, std::int64_t replicate, double max_bytes);

// As a file from which anyone can compute everything again: experiments/runner/CELL_FORMAT.md.
void save_cell(const std::filesystem::path& path, const Study& study, const WholeCell& cell,
               Existing existing = Existing::replace);

}  // namespace twostage
