#include "sim/random/philox.hpp"

#include <gtest/gtest.h>

#include <bit>

#include "tests/support/sequence.hpp"
#if __has_include(<Random123/philox.h>)
#include <Random123/philox.h>
#endif

namespace twostage {
namespace {

using Block = Philox4x64::Counter;

// Salmon et al., known-answer vectors of the Random123 distribution: all bits clear, all set, digits of pi.
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(Philox4x64::block({0, 0}, {0, 0, 0, 0}), (Block{0x16554d9eca36314cULL, 0xdb20fe9d672d0fdcULL,
                                                            0xd7e772cee186176bULL, 0x7e68b68aec7ba23bULL}));
  constexpr std::uint64_t ones = ~std::uint64_t{0};
  EXPECT_EQ(
      Philox4x64::block({ones, ones}, {ones, ones, ones, ones}),
      (Block{0x87b092c3013fe90bULL, 0x438c3c67be8d0224ULL, 0x9cc7d7c69cd777b6ULL, 0xa09caebf594f0ba0ULL}));
}

// C++26 [rand.predef]: the 10000th output of philox4x64, seeded with 20111115.
TEST(Philox, TenThousandthOfTheStandard) {
  Philox4x64 engine({20111115, 0}, {0, 0, 0, 0});
  for (int i = 0; i < 9999; ++i) engine();
  EXPECT_EQ(engine(), 3409172418970261260ULL);
}

TEST(Philox, AgreesWithRandom123) {
#if __has_include(<Random123/philox.h>)
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const auto word = [i](std::uint64_t k) { return test::mixed(k, i); };
    const r123::Philox4x64::ctr_type counter = {{word(0), word(1), word(2), word(3)}};
    const r123::Philox4x64::key_type key = {{word(4), word(5)}};
    const auto expected = r123::Philox4x64{}(counter, key);
    const Block actual =
        Philox4x64::block({key[0], key[1]}, {counter[0], counter[1], counter[2], counter[3]});
    for (std::size_t k = 0; k < 4; ++k) ASSERT_EQ(actual[k], expected[k]) << i << " " << k;
  }
#else
  GTEST_SKIP() << "Random123 is not installed";
#endif
}

TEST(Philox, OutputIsTheBlocksInCounterOrder) {
  const Philox4x64::Key key = {3, 4};
  Philox4x64 engine(key, {7, 8, 9, 10});
  for (std::uint64_t step = 0; step < 5; ++step)
    for (const std::uint64_t word : Philox4x64::block(key, {7 + step, 8, 9, 10})) EXPECT_EQ(engine(), word);
}

TEST(Philox, CounterCarries) {
  constexpr std::uint64_t ones = ~std::uint64_t{0};
  Philox4x64 engine({1, 2}, {ones, ones, 5, 6});
  for (int i = 0; i < 4; ++i) engine();
  for (const std::uint64_t word : Philox4x64::block({1, 2}, {0, 0, 6, 6})) EXPECT_EQ(engine(), word);
}

// Flipping one bit of key or counter flips each output bit with probability 1/2. 384 flips of 256 bits:
// mean 49152, sd sqrt(384 * 256)/2 = 157; the bounds are 6 sd, a false alarm in 5e8.
TEST(Philox, Avalanche) {
  const auto base = Philox4x64::block({11, 12}, {13, 14, 15, 16});
  int flipped = 0;
  for (unsigned bit = 0; bit < 384; ++bit) {
    Philox4x64::Key key = {11, 12};
    Block counter = {13, 14, 15, 16};
    const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
    if (bit < 128)
      key[bit / 64] ^= mask;
    else
      counter[bit / 64 - 2] ^= mask;
    const Block other = Philox4x64::block(key, counter);
    for (std::size_t k = 0; k < 4; ++k) flipped += std::popcount(base[k] ^ other[k]);
  }
  EXPECT_NEAR(flipped, 49152, 6 * 157);
}

}  // namespace
}  // namespace twostage
