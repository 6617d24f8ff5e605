// Measured coverage of the intervals of means, each end by itself: laws x replicates x level. Prints the
// table of results/verdict/README.md, as multiples of the promised rate, and holds every entry to it. About
// ten minutes.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/results/verdict/laws.hpp"

namespace twostage {
namespace {

using test::Law;

// Levels of 99 %, 99.9 % and 99.99 %, as far as the replicates are enough for any interval.
std::vector<double> tails(std::size_t replicates) {
  std::vector<double> out;
  for (const double tail : {0.005, 5e-4, 5e-5})
    if (replicates >= replicates_needed(tail)) out.push_back(tail);
  return out;
}

struct Size {
  std::size_t replicates;
  int data_sets;
};
constexpr std::array<Size, 4> sizes{{{20, 400000}, {50, 200000}, {400, 40000}, {4000, 4000}}};

// A law with the multiple of the promised rate that it is held to at each size.
struct Row {
  Law law;
  std::array<double, 4> times;
};

std::vector<Row> rows() {
  return {
      {test::chi_square(), {1, 1.2, 1.2, 1.2}},
      {test::chi_square_ratio(), {1.2, 1.2, 1.3, 1.3}},
      {test::lognormal(), {1.2, 1.2, 1.2, 1.2}},
      {test::lognormal_ratio(), {1.5, 2, 1.2, 1.2}},
      {test::atoms(), {1, 1, 1.3, 1.3}},
      {test::mostly_zero(), {1, 1, 1.2, 1.2}},
      {test::rare_large("1 in 20, 10 times", 20, 10), {5, 4, 2.5, 1.5}},
      {test::rare_large("1 in 50, 20 times", 50, 20), {5, 5, 20, 1.5}},
      {test::pareto("Pareto 2.1", 2.1), {4.5, 2.5, 1.5, 1.2}},
      // No variance: nothing is promised.
      {test::pareto("Pareto 1.5", 1.5), {1e9, 1e9, 1e9, 1e9}},
  };
}

class IntervalCoverage : public testing::TestWithParam<int> {};

TEST_P(IntervalCoverage, PerSide) {
  const Row row = rows()[static_cast<std::size_t>(GetParam())];
  for (std::size_t s = 0; s < sizes.size(); ++s) {
    const auto [replicates, data_sets] = sizes[s];
    const auto m = test::misses(row.law, replicates, data_sets, tails(replicates));
    std::string line = "| " + row.law.name + " | " + std::to_string(replicates) + " |";
    std::array<char, 64> cell{};
    for (std::size_t t = 0; t < m.tails.size(); ++t) {
      const double promised = m.tails[t] * data_sets;
      std::snprintf(cell.data(), cell.size(), " %.2f %.2f |", m.low[t] / promised, m.high[t] / promised);
      line += cell.data();
      const double most = test::most_misses(row.times[s] * promised);
      EXPECT_LE(m.low[t], most) << row.law.name << ", R = " << replicates << ", tail " << m.tails[t];
      EXPECT_LE(m.high[t], most) << row.law.name << ", R = " << replicates << ", tail " << m.tails[t];
    }
    std::snprintf(cell.data(), cell.size(), " %.2f | %.1f %% |", m.width, 100.0 * m.unbounded / data_sets);
    std::printf("%s%s\n", line.c_str(), cell.data());
    std::fflush(stdout);
  }
}

INSTANTIATE_TEST_SUITE_P(Laws, IntervalCoverage, testing::Range(0, 10), [](const auto& info) {
  const Row row = rows()[static_cast<std::size_t>(info.param)];
  std::string name;
  for (const char c : row.law.name)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) name += c;
  return name;
});

}  // namespace
}  // namespace twostage
