#include "results/verdict/statistics/variation.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "sim/numerics/elementary.hpp"

namespace twostage {
namespace {

// The most values that lie within `width` of each other.
std::size_t most_alike(std::vector<double> values, double width) {
  std::ranges::sort(values);
  std::size_t most = 0;
  for (std::size_t first = 0, last = 0; last < values.size(); ++last) {
    while (values[last] - values[first] > width) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

// Rows with the same product of the powers x_k^w_k. Of a contrast (powers that sum to zero: a ratio) a row of
// zeros says nothing, so it agrees with any.
std::size_t most_proportional(const Sample& sample) {
  std::vector<double> logarithms;
  std::size_t zeros = 0;
  for (std::size_t r = 0; r < sample.replicates(); ++r) {
    double sum = 0;
    std::size_t there = 0;
    std::size_t positive = 0;
    std::size_t zero = 0;
    for (std::size_t k = 0; k < sample.weights.size(); ++k) {
      const double x = sample.column(k)[r];
      if (std::isnan(x)) continue;
      ++there;
      if (x > 0) ++positive;
      if (x == 0) ++zero;
      sum += sample.weights[k] * num::log(x);
    }
    if (there > 0 && positive == there) logarithms.push_back(sum);
    if (there > 0 && zero == there) ++zeros;
  }
  double size = 0;
  double powers = 0;
  for (const double w : sample.weights) {
    size += std::fabs(w);
    powers += w;
  }
  const bool contrast = std::fabs(powers) <= 1e-12 * size;
  return (contrast ? zeros : 0) + most_alike(std::move(logarithms), solver_noise * size);
}

}  // namespace

std::size_t differing_rows(const Sample& sample, std::span<const double> added, double scale) {
  std::size_t alike = most_alike({added.begin(), added.end()}, solver_noise * scale);
  if (sample.link == Link::log) alike = std::max(alike, most_proportional(sample));
  return added.size() - alike;
}

bool varies(std::size_t differing, std::size_t rows, double tail) {
  const auto n = static_cast<double>(rows);
  return n * num::log(static_cast<double>(rows - differing) / n) <= num::log(tail);
}

}  // namespace twostage
