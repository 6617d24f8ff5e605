// How the time and the memory of a replicate grow when one of its sizes doubles.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/runner/replicate/arm_record.hpp"

namespace twostage::bench {

// In the settings, {} is the size; `pairs` is one, too.
struct Law {
  const char* what;
  std::int64_t first, last;  // what doubles, up to what a world may have
  const char* world;
  const char* pairs;
  const char* arm;
  double time, memory;    // exponents, at most
  bool exponent = false;  // the size is 2^{}: {} grows by one
};

struct Size {
  double size = 0;
  double seconds = 0;  // of processors, the fastest
  double bytes = 0;
  ArmStatus status = ArmStatus::ok;
};

struct Growth {
  std::vector<Size> sizes;
  std::string end;         // why there are no more sizes
  double unconverged = 0;  // the first size whose fit did not
};

// Each size in a process of its own, until a replicate takes long; found once for each law.
const Growth& growth_of(const Law& law);

// Of the logarithms, over the last four sizes, by least squares.
double slope(const std::vector<Size>& sizes, double Size::*of);

}  // namespace twostage::bench
