#include "sim/completions/top_bottom.hpp"

#include <algorithm>

#include "sim/numerics/elementary.hpp"

namespace twostage {

std::vector<double> top_bottom_law(std::span<const double> mass, double n) {
  const std::size_t levels = mass.size();
  std::vector<double> up_to(levels + 1, 0.0);  // mass below each level
  for (std::size_t k = 0; k < levels; ++k) up_to[k + 1] = up_to[k] + mass[k];
  // A(z, high - 1) for all z at once; 0 from high on.
  const auto all_within = [&](std::size_t high, std::vector<double>& from) {
    std::ranges::fill(from, 0.0);
    const std::span some = std::span(from).first(high);
    for (std::size_t z = 0; z < high; ++z) some[z] = up_to[high] - up_to[z];
    num::log(some, some);
    for (double& log : some) log *= n;
    num::exp(some, some);
  };
  std::vector<double> out(levels * levels, 0.0);
  std::vector<double> lower(levels + 1), upper(levels + 1);
  for (std::size_t y = 0; y < levels; ++y) {
    all_within(y + 1, upper);
    for (std::size_t z = 0; z < y; ++z)  // not below 0 but for rounding
      out[y * levels + z] = std::max(0.0, upper[z] - upper[z + 1] - lower[z] + lower[z + 1]);
    out[y * levels + y] = upper[y];
    lower.swap(upper);
  }
  return out;
}

}  // namespace twostage
