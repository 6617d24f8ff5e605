// The data of one statistic theta = sum_k w_k g(mean_k), g the identity or the logarithm: mean, mean
// difference, log ratio of paired means, and least-squares slopes of these are all of this form.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace twostage {

enum class Link { identity, log };

// weights.size() columns one after the other with one value a replicate (NaN where the column lacks it).
struct Sample {
  std::vector<double> columns;
  std::vector<double> weights;
  Link link = Link::identity;

  std::size_t replicates() const { return columns.size() / weights.size(); }
  std::span<const double> column(std::size_t k) const {
    return std::span(columns).subspan(k * replicates(), replicates());
  }
};

}  // namespace twostage
