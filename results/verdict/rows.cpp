#include "results/verdict/rows.hpp"

#include <algorithm>
#include <cmath>

namespace twostage::claims {

Rows rows_of(const Grid& grid, const Health& health, const std::vector<Quantity>& terms,
             const std::vector<GridPoint>& points) {
  const auto complete = [&](const GridPoint& point, std::size_t r) {
    return health.finished(point, r) &&
           std::ranges::all_of(terms, [&](const Quantity& term) { return std::isfinite(term(point, r)); });
  };
  Rows rows;
  std::vector<bool> bad(grid.replicates(), false);
  std::vector<bool> somewhere(grid.replicates(), false);
  for (const GridPoint& point : points) {
    rows.has.emplace_back(grid.replicates(), false);
    for (const std::size_t r : grid.replicates_of(point)) {
      rows.has.back()[r] = true;
      somewhere[r] = true;
      if (!complete(point, r)) bad[r] = true;
    }
  }
  for (std::size_t r = 0; r < grid.replicates(); ++r)
    if (somewhere[r] && !bad[r]) rows.used.push_back(r);
  rows.fewest = rows.used.size();
  for (const std::vector<bool>& has : rows.has) {
    const auto replicates = static_cast<std::size_t>(std::ranges::count(has, true));
    const auto used =
        static_cast<std::size_t>(std::ranges::count_if(rows.used, [&](std::size_t r) { return has[r]; }));
    rows.fewest = std::min(rows.fewest, used);
    if ((replicates - used) * rows.replicates <= rows.left_out * replicates) continue;
    rows.left_out = replicates - used;
    rows.replicates = replicates;
  }
  return rows;
}

}  // namespace twostage::claims
