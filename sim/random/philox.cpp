#include "sim/random/philox.hpp"

namespace twostage {
namespace {

using Word = std::uint64_t;

struct Wide {
  Word high;
  Word low;
};

Wide multiply(Word a, Word b) {
  __extension__ using uint128 = unsigned __int128;
  const uint128 p = static_cast<uint128>(a) * b;
  return {static_cast<Word>(p >> 64), static_cast<Word>(p)};
}

// Ten rounds on four words that stay in registers: as arrays they would travel through memory.
[[gnu::always_inline]] inline void ten_rounds(Word key0, Word key1, Word& c0, Word& c1, Word& c2, Word& c3) {
  for (int round = 0; round < 10; ++round) {
    const Wide p0 = multiply(0xD2E7470EE14C6C93ULL, c0);
    const Wide p1 = multiply(0xCA5A826395121157ULL, c2);
    c0 = p1.high ^ c1 ^ key0;
    c1 = p1.low;
    c2 = p0.high ^ c3 ^ key1;
    c3 = p0.low;
    key0 += 0x9E3779B97F4A7C15ULL;
    key1 += 0xBB67AE8584CAA73BULL;
  }
}

}  // namespace

Philox4x64::Counter Philox4x64::block(Key key, Counter c) {
  ten_rounds(key[0], key[1], c[0], c[1], c[2], c[3]);
  return c;
}

void Philox4x64::fill_streams(Key key, Counter first, std::uint64_t stride, std::size_t blocks,
                              std::span<result_type> out) {
  std::size_t done = 0;
  for (Word start = first[0]; done < out.size(); start += stride)
    for (std::size_t b = 0; b < blocks; ++b, done += 4) {
      Word c0 = start + b, c1 = first[1], c2 = first[2], c3 = first[3];
      ten_rounds(key[0], key[1], c0, c1, c2, c3);
      out[done] = c0;
      out[done + 1] = c1;
      out[done + 2] = c2;
      out[done + 3] = c3;
    }
}

}  // namespace twostage
