#include "theory/existence/cover_existence.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "sim/existence/existence.hpp"

namespace twostage {
namespace {

// One dimension: separable iff all n labels agree, 2 / 2^n. Two dimensions: 2 n of 2^n labelings, since the
// n lines cut the circle of directions into 2 n arcs.
TEST(CoverExistence, SmallDimensions) {
  for (const std::size_t n : {2u, 5u, 30u}) {
    const double half = std::ldexp(1.0, -static_cast<int>(n));
    EXPECT_NEAR(cover_existence(n, 1).separable / (2 * half), 1, 1e-12);
    EXPECT_NEAR(cover_existence(n, 2).separable / (2 * static_cast<double>(n) * half), 1, 1e-12);
  }
  EXPECT_EQ(cover_existence(7, 7).exists, 0);
  EXPECT_EQ(cover_existence(3, 0).exists, 1);
  EXPECT_DOUBLE_EQ(cover_existence(8, 7).exists, 1.0 / 128);  // one dichotomy and its mirror image are not
}

// Cover: exactly one half at n = 2 d.
TEST(CoverExistence, HalfAtTwiceTheDimension) {
  for (const std::size_t d : {1u, 3u, 40u, 5000u, 500'000u})
    EXPECT_NEAR(cover_existence(2 * d, d).exists, 0.5, 1e-12);
}

// Binomial tails at 40 digits (mpmath, summed term by term).
TEST(CoverExistence, LargeCounts) {
  EXPECT_NEAR(cover_existence(1000, 450).separable / 0.00077209955758574517299, 1, 1e-12);
  EXPECT_NEAR(cover_existence(1000, 100).separable / 1.3386754076799150981e-162, 1, 1e-12);
  EXPECT_NEAR(cover_existence(1'000'000, 499'000).separable / 0.022750050961703566714, 1, 1e-12);
  EXPECT_NEAR(cover_existence(1'000'000, 510'000).exists / 2.7166028516454369885e-89, 1, 1e-12);
}

// Thinning by definition: sum over the number of rows, for small n in plain arithmetic.
TEST(CoverExistence, SelfPairsAreNoRows) {
  const double q = 0.7;
  double exists = 0;
  for (int rows = 0; rows <= 12; ++rows) {
    const double weight = std::exp(std::lgamma(13) - std::lgamma(rows + 1) - std::lgamma(13 - rows)) *
                          std::pow(q, rows) * std::pow(1 - q, 12 - rows);
    double tail = 0;  // P(Bin(rows - 1, 1/2) >= 3)
    for (int k = 3; k < rows; ++k)
      tail += std::exp(std::lgamma(rows) - std::lgamma(k + 1) - std::lgamma(rows - k) -
                       (rows - 1) * std::log(2.0));
    exists += weight * tail;
  }
  EXPECT_NEAR(cover_existence(12, 3, q).exists, exists, 1e-13);
  EXPECT_NEAR(cover_existence(12, 3, q).separable, 1 - exists, 1e-13);
  EXPECT_DOUBLE_EQ(cover_existence(40, 9, 1).exists, cover_existence(40, 9).exists);
  EXPECT_NEAR(cover_existence(400'000, 100'000, 0.5).exists, 0.5, 1e-3);  // 200 000 rows +- 316
}

// R rows with R ~ Bin(n, q), and E x^R = (1 - q + q x)^n. In one dimension R >= 1 rows are separable with
// probability 2 / 2^R, in two with 2 R / 2^R, none always:
//   d = 1: 2 (1 - q/2)^n - (1 - q)^n,   d = 2: n q (1 - q/2)^(n - 1) + (1 - q)^n.
// Existence in three pairs and one dimension: two rows that disagree (1/2), or three not all alike (3/4).
TEST(CoverExistence, ThinnedClosedForms) {
  for (const auto& [pairs, q] : {std::pair<std::size_t, double>{1'000'000, 1e-3},
                                 {1'000'000, 3e-5},
                                 {1000, 0.3},
                                 {100'000'000, 1e-6},
                                 {50, 0.999}}) {
    const double n = static_cast<double>(pairs);
    const double none = std::exp(n * std::log1p(-q));
    const double one = 2 * std::exp(n * std::log1p(-q / 2)) - none;
    const double two = n * q * std::exp((n - 1) * std::log1p(-q / 2)) + none;
    EXPECT_NEAR(cover_existence(pairs, 1, q).separable / one, 1, 1e-12) << pairs << " " << q;
    EXPECT_NEAR(cover_existence(pairs, 2, q).separable / two, 1, 1e-12) << pairs << " " << q;
  }
  for (const double q : {1e-8, 1e-3, 0.4})
    EXPECT_NEAR(cover_existence(3, 1, q).exists / (q * q * (1.5 * (1 - q) + 0.75 * q)), 1, 1e-12);
}

// Gaussian rows are in general position with probability one: the frequency with which the exact existence
// test says "unique" lies within 4.5 standard errors (false alarm 7e-6 each, 4 of them).
TEST(CoverExistence, GaussianRows) {
  std::mt19937_64 random(11);
  std::normal_distribution<double> normal;
  constexpr int kTrials = 2000;
  for (const auto& [n, d] : {std::pair<std::size_t, std::size_t>{8, 3}, {6, 3}, {11, 5}, {5, 2}}) {
    int unique = 0;
    for (int t = 0; t < kTrials; ++t) {
      DifferenceMatrix matrix;
      matrix.columns = d;
      for (std::size_t i = 0; i < n; ++i) {
        std::vector<Int128> row;
        for (std::size_t k = 0; k < d; ++k)
          row.push_back(static_cast<Int128>(std::lround(1e5 * normal(random))));
        matrix.add_row(row);
      }
      unique += test_existence(canonical(matrix), d).outcome == Existence::unique;
    }
    const double known = cover_existence(n, d).exists;
    EXPECT_NEAR(unique / static_cast<double>(kTrials), known, 4.5 * std::sqrt(known * (1 - known) / kTrials));
  }
}

}  // namespace
}  // namespace twostage
