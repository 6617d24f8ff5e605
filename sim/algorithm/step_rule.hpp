// How a course makes a step of a gradient g of n terms:
//   gradient   theta <- theta - (rate / n) g
//   adam       theta <- theta - rate m / (sqrt(v) + epsilon), m and v the means of g / n and of its squares
//              that forget by keep_mean and keep_square, corrected for having begun at 0 (1412.6980)
#pragma once

#include <span>
#include <vector>

#include "sim/algorithm/learner.hpp"

namespace twostage {

class StepRule {
 public:
  // `terms`: n, as often as they count. Without one there is nothing to take the mean of, and n is 1.
  StepRule(const Course& course, double terms, std::size_t parameters);

  void descend(std::span<const double> gradient, std::span<double> theta);

 private:
  Course course_;
  double terms_;
  std::vector<double> mean_, square_;       // of adam
  double kept_mean_ = 1, kept_square_ = 1;  // what is left in them of where they began
};

}  // namespace twostage
