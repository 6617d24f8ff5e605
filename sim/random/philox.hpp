// Philox4x64-10, the counter-based generator of Salmon, Moraes, Dror and Shaw (SC 2011), as a
// UniformRandomBitGenerator. The output is a pure function of (key, counter), so streams are addressed.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>

namespace twostage {

class Philox4x64 {
 public:
  using result_type = std::uint64_t;
  using Key = std::array<std::uint64_t, 2>;
  using Counter = std::array<std::uint64_t, 4>;

  // The first four outputs are the block at `counter`; the counter then steps by one (with carry).
  Philox4x64(Key key, Counter counter) : key_(key), counter_(counter) {}

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

  result_type operator()() {
    if (next_ == 4) {
      buffer_ = block(key_, counter_);
      next_ = 0;
      for (auto& word : counter_)
        if (++word != 0) break;
    }
    return buffer_[next_++];
  }

  // The first `blocks` blocks of streams whose counters lie `stride` apart in their first word (without
  // carry), one stream after the other, until `out` is full: out.size() is a multiple of 4 blocks.
  static void fill_streams(Key key, Counter first, std::uint64_t stride, std::size_t blocks,
                           std::span<result_type> out);

  // Ten rounds: the bijection itself.
  static Counter block(Key key, Counter counter);

 private:
  Key key_;
  Counter counter_;
  Counter buffer_{};
  unsigned next_ = 4;
};

}  // namespace twostage
