#include "theory/bounds/over_optimisation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "sim/catalog/settings.hpp"
#include "sim/policy/best_of_n.hpp"
#include "sim/random/draw.hpp"
#include "tests/support/graphs.hpp"
#include "tests/support/hand_made.hpp"

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

// The maximum of many draws is narrow and steep, and large exponents have singularities near the real line.
// E[G; U = u] = -f_U'(u) by Gaussian integration by parts, so that E[G] = n (n - 1) int F_U^(n - 2) f_U^2 du:
// that integral, by Gauss-Legendre panels in extended precision.
TEST(OverOptimisation, ManyDrawsAndLargeIndex) {
  EXPECT_NEAR(gold_reward_of_best(1, {ErrorTail::laplace, 1, 0}, 1e12), 1, 1e-10);
  EXPECT_NEAR(gold_reward_of_best(1, {ErrorTail::laplace, 0.05, 0}, 1e12), 7.09119331059186, 1e-10);
  EXPECT_NEAR(gold_reward_of_best(1, {ErrorTail::laplace, 0.2, 0}, 1e9), 4.89584849737106, 1e-10);
  EXPECT_NEAR(gold_reward_of_best(1, {ErrorTail::power, 1, 10}, 1e6), 4.73798003428769, 1e-10);
  EXPECT_NEAR(gold_reward_of_best(1, {ErrorTail::power, 1, 10}, 1e12), 1.51277387309206, 1e-10);
  EXPECT_NEAR(gold_reward_of_best(1, {ErrorTail::power, 0.05, 10}, 1e12), 7.11215659787871, 1e-10);
}

// At the ends of the range an answer, beyond them an error that says what the range is.
TEST(OverOptimisation, Range) {
  using enum ErrorTail;
  EXPECT_NEAR(gold_reward_of_best(3, {laplace, 0.15, 0}, 1e12), 3 * 7.09119331059186, 3e-10);
  EXPECT_NEAR(gold_reward_of_best(1, {laplace, 100, 0}, 1e12), 0.01, 1e-10);
  EXPECT_NEAR(gold_reward_of_best(1, {gaussian, 0.001, 0}, 10), 1.53875273083517286 / std::sqrt(1 + 1e-6),
              1e-12);
  for (const ProxyError& error :
       {ProxyError{laplace, 0.02, 0}, ProxyError{laplace, 101, 0}, ProxyError{power, 0.04, 2},
        ProxyError{power, 1, 0.4}, ProxyError{power, 1, 21}, ProxyError{gaussian, -1, 0},
        ProxyError{laplace, std::nan(""), 0}})
    EXPECT_THROW(gold_reward_of_best(1, error, 10), InputError);
  for (const double n : {0.5, 1e13, std::nan("")})
    EXPECT_THROW(gold_reward_of_best(1, {laplace, 1, 0}, n), InputError);
  EXPECT_THROW(gold_reward_of_best(0, {laplace, 1, 0}, 10), InputError);
  try {
    gold_reward_of_best(1, {laplace, 0.02, 0}, 10);
  } catch (const InputError& error) {
    EXPECT_EQ(error.key(), "scale");
    EXPECT_NE(std::string(error.what()).find("between g/20 and 100 g"), std::string::npos);
  }
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

// Theory meets the policy that arms return: the exact best of n by a score that errs, in bandits of 4096 arms
// whose rewards are standard normal, averaged over 40 of them. The alphabet is finite: the same arm may be
// drawn twice, which takes about n / 4096 of the draws away and moves the mean by less than .003. Beyond
// that, six standard errors' width is left on either side at a false-alarm rate of 2e-9 a case (the error of
// the mean is itself known to a tenth).
TEST(OverOptimisation, IsThatOfBestOfNInLargeBandits) {
  constexpr std::size_t kArms = 4096;
  constexpr int kWorlds = 40;
  for (const ProxyError& error :
       {ProxyError{ErrorTail::gaussian, 1.0, 0}, ProxyError{ErrorTail::laplace, 0.7, 0},
        ProxyError{ErrorTail::power, 0.5, 2.5}})
    for (const double n : {4.0, 16.0}) {
      double sum = 0, squares = 0;
      for (int k = 0; k < kWorlds; ++k) {
        Philox4x64 engine = test::test_stream(7300 + static_cast<std::uint64_t>(k));
        const World world = test::arms_world(test::random_normals(engine, kArms, 1), 1);
        std::vector<double> score = world.reward;
        for (double& u : score) {
          const double p = draw_uniform(engine);
          switch (error.tail) {
            case ErrorTail::gaussian:
              u += error.scale * draw_normal(engine);
              break;
            case ErrorTail::laplace:
              u += error.scale * (p < 0.5 ? std::log(2 * p) : -std::log(2 * (1 - p)));
              break;
            case ErrorTail::power:
              u += error.scale * std::sinh(std::log(p / (1 - p)) / error.index);
              break;
          }
        }
        const double gain = expected_reward(world, best_of_n(world, std::move(score), {}, n)) -
                            expected_reward(world, EdgePolicy(world.log_reference));
        sum += gain;
        squares += gain * gain;
      }
      const double mean = sum / kWorlds;
      const double error_of_mean = std::sqrt((squares / kWorlds - mean * mean) / (kWorlds - 1));
      EXPECT_LT(error_of_mean, 0.01);
      EXPECT_NEAR(mean, gold_reward_of_best(1, error, n), 6 * error_of_mean + 0.003)
          << static_cast<int>(error.tail) << ", n = " << n;
    }
}

}  // namespace
}  // namespace twostage
