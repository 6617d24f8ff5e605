// A hash of the bits of numbers, for promises that hold for every compiler, optimisation level and processor.
#pragma once

#include <bit>
#include <cstdint>

namespace twostage::test {

class BitsHash {
 public:
  void add(double x) {
    // The sign and payload of a NaN are no part of the promise.
    const std::uint64_t word = x != x ? 0x7ff8000000000000ULL : std::bit_cast<std::uint64_t>(x);
    value_ = (value_ ^ word) * 0x100000001b3ULL;
    value_ ^= value_ >> 29;
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

}  // namespace twostage::test
