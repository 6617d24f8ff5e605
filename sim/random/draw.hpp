// Draws from a stream, through Boost.Random (the same sequence for every standard library and version). Its
// normal draws are table values times uniforms; the C library's exp enters only the rejection test, where an
// ulp of difference changes a draw once in about 10^16.
#pragma once

#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_01.hpp>

#include "sim/random/philox.hpp"

namespace twostage {

// Uniform on [0, 1).
inline double draw_uniform(Philox4x64& engine) {
  return boost::random::uniform_01<double>{}(engine);
}

inline double draw_normal(Philox4x64& engine) {
  return boost::random::normal_distribution<double>{}(engine);
}

}  // namespace twostage
