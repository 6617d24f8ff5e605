// The replicates that a part of a claim (a point, or a line of points) is judged from: those in which every
// arm involved finished and every number is there, in all of the part's points that have the replicate at
// all.
#pragma once

#include <vector>

#include "results/verdict/health.hpp"

namespace twostage::claims {

struct Rows {
  std::vector<std::size_t> used;
  std::vector<std::vector<bool>> has;  // per point, by replicate: whether it is there
  std::size_t fewest = 0;              // used by the point that has the fewest of them
  std::size_t left_out = 0;            // by the point that loses the largest share of its replicates,
  std::size_t replicates = 1;          // which has so many
};

Rows rows_of(const Grid& grid, const Health& health, const std::vector<Quantity>& terms,
             const std::vector<GridPoint>& points);

}  // namespace twostage::claims
