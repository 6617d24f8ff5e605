// Addressed streams: what is in the address, what is not, and that neighbouring addresses are unrelated.
#include "sim/random/stream.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <boost/math/distributions/chi_squared.hpp>
#include <set>
#include <stdexcept>
#include <vector>

#include "sim/random/draw.hpp"

namespace twostage {
namespace {

constexpr Purpose kPurposes[] = {Purpose::world, Purpose::data, Purpose::on_policy, Purpose::optimiser,
                                 Purpose::bootstrap};

std::vector<std::uint64_t> first_words(Philox4x64 engine, int n) {
  std::vector<std::uint64_t> words;
  for (int i = 0; i < n; ++i) words.push_back(engine());
  return words;
}

TEST(Stream, IsAFunctionOfItsAddress) {
  const RandomSource a(42, "horizon");
  const RandomSource b(42, "horizon");
  // Asked for in another order, among other draws: the same words.
  const auto before = first_words(a.stream(Purpose::data, 3, 1, 17), 12);
  first_words(b.stream(Purpose::world, 0, 0, 0), 100);
  EXPECT_EQ(first_words(b.stream(Purpose::data, 3, 1, 17), 12), before);
}

TEST(Stream, ManyAreFilledAsOneByOne) {
  const RandomSource source(42, "horizon");
  for (const std::size_t blocks : {1u, 2u, 5u})
    for (const std::size_t streams : {0u, 1u, 7u}) {
      std::vector<std::uint64_t> words(streams * blocks * 4);
      source.fill(Purpose::data, 3, 1, 17, blocks, words);
      std::vector<std::uint64_t> expected;
      for (std::size_t k = 0; k < streams; ++k)
        for (const std::uint64_t word :
             first_words(source.stream(Purpose::data, 3, 1, 17 + k), static_cast<int>(4 * blocks)))
          expected.push_back(word);
      EXPECT_EQ(words, expected);
    }
  std::vector<std::uint64_t> words(4);
  EXPECT_THROW(source.fill(Purpose::data, 0, 0, std::uint64_t{1} << 40, 1, words), std::invalid_argument);
}

TEST(Stream, EveryPartOfTheAddressMatters) {
  std::set<std::uint64_t> first;
  std::size_t count = 0;
  for (const std::uint64_t seed : {0ULL, 1ULL, (1ULL << 53) - 1})
    for (const char* study : {"", "horizon", "samples", "horizon "})
      for (const Purpose purpose : kPurposes)
        for (const std::uint64_t replicate : {0ULL, 1ULL, 399ULL})
          for (const std::uint64_t instance : {0ULL, 1ULL, 2ULL})
            for (const std::uint64_t index : {0ULL, 1ULL, 1ULL << 20, (1ULL << 40) - 1}) {
              first.insert(RandomSource(seed, study).stream(purpose, replicate, instance, index)());
              ++count;
            }
  EXPECT_EQ(first.size(), count);
}

// The data set of n pairs is a prefix of that of 2n.
TEST(Stream, PrefixProperty) {
  const RandomSource source(1, "samples");
  const auto draw = [&](std::uint64_t n) {
    std::vector<double> values;
    for (std::uint64_t i = 0; i < n; ++i) {
      Philox4x64 engine = source.stream(Purpose::data, 0, 0, i);
      for (std::uint64_t k = 0; k <= i % 5; ++k)
        values.push_back(draw_uniform(engine));  // any number of draws
    }
    return values;
  };
  const auto shorter = draw(50);
  auto longer = draw(100);
  ASSERT_GT(longer.size(), shorter.size());
  longer.resize(shorter.size());
  EXPECT_EQ(longer, shorter);
}

// An index owns 2^24 blocks: the block after its last one is the first of the next index.
TEST(Stream, OwnsTwoToTheTwentyFourBlocks) {
  const RandomSource source(9, "horizon");
  Philox4x64 last({9, hash_name("horizon")},
                  {(std::uint64_t{6} << 24) - 1, 2, static_cast<std::uint64_t>(Purpose::world), 4});
  for (int i = 0; i < 4; ++i) last();
  EXPECT_EQ(first_words(last, 8), first_words(source.stream(Purpose::world, 2, 4, 6), 8));
}

TEST(Stream, RefusesAddressesOutOfRange) {
  EXPECT_THROW(RandomSource(1ULL << 53, "x"), std::invalid_argument);
  EXPECT_THROW(RandomSource(1, "x").stream(Purpose::data, 0, 0, 1ULL << 40), std::invalid_argument);
}

// Words of neighbouring addresses share half their bits. 4 x 1000 comparisons of 64 bits: mean 128000, sd
// sqrt(4 * 64000)/2 = 253; the bounds are 6 sd, a false alarm in 5e8.
TEST(Stream, NeighboursAreUncorrelated) {
  const RandomSource source(7, "horizon");
  int agree = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const std::uint64_t here = source.stream(Purpose::data, i, 0, i)();
    for (const std::uint64_t there :
         {source.stream(Purpose::data, i, 0, i + 1)(), source.stream(Purpose::data, i + 1, 0, i)(),
          source.stream(Purpose::on_policy, i, 0, i)(), source.stream(Purpose::data, i, 1, i)()})
      agree += 64 - std::popcount(here ^ there);
  }
  EXPECT_NEAR(agree, 128000, 6 * 253);
}

// First draws of successive indices, the pattern in which pairs are drawn: 32 x 32 cells of consecutive
// values over 2^16 indices, chi-square with 1023 degrees of freedom at a false-alarm rate of 1e-6.
TEST(Stream, FirstDrawsOfSuccessiveIndicesAreUniformInPairs) {
  const RandomSource source(5, "samples");
  const std::uint64_t n = 1 << 16;
  std::vector<double> cell(1024, 0.0);
  for (std::uint64_t i = 0; i < n; ++i) {
    Philox4x64 a = source.stream(Purpose::data, 0, 0, 2 * i);
    Philox4x64 b = source.stream(Purpose::data, 0, 0, 2 * i + 1);
    cell[static_cast<std::size_t>(32 * draw_uniform(a)) * 32 +
         static_cast<std::size_t>(32 * draw_uniform(b))] += 1;
  }
  double chi_square = 0;
  for (const double c : cell) chi_square += (c - 64) * (c - 64) / 64;
  const boost::math::chi_squared law(1023);
  EXPECT_LT(chi_square, quantile(complement(law, 5e-7)));
  EXPECT_GT(chi_square, quantile(law, 5e-7));
}

TEST(HashName, GoldenValuesAndDistinctNames) {
  EXPECT_EQ(hash_name(""), 0xefd01f60ba992926ULL);
  EXPECT_EQ(hash_name("horizon"), 0xcdddc644a67d2a9dULL);
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(hash_name("study" + std::to_string(i)));
  EXPECT_EQ(seen.size(), 1000U);
}

}  // namespace
}  // namespace twostage
