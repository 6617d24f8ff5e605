#include "sim/completions/top_bottom.hpp"

#include <algorithm>

#include "sim/numerics/elementary.hpp"

namespace twostage {

std::vector<double> top_bottom_law(std::span<const double> mass, double n) {
  const std::size_t levels = mass.size();
  std::vector<double> up_to(levels + 1, 0.0);  // mass below each level
  for (std::size_t k = 0; k < levels; ++k) up_to[k + 1] = up_to[k] + mass[k];
  const auto all_within = [&](std::size_t low, std::size_t high) {  // levels low .. high - 1
    const double inside = high > low ? up_to[high] - up_to[low] : 0;
    return inside > 0 ? num::exp(n * num::log(inside)) : 0;
  };
  std::vector<double> out(levels * levels, 0.0);
  for (std::size_t y = 0; y < levels; ++y) {
    for (std::size_t z = 0; z < y; ++z)
      out[y * levels + z] = std::max(0.0, all_within(z, y + 1) - all_within(z + 1, y + 1) - all_within(z, y) +
                                              all_within(z + 1, y));  // but for rounding
    out[y * levels + y] = all_within(y, y + 1);
  }
  return out;
}

}  // namespace twostage
