#include "theory/distributions/weighted_chi_square.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "tests/support/multiprecision.hpp"
#include "theory/distributions/chi_square.hpp"

namespace twostage {
namespace {

void expect_tails(const std::vector<double>& weights, double x, double lower, double upper,
                  double tolerance = 2e-12) {
  const WeightedChiSquare law = weighted_chi_square(weights, x);
  EXPECT_NEAR(law.lower / lower, 1, tolerance) << "x = " << x << ": " << law.lower << " for " << lower;
  EXPECT_NEAR(law.upper / upper, 1, tolerance) << "x = " << x << ": " << law.upper << " for " << upper;
  EXPECT_LE(law.change, 1e-12) << "x = " << x;
}

TEST(WeightedChiSquare, EqualWeightsAreAScaledChiSquare) {
  for (const std::size_t d : {1u, 2u, 3u, 10u, 57u, 500u})
    for (const double ratio : {0.01, 0.3, 0.99, 1.0, 1.01, 1.5, 4.0}) {
      const double x = ratio * static_cast<double>(d);
      const Tails known = chi_square_tails(d, x);
      if (known.lower < 1e-100 || known.upper < 1e-100) continue;
      expect_tails(std::vector<double>(d, 0.25), x / 4, known.lower, known.upper);
      EXPECT_NEAR(
          weighted_chi_square(std::vector<double>(d, 0.25), x / 4).density / (4 * chi_square_density(d, x)),
          1, 2e-12);
    }
}

// erf(1/2), erf(1), erfc(2), erfc(5): Abramowitz and Stegun, table 7.1 and beyond.
TEST(WeightedChiSquare, OneWeight) {
  EXPECT_NEAR(weighted_chi_square_cdf(std::vector{1.0}, 0.5), 0.520499877813046537682746653892, 1e-13);
  EXPECT_NEAR(weighted_chi_square_cdf(std::vector{3.0}, 6.0), 0.842700792949714869341220635083, 1e-13);
  EXPECT_NEAR(weighted_chi_square(std::vector{1.0}, 8).upper / 0.00467773498104726584, 1, 1e-12);
  EXPECT_NEAR(weighted_chi_square(std::vector{1.0}, 50).upper / 1.5374597944280348502e-12, 1, 1e-12);
}

// Weights (a, a, b, b): two exponentials of means 2a and 2b, P(Q > x) = (a e^{-x/2a} - b e^{-x/2b}) / (a -
// b).
TEST(WeightedChiSquare, PairsOfWeightsAreHypoexponential) {
  for (const double b : {0.5, 0.03, 1e-3, 1e-6})
    for (const double x : {0.01, 0.5, 2.0, 2.1, 7.0, 60.0, 900.0}) {
      const double upper = (std::exp(-x / 2) - b * std::exp(-x / (2 * b))) / (1 - b);
      // 1 - upper, without cancellation.
      const double lower = (-std::expm1(-x / 2) + b * std::expm1(-x / (2 * b))) / (1 - b);
      expect_tails({1, b, 1, b}, x, lower, upper, x < 0.1 && b > 0.01 ? 2e-10 : 2e-12);
    }
}

// Two weights, Z in polar coordinates: P(Q > x) = (2/pi) int_0^{pi/2} exp(-x / 2 (a cos^2 + b sin^2)) dt,
// evaluated to 20 digits (mpmath).
TEST(WeightedChiSquare, TwoWeights) {
  expect_tails({1, 3}, 2, 0.42467655874658845758, 0.57532344125341154242);
  expect_tails({3, 1}, 20, 0.98752323098561013489, 0.012476769014389865105);
  expect_tails({1, 3}, 60, 0.99999040009522929137, 9.5999047707086282418e-6);
  expect_tails({1, 0.01}, 1, 0.68023254240064508116, 0.31976745759935491884);
  expect_tails({1, 0.01}, 0.001, 0.0049376534201976880229, 0.99506234657980231198);
}

// Weights (1, 1, b): an exponential plus b Z^2. Conditioning on Z,
//   P(Q > x) = P(b Z^2 > x) + e^{-x/2} E[e^{bZ^2/2}; b Z^2 < x]
//            = erfc(sqrt(x/2b)) + e^{-x/2} erf(sqrt(x (1-b)/2b)) / sqrt(1 - b).
TEST(WeightedChiSquare, ThreeWeights) {
  for (const double b : {0.7, 0.1, 1e-2, 1e-4, 1e-6})
    for (const double x : {0.3, 1.0, 2.0, 2.3, 5.0, 40.0}) {
      const double upper = std::erfc(std::sqrt(x / (2 * b))) +
                           std::exp(-x / 2) * std::erf(std::sqrt(x * (1 - b) / (2 * b))) / std::sqrt(1 - b);
      expect_tails({1, b, 1}, x, 1 - upper, upper);
    }
}

// Ruben's mixture at scale beta = min w: P(Q <= x) = sum_k a_k P(chi^2_{d + 2k} <= x / beta) with a_k >= 0,
// sum a_k = 1, a_0 = prod sqrt(beta / w_j), a_k = 1/(2k) sum_{r < k} a_r sum_j (1 - beta/w_j)^{k - r}.
// Leaving out the terms from K on loses less than 1 - sum_{k < K} a_k, which is below 1e-13 here.
double ruben(const std::vector<double>& weights, double x) {
  const double beta = *std::min_element(weights.begin(), weights.end());
  long double a0 = 1;
  for (const double w : weights) a0 *= std::sqrt(static_cast<long double>(beta) / w);
  std::vector<long double> a{a0};
  std::vector<long double> power_sums(weights.size(), 0);  // sum_r a_r (1 - beta/w_j)^{k - r}
  long double mass = a0;
  long double cdf = a0 * chi_square_cdf(weights.size(), x / beta);
  for (std::size_t k = 1; 1 - mass > 1e-13L && k < 200'000; ++k) {
    long double next = 0;
    for (std::size_t j = 0; j < weights.size(); ++j) {
      power_sums[j] = (1 - static_cast<long double>(beta) / weights[j]) * (power_sums[j] + a.back());
      next += power_sums[j];
    }
    a.push_back(next / (2 * static_cast<long double>(k)));
    mass += a.back();
    cdf += a.back() * chi_square_cdf(weights.size() + 2 * k, x / beta);
  }
  EXPECT_LE(1 - mass, 1e-13L);
  return static_cast<double>(cdf);
}

TEST(WeightedChiSquare, RubensSeries) {
  std::mt19937 engine(3);
  for (const std::size_t d : {3u, 12u, 80u})
    for (const double spread : {2.0, 30.0, 300.0}) {
      std::vector<double> weights;
      for (std::size_t j = 0; j < d; ++j)
        weights.push_back(std::pow(spread, -static_cast<double>(engine() % 1000) / 1000));
      const double mean = weighted_chi_square_mean(weights);
      const double sd = std::sqrt(weighted_chi_square_variance(weights));
      for (const double z : {-1.0, -0.3, 0.0, 0.8, 3.0})
        if (mean + z * sd > 0) {
          EXPECT_NEAR(weighted_chi_square_cdf(weights, mean + z * sd), ruben(weights, mean + z * sd), 3e-13)
              << "d = " << d << ", spread " << spread << ", z = " << z;
        }
    }
}

// Q rises with every weight, so cdfs are ordered; 40 weights with a spread of 1e6.
TEST(WeightedChiSquare, IsMonotoneInTheWeightsAndInX) {
  std::vector<double> weights;
  for (int j = 0; j < 40; ++j) weights.push_back(std::pow(10.0, -6.0 * j / 39));
  std::vector<double> less = weights;
  less.back() = 0;
  std::vector<double> more = weights;
  more.back() *= 1e3;
  double before = 0;
  for (double x = 1e-3; x < 40; x *= 1.3) {
    const WeightedChiSquare law = weighted_chi_square(weights, x);
    EXPECT_LE(law.change, 1e-12);
    EXPECT_GE(law.lower, before);
    EXPECT_LT(law.lower, weighted_chi_square_cdf(less, x));
    EXPECT_GT(law.lower, weighted_chi_square_cdf(more, x));
    before = law.lower;
  }
}

TEST(WeightedChiSquare, QuantileInvertsTheCdf) {
  const std::vector<double> weights{5, 1, 0.2, 0.2, 1e-3};
  for (const double p : {1e-9, 1e-3, 0.05, 0.5, 0.9, 0.999, 1 - 1e-9}) {
    const WeightedChiSquare law = weighted_chi_square(weights, weighted_chi_square_quantile(weights, p));
    EXPECT_NEAR(p <= 0.5 ? law.lower / p : law.upper / (1 - p), 1, 1e-11);
  }
  EXPECT_NEAR(weighted_chi_square_quantile(std::vector{2.0}, 0.95), 2 * 3.8414588206941259584, 1e-11);
  EXPECT_NEAR(weighted_chi_square_quantile(std::vector<double>(100, 0.5), 0.05), 77.929465165017259484 / 2,
              1e-10);
}

// E Q = sum w, Var Q = 2 sum w^2; by quadrature of the tail, E Q = int P(Q > x) dx.
TEST(WeightedChiSquare, Moments) {
  const std::vector<double> weights{2, 1, 0.5, 0};
  EXPECT_DOUBLE_EQ(weighted_chi_square_mean(weights), 3.5);
  EXPECT_DOUBLE_EQ(weighted_chi_square_variance(weights), 10.5);
  double mean = 0;
  double square = 0;
  for (double t = -20; t < 6; t += 0.02) {  // x = e^t: the integrand decays at both ends
    const double x = std::exp(t);
    const double upper = weighted_chi_square(weights, x).upper;
    mean += 0.02 * x * upper;
    square += 0.02 * 2 * x * x * upper;
  }
  EXPECT_NEAR(mean, 3.5, 1e-7);
  EXPECT_NEAR(square - 3.5 * 3.5, 10.5, 1e-7);
}

// What a law is does not depend on the unit. One weight w: P(Q > 2 t^2 w) = erfc(t), by MPFR; two pairs of
// weights as above; all at units from the smallest number to the largest, where squares leave the range.
TEST(WeightedChiSquare, HugeAndUnderflowingWeights) {
  for (const int exponent : {-1040, -1000, -300, -100, 0, 100, 300, 1000}) {
    const double unit = std::ldexp(1.0, exponent);
    for (const double t : {0.25, 1.0, 3.0}) {
      test::Real tail(t);
      mpfr_erfc(tail.get(), tail.get(), MPFR_RNDN);
      const WeightedChiSquare law = weighted_chi_square(std::vector{unit}, 2 * t * t * unit);
      EXPECT_NEAR(law.upper / tail.rounded(), 1, 2e-12) << exponent;
      EXPECT_NEAR(law.lower, 1 - tail.rounded(), 2e-12) << exponent;
    }
    const double b = 0.25, x = 3;
    const double upper = (std::exp(-x / 2) - b * std::exp(-x / (2 * b))) / (1 - b);
    EXPECT_NEAR(weighted_chi_square(std::vector{unit, b * unit, unit, b * unit}, x * unit).upper / upper, 1,
                2e-12)
        << exponent;
    for (const double p : {0.1, 0.5, 0.9})
      EXPECT_NEAR(weighted_chi_square_quantile(std::vector{unit, b * unit}, p) / unit,
                  weighted_chi_square_quantile(std::vector{1.0, b}, p),
                  exponent < -1000 ? 1e-9 : 1e-12)  // subnormal numbers have fewer digits
          << exponent;
  }
  EXPECT_EQ(weighted_chi_square_cdf(std::vector{1e-300}, 1e300), 1);
  // Below 1e-100 of the weight the lower tail, sqrt(2 x / pi w), is bounded alone.
  EXPECT_GT(weighted_chi_square_cdf(std::vector{1e300}, 1e-300), 0);
  EXPECT_LT(weighted_chi_square_cdf(std::vector{1e300}, 1e-300), 1.2e-50);
}

// Eigenvalues of a matrix that lacks directions are zero up to rounding, of either sign: weights (1, 1) and
// nothing else, P(Q > x) = e^{-x/2}.
TEST(WeightedChiSquare, WeightsThatAreZeroByRounding) {
  for (const std::vector<double>& weights :
       {std::vector{-3e-17, 0.0, 1.0, 1.0}, std::vector{1.0, -1e-10, 1.0},
        std::vector{1.0, 1e-300, 1.0, -0.0}, std::vector{1.0, 1e-17, 1.0}, std::vector{1.0, 5e-324, 1.0}}) {
    for (const double x : {0.1, 1.0, 20.0})
      EXPECT_NEAR(weighted_chi_square(weights, x).upper / std::exp(-x / 2), 1, 2e-12) << x;
    EXPECT_NEAR(weighted_chi_square_quantile(weights, 0.5), 2 * std::log(2.0), 1e-11);
    EXPECT_NEAR(weighted_chi_square_mean(weights), 2, 1e-15);
  }
  EXPECT_THROW(weighted_chi_square_cdf(std::vector{1.0, -1e-6}, 1), std::invalid_argument);
  EXPECT_THROW(weighted_chi_square_cdf(std::vector{1.0, std::nan("")}, 1), std::invalid_argument);
}

TEST(WeightedChiSquare, Edges) {
  EXPECT_EQ(weighted_chi_square_cdf(std::vector{0.0, 0.0}, 0), 1);
  EXPECT_EQ(weighted_chi_square_cdf(std::vector{1.0}, -1), 0);
  EXPECT_EQ(weighted_chi_square_cdf(std::vector{1.0}, std::numeric_limits<double>::infinity()), 1);
  EXPECT_EQ(weighted_chi_square_quantile(std::vector{1.0}, 0), 0);
  EXPECT_THROW(weighted_chi_square_cdf(std::vector{-1.0}, 1), std::invalid_argument);
  EXPECT_THROW(weighted_chi_square_quantile(std::vector{1.0}, 2), std::invalid_argument);
}

}  // namespace
}  // namespace twostage
