// Bootstrap resamples against a list of all labels, one by one.
#include "sim/preference/resample.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/numerics/reduce.hpp"
#include "sim/random/draw.hpp"
#include "sim/random/stream.hpp"

namespace twostage {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;

// Comparisons of single tokens: (first, second, wins, losses).
PairTable table(const std::vector<std::array<double, 4>>& rows) {
  PairTable out;
  out.horizon = 1;
  out.completions = {0, 1, 2};
  double total = 0;
  for (const auto& row : rows) {
    out.first.push_back(static_cast<std::uint32_t>(row[0]));
    out.second.push_back(static_cast<std::uint32_t>(row[1]));
    out.wins.push_back(row[2]);
    out.losses.push_back(row[3]);
    total += row[2] + row[3];
  }
  out.pairs = static_cast<std::size_t>(total);
  return out;
}

Philox4x64 stream(std::uint64_t member) {
  return RandomSource(5, "resample").stream(Purpose::bootstrap, 3, member, 0);
}

double labels(const PairTable& of) {
  return num::sum(of.wins) + num::sum(of.losses);
}

TEST(Resample, DrawsLabelsOneByOne) {
  const PairTable data = table({{0, 1, 3, 1}, {2, 1, 0, 2}, {0, 2, 4, 0}});
  const std::vector<std::size_t> listed = {0, 0, 0, 1, 3, 3, 4, 4, 4, 4};  // 2 row + (lost)
  for (std::uint64_t member = 0; member < 20; ++member) {
    std::vector<double> drawn(6, 0.0);
    Philox4x64 engine = stream(member);
    for (std::size_t k = 0; k < listed.size(); ++k)
      ++drawn[listed[static_cast<std::size_t>(std::floor(10 * draw_uniform(engine)))]];
    const PairTable mine = resampled(data, stream(member));
    std::size_t row = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      if (drawn[2 * k] + drawn[2 * k + 1] == 0) continue;
      ASSERT_LT(row, mine.rows());
      EXPECT_EQ(mine.first[row], data.first[k]);
      EXPECT_EQ(mine.second[row], data.second[k]);
      EXPECT_EQ(mine.wins[row], drawn[2 * k]);
      EXPECT_EQ(mine.losses[row], drawn[2 * k + 1]);
      ++row;
    }
    EXPECT_EQ(mine.rows(), row) << "rows that were not drawn are left out";
    EXPECT_EQ(mine.pairs, data.pairs);
  }
}

// Of 900 labels the share that is never drawn is (1 - 1/900)^900 = e^-1 to 2e-4. Over 40 resamples its mean
// has a standard deviation of sqrt((e^-1 - 2 e^-2) / 36000) = 0.0016; five of them: a false-alarm rate of
// 6e-7.
TEST(Resample, LeavesOutAShareOfOneOverE) {
  std::vector<std::array<double, 4>> rows;
  for (int k = 0; k < 900; ++k)
    rows.push_back({static_cast<double>(2 * k), static_cast<double>(2 * k + 1), 1, 0});
  const PairTable data = table(rows);
  double left = 0;
  for (std::uint64_t member = 0; member < 40; ++member) {
    const PairTable mine = resampled(data, stream(member));
    EXPECT_EQ(labels(mine), 900);
    left += (900 - static_cast<double>(mine.rows())) / 900 / 40;
  }
  EXPECT_NEAR(left, std::exp(-1), 0.008);
}

TEST(Resample, KeepsTheSumOfCountsThatAreNotWhole) {
  const PairTable data = table({{0, 1, 71.6, 26.2}, {2, 1, 0, 2.5}});  // 100.3: drawn 100 times
  const PairTable mine = resampled(data, stream(0));
  EXPECT_NEAR(labels(mine), 100.3, 1e-12);
  EXPECT_NEAR(std::remainder(mine.wins[0], 1.003), 0, 1e-12);
}

TEST(Resample, OfNothingOrOfOneLabelIsTheTable) {
  EXPECT_EQ(resampled(table({}), stream(0)).rows(), 0u);
  EXPECT_THAT(resampled(table({{0, 1, 0.2, 0.1}}), stream(0)).wins, ElementsAre(DoubleEq(0.2)));
  const PairTable one = resampled(table({{0, 1, 0, 0}, {2, 1, 0, 1}, {0, 2, 0, 0}}), stream(0));
  EXPECT_THAT(one.first, ElementsAre(2));
  EXPECT_THAT(one.losses, ElementsAre(1));
}

}  // namespace
}  // namespace twostage
