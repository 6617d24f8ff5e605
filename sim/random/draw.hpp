// Draws from a stream, through Boost.Random (the same sequence for every standard library and version). Its
// normal draws are table values times uniforms; the C library's exp enters only the rejection test, where an
// ulp of difference changes a draw once in about 10^16.
#pragma once

#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_01.hpp>
#include <span>

#include "sim/random/philox.hpp"

namespace twostage {

// Uniform on [0, 1).
inline double draw_uniform(Philox4x64& engine) {
  return boost::random::uniform_01<double>{}(engine);
}

inline double draw_normal(Philox4x64& engine) {
  return boost::random::normal_distribution<double>{}(engine);
}

// Index drawn with the given probabilities (their sum is taken to be one; rounding falls on the last).
inline int draw_category(Philox4x64& engine, std::span<const double> probability) {
  const double u = draw_uniform(engine);
  double cumulative = 0;
  const int last = static_cast<int>(probability.size()) - 1;
  for (int k = 0; k < last; ++k) {
    cumulative += probability[static_cast<std::size_t>(k)];
    if (u < cumulative) return k;
  }
  return last;
}

}  // namespace twostage
