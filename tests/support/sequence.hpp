// Fixed pseudo-random inputs for tests (splitmix64), independent of the generator under test: element i is a
// function of the salt and i.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace twostage::test {

inline std::uint64_t mixed(std::uint64_t salt, std::uint64_t i) {
  std::uint64_t z = (salt << 32) + (i + 1) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

// n values, uniform on [low, high).
inline std::vector<double> uniform_values(std::uint64_t salt, std::size_t n, double low, double high) {
  std::vector<double> x(n);
  for (std::size_t i = 0; i < n; ++i)
    x[i] = low + (high - low) * (static_cast<double>(mixed(salt, i) >> 11) * 0x1p-53);
  return x;
}

}  // namespace twostage::test
