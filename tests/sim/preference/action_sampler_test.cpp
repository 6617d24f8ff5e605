#include "sim/preference/action_sampler.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "tests/support/sequence.hpp"

namespace twostage {
namespace {

double uniform_of(std::uint64_t word) {
  return static_cast<double>(word) * 0x1p-64;
}

// A threshold parts the words by what their uniforms are: the definition, at the threshold and just below it.
TEST(ActionSampler, ThresholdsPartTheWordsAsTheirUniformsDo) {
  std::vector<double> sums = {0x1p-1074,
                              0x1p-64,
                              0x1.8p-64,
                              0x1p-63,
                              0x1p-11,
                              0x1.fffffffffffffp-12,
                              0.5,
                              0x1.fffffffffffffp-2,
                              0x1.0000000000001p-1,
                              0x1.fffffffffffffp-1};
  for (const double x : test::uniform_values(1, 2000, 0, 1)) {
    sums.push_back(x);
    sums.push_back(std::ldexp(x, -static_cast<int>(sums.size() % 70)));
  }
  for (const double sum : sums) {
    const std::uint64_t word = threshold(sum);
    EXPECT_GE(uniform_of(word), sum) << sum;
    EXPECT_LT(uniform_of(word - 1), sum)
        << sum;  // zero has no word below: a sum above 0 has a threshold above 0
  }
  EXPECT_EQ(threshold(0), 0u);
  EXPECT_EQ(threshold(-0.5), 0u);
  // No uniform reaches 1, nor a sum that rounding took above it.
  for (const double sum : {1.0, 1.0000001}) EXPECT_EQ(threshold(sum), kNoUniform);
  EXPECT_EQ(uniform_of(kNoUniform), 1);
  EXPECT_LT(uniform_of(kNoUniform - 1), 1);
}

// The first threshold above the word, for rows of every length and words at and beside every threshold.
TEST(ActionSampler, IndexIsThatOfASearchFromTheFront) {
  for (std::size_t n = 1; n <= 70; ++n) {
    std::vector<double> probability = test::uniform_values(n, n, 0, 1);
    if (n > 4) probability[n / 2] = probability.back() = 0;  // what cannot happen
    double total = 0;
    for (const double p : probability) total += p;
    for (double& p : probability) p /= total;
    const std::vector<std::uint64_t> row = thresholds(probability);
    std::vector<std::uint64_t> words = {0, 1, kNoUniform - 1};
    for (const std::uint64_t t : row)
      for (const std::uint64_t w : {t - 1, t, t + 1})
        if (w < kNoUniform) words.push_back(w);
    for (const std::uint64_t word : words) {
      std::size_t expected = 0;
      while (!(row[expected] > word)) ++expected;
      EXPECT_EQ(draw_index(row, word), expected) << n << " " << word;
      EXPECT_GT(probability[expected], 0);
    }
  }
}

}  // namespace
}  // namespace twostage
