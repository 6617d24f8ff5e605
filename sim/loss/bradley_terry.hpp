// The Bradley-Terry loss of comparisons with counts,
//   sum_k wins_k softplus(-Delta_k) + losses_k softplus(Delta_k),
// with its derivatives in each margin; all follow from e^-|Delta|.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace twostage {

class BradleyTerry {
 public:
  explicit BradleyTerry(std::size_t rows)
      : margins(rows), slope(rows), curvature(rows), small_(rows), tail_(rows), terms_(rows) {}

  double evaluate(std::span<const double> wins, std::span<const double> losses);

  std::vector<double> margins;    // in
  std::vector<double> slope;      // out: first derivative
  std::vector<double> curvature;  // out: second

 private:
  std::vector<double> small_, tail_, terms_;
};

}  // namespace twostage
