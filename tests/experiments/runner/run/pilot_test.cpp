// What a run takes, told from a part of it, in counted work: no clock decides a test.
#include "experiments/runner/run/pilot.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace twostage {
namespace {

// A prediction costs as much as a hundred fits, and a run of 1000 replicates makes each of its 40 once. Taken
// as a part of every replicate, as the timed one had it, they would make 11 times as much.
TEST(Pilot, WhatASharedWorldCostsOnceIsCountedOnce) {
  constexpr double prediction = 100, fit = 1;
  constexpr std::size_t strands = 20, fits = 10, predictions = 1;  // of each strand; 8 of them are timed
  const Pilot pilot = {.first = 8 * (predictions * prediction + fits * fit),
                       .again = 8 * fits * fit,
                       .predictions = 8 * predictions,
                       .fits = 8 * fits,
                       .points = 8};
  const double whole = strands * (predictions * prediction + 1000 * fits * fit);
  EXPECT_NEAR(
      estimated_seconds(pilot, {.predictions = strands * predictions, .fits = strands * fits * 1000.0}),
      whole, 1e-9 * whole);
  EXPECT_GT(pilot.first / 8 * strands * 1000, 10 * whole);
}

TEST(Pilot, WithoutPredictionsTheFirstReplicateIsNoGuide) {
  EXPECT_DOUBLE_EQ(estimated_seconds({.first = 9, .again = 2, .predictions = 0, .fits = 4, .points = 1},
                                     {.predictions = 7, .fits = 10}),
                   5);
}

// Costs that grow eightfold along an axis, as with a horizon: wherever one stops after a fifth, the mean is
// within a factor of 1.5 of that of all.
TEST(Pilot, APartThatIsSpreadStandsForAll) {
  for (const std::size_t count : {1u, 2u, 3u, 7u, 40u, 500u, 501u}) {
    std::vector<std::size_t> order(count);
    for (std::size_t i = 0; i < count; ++i) order[i] = spread_order(i, count);
    std::vector<std::size_t> sorted = order;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(sorted[i], i) << count;
    if (count < 40) continue;
    const auto cost = [&](std::size_t k) {
      return 1 + 7 * static_cast<double>(k) / static_cast<double>(count - 1);
    };
    for (std::size_t part = count / 5; part <= count; ++part) {
      const double mean = std::accumulate(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(part),
                                          0.0, [&](double sum, std::size_t k) { return sum + cost(k); }) /
                          static_cast<double>(part);
      EXPECT_GT(mean, 4.5 / 1.5) << count << " " << part;
      EXPECT_LT(mean, 4.5 * 1.5) << count << " " << part;
    }
  }
}

}  // namespace
}  // namespace twostage
