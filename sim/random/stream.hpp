// Addressed random streams: a draw is named by what it is for, never by the order in which it was asked
// for. key = (master seed, hash of the study's name); counter = (draw, replicate, purpose, instance).
// Every arm and every compared knob (beta, class size, n) stays out of the address, which gives common
// random numbers across arms and a data set of n pairs that is a prefix of the one of 2n.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string_view>

#include "sim/random/philox.hpp"

namespace twostage {

enum class Purpose : std::uint64_t {
  world = 0,
  data = 1,
  on_policy = 2,
  optimiser = 3,
  bootstrap = 4,
  confidence = 5
};

class RandomSource {
 public:
  // `seed` < 2^53, so that it survives a trip through a double. Both throw std::invalid_argument out of
  // range.
  RandomSource(std::uint64_t seed, std::string_view study);

  // The stream of draw `index` (< 2^40; up to 2^24 blocks of four words each before it meets the next one).
  Philox4x64 stream(Purpose purpose, std::uint64_t replicate, std::uint64_t instance,
                    std::uint64_t index) const {
    return {key_, counter(purpose, replicate, instance, index)};
  }

  // The first 4 blocks outputs of the streams of draws first, first + 1, ..., one stream after the other,
  // until `out` is full: out.size() is a multiple of 4 blocks.
  void fill(Purpose purpose, std::uint64_t replicate, std::uint64_t instance, std::uint64_t first,
            std::size_t blocks, std::span<std::uint64_t> out) const {
    if (const std::uint64_t streams = out.size() / (4 * blocks); streams > 0)
      counter(purpose, replicate, instance, first + streams - 1);  // the last one has an address, too
    Philox4x64::fill_streams(key_, counter(purpose, replicate, instance, first),
                             std::uint64_t{1} << kBlockBits, blocks, out);
  }

 private:
  static constexpr int kBlockBits = 24;

  static Philox4x64::Counter counter(Purpose purpose, std::uint64_t replicate, std::uint64_t instance,
                                     std::uint64_t index) {
    if (index >> (64 - kBlockBits) != 0)
      throw std::invalid_argument("stream: the draw index must stay below 2^40");
    return {index << kBlockBits, replicate, static_cast<std::uint64_t>(purpose), instance};
  }

  Philox4x64::Key key_;
};

// FNV-1a, 64 bits, with a final avalanche: the address of a study's name.
std::uint64_t hash_name(std::string_view name);

}  // namespace twostage
