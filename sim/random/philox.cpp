#include "sim/random/philox.hpp"

namespace twostage {
namespace {

struct Wide {
  std::uint64_t high;
  std::uint64_t low;
};

Wide multiply(std::uint64_t a, std::uint64_t b) {
  __extension__ using uint128 = unsigned __int128;
  const uint128 p = static_cast<uint128>(a) * b;
  return {static_cast<std::uint64_t>(p >> 64), static_cast<std::uint64_t>(p)};
}

}  // namespace

Philox4x64::Counter Philox4x64::block(Key key, Counter c) {
  for (int round = 0; round < 10; ++round) {
    const Wide p0 = multiply(0xD2E7470EE14C6C93ULL, c[0]);
    const Wide p1 = multiply(0xCA5A826395121157ULL, c[2]);
    c = {p1.high ^ c[1] ^ key[0], p1.low, p0.high ^ c[3] ^ key[1], p0.low};
    key[0] += 0x9E3779B97F4A7C15ULL;
    key[1] += 0xBB67AE8584CAA73BULL;
  }
  return c;
}

}  // namespace twostage
