#include "experiments/runner/replicate/batch.hpp"

#include <limits>

namespace twostage {

BatchResult empty_batch(const Study& study, const Columns& columns, const Batch& batch) {
  constexpr double missing = std::numeric_limits<double>::quiet_NaN();
  const std::size_t arms = study.recipe.arms.size();
  const std::size_t fits = static_cast<std::size_t>(batch.count) * arms;
  return {batch,
          std::vector<std::uint8_t>(fits, static_cast<std::uint8_t>(ArmStatus::failed)),
          std::vector<double>(columns.arm.size() * fits, missing),
          std::vector<double>(columns.pair.size() * fits * arms, missing),
          {},
          std::vector<std::string>(columns.arm.size())};
}

}  // namespace twostage
