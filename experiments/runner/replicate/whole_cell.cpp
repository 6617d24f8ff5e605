#include "experiments/runner/replicate/whole_cell.hpp"

namespace twostage {

namespace {

// Whatever the study keeps of it.
Columns every_column(Study study) {
  study.keep.clear();
  return columns_of(study);
}

}  // namespace

WholeCell run_whole_cell(const Study& study, std::size_t index, std::int64_t replicate, double max_bytes) {
  const Point point(study, index, max_bytes);
  const auto r = static_cast<std::uint64_t>(replicate);
  World world = point.make(r);
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  PairPolicies policies = point.policies(world, optimum);
  PreferenceData data = point.sample(world, policies, r);
  WholeCell cell{.point = point,
                 .replicate = replicate,
                 .world = std::move(world),
                 .optimum = std::move(optimum),
                 .policies = std::move(policies),
                 .data = std::move(data),
                 .arms = {},
                 .columns = every_column(study),
                 .values = {},
                 .pairs = {}};
  const RandomSource source = point.source();
  for (const ArmSpec& arm : point.recipe().arms)
    cell.arms.push_back(run_outcome(arm, {cell.world, cell.data, source, r}));

  // The numbers come from the very function that fills result files.
  const BatchResult numbers = *run_batch(study, cell.columns, {index, replicate, 1}, max_bytes);
  const std::size_t arms = cell.arms.size();
  for (std::size_t k = 0; k < cell.columns.arm.size(); ++k)
    cell.values.emplace_back(numbers.arm_values.begin() + static_cast<std::ptrdiff_t>(k * arms),
                             numbers.arm_values.begin() + static_cast<std::ptrdiff_t>((k + 1) * arms));
  for (std::size_t k = 0; k < cell.columns.pair.size(); ++k)
    cell.pairs.emplace_back(numbers.pair_values.begin() + static_cast<std::ptrdiff_t>(k * arms * arms),
                            numbers.pair_values.begin() + static_cast<std::ptrdiff_t>((k + 1) * arms * arms));
  for (std::size_t a = 0; a < arms; ++a) cell.arms[a].status = static_cast<CellStatus>(numbers.status[a]);
  return cell;
}

}  // namespace twostage
