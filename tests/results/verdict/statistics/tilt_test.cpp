// Weights of an empirical likelihood against closed forms.
#include "results/verdict/statistics/tilt.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

namespace twostage {
namespace {

std::vector<double> furthest(const std::vector<double>& values, double budget) {
  std::vector<double> weights(values.size());
  Tilt(values.size() - 1).furthest(values, budget, weights);
  return weights;
}

double spent(const std::vector<double>& weights) {
  const double n = static_cast<double>(weights.size() - 1);
  double sum = 0;
  for (std::size_t r = 0; r + 1 < weights.size(); ++r) sum -= std::log(n * weights[r]);
  return sum;
}

// Ten zeros, ten ones, nothing unseen above them. With mass p on the ones the weights are p / 10 and
// (1 - p) / 10, so 10 log(1/2p) + 10 log(1/2(1-p)) = budget: 4 p (1 - p) = exp(-budget / 10).
TEST(Tilt, OfTwoValues) {
  std::vector<double> values(21, 0.0);
  for (std::size_t r = 10; r < 20; ++r) values[r] = 1;
  for (const double budget : {1e-6, 0.3, 3.0, 8.0, 40.0}) {
    const auto weights = furthest(values, budget);
    const double p = (1 + std::sqrt(-std::expm1(-budget / 10))) / 2;
    for (std::size_t r = 0; r < 20; ++r) EXPECT_NEAR(weights[r], (r < 10 ? 1 - p : p) / 10, 1e-10);
    EXPECT_EQ(weights[20], 0);
  }
}

// An unseen 5 above ten zeros and ten ones. The budget is spent on it from where nu = 5: the observed keep
// odds 1/5 to 1/4 and shrink together, so that q = s / 5 and s / 4 with 20 log(1 / 20 s) + 10 log 5 +
// 10 log 4 = budget: s = sqrt(20) exp(-budget / 20) / 20. Without it nu = 5 spends 10 log(81 / 80) = 0.1242.
TEST(Tilt, BuysWeightForTheUnseen) {
  std::vector<double> values(21, 0.0);
  for (std::size_t r = 10; r < 20; ++r) values[r] = 1;
  values[20] = 5;
  const auto weights = furthest(values, 2);
  const double s = std::sqrt(20.0) * std::exp(-0.1) / 20;
  EXPECT_NEAR(weights[0], s / 5, 1e-14);
  EXPECT_NEAR(weights[19], s / 4, 1e-14);
  EXPECT_NEAR(weights[20], 1 - 10 * (s / 5 + s / 4), 1e-14);
  EXPECT_GT(furthest(values, 0.1243)[20], 0);
  EXPECT_EQ(furthest(values, 0.1241)[20], 0);
}

// Nothing differs but the unseen: all but exp(-budget / n) of the mass goes there.
TEST(Tilt, OfOneValue) {
  std::vector<double> values(31, 2.0);
  EXPECT_EQ(furthest(values, 3)[0], 1.0 / 30);
  values.back() = 7;
  const auto weights = furthest(values, 3);
  EXPECT_NEAR(weights[0], std::exp(-0.1) / 30, 1e-15);
  EXPECT_NEAR(weights[30], -std::expm1(-0.1), 1e-14);
}

// Nothing within the budget lies further: weights of the stationary form s / (nu - y), the whole budget, sum
// one, on values that spread over twelve orders of magnitude.
TEST(Tilt, SpendsTheBudgetAndIsStationary) {
  std::vector<double> values;
  for (int r = 0; r < 400; ++r) values.push_back(std::exp(0.07 * r) - 50);
  values.push_back(-1e3);
  for (const double budget : {1e-3, 3.3, 8.0, 200.0}) {
    const auto weights = furthest(values, budget);
    EXPECT_NEAR(std::accumulate(weights.begin(), weights.end(), 0.0), 1, 1e-12);
    EXPECT_NEAR(spent(weights) / budget, 1, 1e-6);
    // 1 / q is a straight line in y.
    const double slope = (1 / weights[0] - 1 / weights[399]) / (values[399] - values[0]);
    for (std::size_t r = 0; r < 400; ++r)
      EXPECT_NEAR(weights[r] * (1 / weights[0] - slope * (values[r] - values[0])), 1, 1e-6) << r;
  }
}

}  // namespace
}  // namespace twostage
