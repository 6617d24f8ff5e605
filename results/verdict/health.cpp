#include "results/verdict/health.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace twostage::claims {
namespace {

std::vector<Column> per_arm(const Grid& grid, std::string_view name, const std::vector<std::size_t>& arms) {
  std::vector<Column> columns;
  const Variable& variable = grid.data().variable(name);
  for (const std::size_t arm : arms) columns.emplace_back(grid, variable, std::vector{arm});
  return columns;
}

// Values of `existence` that say the estimate exists: unique, or flat (attained, though not at one point
// only).
std::vector<double> attained_flags(const Variable& existence) {
  std::vector<double> attained;
  for (const auto& [meaning, value] : flags_of(existence))
    if (meaning == "unique" || meaning == "flat") attained.push_back(value);
  return attained;
}

}  // namespace

Health::Health(const Grid& grid, const Claim& claim, const Reads& reads) : grid_(grid), arms_(reads.arms) {
  if (!reads.diagnostics && grid.data().has_variable("status")) status_ = per_arm(grid, "status", arms_);
  if (!claim.requires_existence) return;
  if (!grid.data().has_variable("existence"))
    throw ClaimError("", 1, "requires_existence, but the results have no variable 'existence'");
  existence_ = per_arm(grid, "existence", arms_);
  attained_ = attained_flags(grid.data().variable("existence"));
}

bool Health::finished(const GridPoint& point, std::size_t replicate) const {
  return std::ranges::all_of(status_, [&](const Column& status) { return status(point, replicate) == 0; });
}

std::string Health::missing_estimates(const GridPoint& point, const std::vector<bool>& shown) const {
  for (std::size_t i = 0; i < existence_.size(); ++i) {
    std::size_t attained = 0;
    const std::vector<std::size_t> replicates = grid_.replicates_of(point);
    for (const std::size_t r : replicates)
      attained += static_cast<std::size_t>(std::ranges::count(attained_, existence_[i](point, r)));
    const double share = static_cast<double>(attained) / static_cast<double>(replicates.size());
    if (share < 1 - tolerated_share)
      return fmt::format(
          "the unpenalised estimate of '{}' is known to exist in {:.4g} % of the replicates at {}, "
          "99 % are required",
          grid_.arms()[arms_[i]], 100 * share, grid_.label(point, shown));
  }
  return "";
}

}  // namespace twostage::claims
