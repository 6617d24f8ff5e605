#include "theory/over_optimisation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace twostage {
namespace {

// n = 2: 1/sqrt(pi); n = 3: 3/(2 sqrt(pi)); beyond: mpmath, 18 digits (10: tables of order
// statistics, 1.53875).
TEST(OverOptimisation, ExpectedMaximumOfNormals) {
  EXPECT_NEAR(expected_maximum_of_normals(1), 0, 1e-13);
  EXPECT_NEAR(expected_maximum_of_normals(2), 1 / std::sqrt(M_PI), 1e-13);
  EXPECT_NEAR(expected_maximum_of_normals(3), 1.5 / std::sqrt(M_PI), 1e-13);
  EXPECT_NEAR(expected_maximum_of_normals(10), 1.53875273083517286, 1e-12);
  EXPECT_NEAR(expected_maximum_of_normals(100), 2.50759363644168437, 1e-12);
  EXPECT_NEAR(expected_maximum_of_normals(1000), 3.24143576913344086, 1e-12);
  EXPECT_NEAR(expected_maximum_of_normals(1e6), 4.86289748619646272, 1e-11);
}

// Gaussian error: G given U = u has mean u g^2 / (g^2 + s^2), and U is normal.
TEST(OverOptimisation, GaussianErrorGrowsForEver) {
  const ProxyError error{ErrorTail::gaussian, 2.0, 0};
  EXPECT_NEAR(gold_reward_of_best(1.5, error, 2), 1.5 * 1.5 / 2.5 / std::sqrt(M_PI), 1e-12);
  EXPECT_GT(gold_reward_of_best(1.5, error, 1e6), gold_reward_of_best(1.5, error, 1e3));
  EXPECT_EQ(gold_reward_limit(1.5, error), std::numeric_limits<double>::infinity());
}

// Double integrals by adaptive quadrature (mpmath).
TEST(OverOptimisation, KnownIntegrals) {
  EXPECT_NEAR(gold_reward_of_best(1, {ErrorTail::laplace, 1, 0}, 10), 0.860564998485, 1e-10);
  EXPECT_NEAR(gold_reward_of_best(1, {ErrorTail::laplace, 0.5, 0}, 100), 1.799119795431, 1e-10);
  EXPECT_NEAR(gold_reward_of_best(1, {ErrorTail::power, 1, 2}, 10), 0.8815529556789, 1e-10);
  EXPECT_NEAR(gold_reward_of_best(1, {ErrorTail::power, 1, 2}, 1000), 0.1700760277027, 1e-10);
  EXPECT_NEAR(gold_reward_of_best(1, {ErrorTail::power, 0.5, 3}, 50), 1.997509658091, 1e-10);
  // In other units.
  EXPECT_NEAR(gold_reward_of_best(3, {ErrorTail::power, 3, 2}, 10), 3 * 0.8815529556789, 1e-10);
}

// One draw is the reference, whatever the error; next to no error is the maximum of the gold reward itself.
TEST(OverOptimisation, Ends) {
  for (const ErrorTail tail : {ErrorTail::gaussian, ErrorTail::laplace, ErrorTail::power})
    EXPECT_NEAR(gold_reward_of_best(1, {tail, 0.7, 3}, 1), 0, 1e-12);
  EXPECT_NEAR(gold_reward_of_best(1, {ErrorTail::laplace, 0.05, 0}, 10), 1.53875273083517286, 0.01);
}

// Laplace error: the tilted mean g^2 / b, reached exponentially fast in u ~ b log n.
TEST(OverOptimisation, LaplaceErrorSaturates) {
  const ProxyError error{ErrorTail::laplace, 1.0, 0};
  EXPECT_LT(gold_reward_of_best(1, error, 100), 1);
  EXPECT_NEAR(gold_reward_of_best(1, error, 1e6), 1, 1e-5);
  EXPECT_EQ(gold_reward_limit(2, error), 4);
}

// Power tails: E[G | U = u] = (nu + 1) g^2 / u (1 + O(u^-2)) and U_(n) (2/s) n^{-1/nu} is Frechet in the
// limit, with E[1/Frechet] = Gamma(1 + 1/nu). At nu = 2, g = s = 1: sqrt(n) E[G] -> 2 * 3 * sqrt(pi)/2 = 3
// sqrt(pi).
TEST(OverOptimisation, PowerTailsReturnToTheMean) {
  const ProxyError error{ErrorTail::power, 1.0, 2.0};
  for (const double n : {1e6, 1e10})
    EXPECT_NEAR(std::sqrt(n) * gold_reward_of_best(1, error, n) / (3 * std::sqrt(M_PI)), 1,
                20 / std::pow(n, 0.5));
  EXPECT_EQ(gold_reward_limit(1, error), 0);
  // It first rises.
  EXPECT_GT(gold_reward_of_best(1, error, 10), gold_reward_of_best(1, error, 2));
  EXPECT_LT(gold_reward_of_best(1, error, 1000), gold_reward_of_best(1, error, 10));
}

}  // namespace
}  // namespace twostage
