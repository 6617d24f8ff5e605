// Confidence intervals for theta = sum_k w_k g(mean_k), g the identity or the logarithm.
#pragma once

#include <cstddef>

#include "results/verdict/binomial.hpp"
#include "results/verdict/sample.hpp"

namespace twostage {

// Fewer rows than this say nothing about a tail.
inline constexpr std::size_t minimal_replicates = 20;

struct MeanInterval {
  double estimate = 0;  // NaN when a mean <= 0 stands under a logarithm
  double standard_error = 0;
  std::size_t differing = 0;  // rows that differ from the most frequent one
  bool varies = false;        // enough of them that the data bound theta at all
  Bounds interval{0, 0};      // an end that the data do not bound is infinite
};

// Each end errs with probability `tail`. Throws std::invalid_argument when a column has fewer than
// `minimal_replicates` rows.
MeanInterval likelihood_interval(const Sample& sample, double tail);

}  // namespace twostage
