// Which replicates may be used: an arm that did not finish, a missing number, an estimate that does not
// exist. Nothing is left out in silence, because leaving out hard data sets is selection.
#pragma once

#include <string>
#include <vector>

#include "results/verdict/grid.hpp"
#include "results/verdict/verdict.hpp"

namespace twostage::claims {

class Health {
 public:
  // `reads` of the claim. Throws ClaimError when existence is required and the dataset does not have it.
  Health(const Grid& grid, const Claim& claim, const Reads& reads);

  // Every arm the claim reads finished with status 0 (ok). True for claims about the status itself.
  bool finished(const GridPoint& point, std::size_t replicate) const;

  // When the claim requires existence: why it is not met at this point, which has replicates ("" when it is).
  std::string missing_estimates(const GridPoint& point, const std::vector<bool>& shown) const;

 private:
  const Grid& grid_;
  std::vector<std::size_t> arms_;
  std::vector<Column> status_;     // per arm; empty when there is nothing to check
  std::vector<Column> existence_;  // likewise
  std::vector<double> attained_;   // values of `existence` that mean: the estimate exists
};

// At most this share of the replicates may be left out, and of the estimates may not exist.
inline constexpr double tolerated_share = 0.01;

}  // namespace twostage::claims
