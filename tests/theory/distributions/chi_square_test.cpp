#include "theory/distributions/chi_square.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "theory/distributions/stirling.hpp"

namespace twostage {
namespace {

void expect_relative(double value, double known, double tolerance) {
  EXPECT_NEAR(value / known, 1.0, tolerance) << value << " for " << known;
}

// log Gamma of small arguments: Gamma(1/2 + 1) = sqrt(pi)/2, Gamma(n + 1) = n!.
TEST(Stirling, ErrorCompletesTheFactorial) {
  const auto log_gamma = [](double a) {
    return (a + 0.5) * std::log(a) - a + 0.5 * std::log(2 * M_PI) + stirling_error(a);
  };
  EXPECT_NEAR(log_gamma(0.5), std::log(std::sqrt(M_PI) / 2), 1e-14);
  EXPECT_NEAR(log_gamma(1), 0, 1e-14);
  EXPECT_NEAR(log_gamma(5), std::log(120.0), 1e-14);
  EXPECT_NEAR(log_gamma(20), std::log(2432902008176640000.0), 1e-13);
}

// d = 2 is exponential; d = 4 adds one term; d = 1 is |normal|: P = erf(sqrt(x/2)).
TEST(ChiSquare, ClosedForms) {
  for (const double x : {1e-6, 0.3, 2.0, 5.0, 80.0, 600.0}) {
    expect_relative(chi_square_tails(2, x).upper, std::exp(-x / 2), 1e-13);
    expect_relative(chi_square_tails(2, x).lower, -std::expm1(-x / 2), 1e-13);
    expect_relative(chi_square_tails(4, x).upper, std::exp(-x / 2) * (1 + x / 2), 1e-13);
    expect_relative(chi_square_tails(1, x).upper, std::erfc(std::sqrt(x / 2)), 1e-12);
    expect_relative(chi_square_tails(1, x).lower, std::erf(std::sqrt(x / 2)), 1e-13);
    expect_relative(chi_square_density(4, x), x / 4 * std::exp(-x / 2), 1e-13);
  }
  EXPECT_EQ(chi_square_cdf(3, 0), 0);
  EXPECT_EQ(chi_square_cdf(3, std::numeric_limits<double>::infinity()), 1);
}

// Regularised incomplete gamma functions at 40 digits (mpmath gammainc).
TEST(ChiSquare, ManyDegreesOfFreedom) {
  expect_relative(chi_square_tails(1000, 1100).lower, 0.98538559187370480595, 1e-13);
  expect_relative(chi_square_tails(1000, 1100).upper, 0.014614408126295194045, 1e-13);
  expect_relative(chi_square_tails(1000, 800).lower, 8.1093810787991597857e-7, 1e-13);
  expect_relative(chi_square_tails(2001, 2001).lower, 0.50420419325162759555, 1e-13);
  expect_relative(chi_square_tails(7, 0.01).lower, 7.5694096596934225391e-10, 1e-13);
  expect_relative(chi_square_tails(5, 200).upper, 2.8406228986415316834e-41, 1e-13);
}

// The tables: 3.841, 23.209, 77.929, with more digits from the same source.
TEST(ChiSquare, Quantiles) {
  expect_relative(chi_square_quantile(1, 0.95), 3.8414588206941259584, 1e-13);
  expect_relative(chi_square_quantile(10, 0.99), 23.209251158954359678, 1e-13);
  expect_relative(chi_square_quantile(100, 0.05), 77.929465165017259484, 1e-13);
  expect_relative(chi_square_quantile(3, 0.5), 2.3659738843753382661, 1e-13);
  expect_relative(chi_square_quantile(2, 1e-12), 2e-12, 1e-11);
  EXPECT_EQ(chi_square_quantile(3, 0), 0);
  EXPECT_TRUE(std::isinf(chi_square_quantile(3, 1)));
  EXPECT_THROW(chi_square_quantile(3, 1.1), std::invalid_argument);
}

TEST(Normal, Tails) {
  for (const double x : {0.0, 0.1, 1.0, 3.0, 8.0, 30.0}) {
    expect_relative(normal_tails(x).upper, std::erfc(x / std::sqrt(2.0)) / 2, 1e-12);
    EXPECT_EQ(normal_tails(-x).lower, normal_tails(x).upper);
  }
  expect_relative(normal_density(1.5), 0.12951759566589172760, 1e-14);
}

// Two parameters: the gain is exponential with mean 1, so P(gain > g) = e^-g.
TEST(Wilks, TwoParameters) {
  expect_relative(wilks_p_value(2.5, 2), std::exp(-2.5), 1e-13);
  expect_relative(wilks_gain_quantile(2, 0.95), std::log(20.0), 1e-13);
}

}  // namespace
}  // namespace twostage
