// Cholesky factor and solves against the definition, at sizes that do and do not fill the panels of four.
#include "sim/numerics/linear_solve.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/gradients.hpp"

namespace twostage::num {
namespace {

TEST(Cholesky, ReproducesTheMatrixAndSolves) {
  for (const std::size_t n : {1u, 2u, 3u, 4u, 5u, 8u, 13u, 40u}) {
    const std::vector<double> b = test::normal_vector(n * n, n);
    std::vector<double> a(n * n, 0.0);  // B B^T + I
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) {
        a[i * n + j] = i == j ? 1 : 0;
        for (std::size_t k = 0; k < n; ++k) a[i * n + j] += b[i * n + k] * b[j * n + k];
      }
    std::vector<double> l = a;
    ASSERT_TRUE(cholesky(l, n));
    const std::vector<double> x = test::normal_vector(n, 1000 + n);
    std::vector<double> rhs(n, 0.0);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        double sum = 0;
        for (std::size_t k = 0; k <= j; ++k) sum += l[i * n + k] * l[j * n + k];
        EXPECT_NEAR(sum, a[i * n + j], 1e-13 * static_cast<double>(n + 1) * (1 + std::fabs(a[i * n + j])));
      }
      for (std::size_t j = 0; j < n; ++j) rhs[i] += a[i * n + j] * x[j];
    }
    cholesky_solve(l, n, rhs);
    // Condition numbers of these matrices stay below 1e4.
    for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(rhs[i], x[i], 1e-10);
  }
}

// Entry (i, j) less what each whole panel of four columns before j says, as one term, then what the columns
// of its own panel say, one by one: the order that fixes the bits, however many entries are worked on at a
// time.
std::vector<double> factor_by_definition(std::vector<double> a, std::size_t n) {
  for (std::size_t j = 0; j < n; ++j)
    for (std::size_t i = j; i < n; ++i) {
      const double* const x = a.data() + i * n;
      const double* const y = a.data() + j * n;
      double entry = x[j];
      std::size_t k = 0;
      for (; k + 4 <= j; k += 4)
        entry -= (x[k] * y[k] + x[k + 1] * y[k + 1]) + (x[k + 2] * y[k + 2] + x[k + 3] * y[k + 3]);
      for (; k < j; ++k) entry -= x[k] * y[k];
      a[i * n + j] = i == j ? std::sqrt(entry) : entry / y[j];
    }
  return a;
}

TEST(Cholesky, HasTheBitsOfItsDefinition) {
  for (const std::size_t n : {1u, 3u, 4u, 7u, 8u, 9u, 12u, 16u, 17u, 100u, 263u, 264u, 265u, 530u}) {
    std::vector<double> a = test::normal_vector(n * n, n);
    for (std::size_t i = 0; i < n; ++i) a[i * n + i] += 4 * static_cast<double>(n);
    std::vector<double> l = a;
    ASSERT_TRUE(cholesky(l, n));
    EXPECT_EQ(l, factor_by_definition(a, n)) << n;  // what lies above the diagonal stays
    // Seven parts that share nothing, interleaved.
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (i % 7 != j % 7) a[i * n + j] = 0;
    l = a;
    ASSERT_TRUE(cholesky(l, n));
    EXPECT_EQ(l, factor_by_definition(a, n)) << n;
  }
}

TEST(Cholesky, RefusesIndefiniteSingularAndNonFinite) {
  std::vector<double> indefinite = {1, 0, 2, 1};
  EXPECT_FALSE(cholesky(indefinite, 2));
  std::vector<double> singular = {1, 0, 0, 1, 1, 0, 2, 2, 2};
  EXPECT_FALSE(cholesky(singular, 3));
  std::vector<double> nan = {1, 0, std::numeric_limits<double>::quiet_NaN(), 1};
  EXPECT_FALSE(cholesky(nan, 2));
}

// Scales eight orders of magnitude apart stay apart; an entry without curvature gets a millionth of the rest.
TEST(RaiseDiagonal, KeepsScalesAndFillsZeros) {
  std::vector<double> a = {1e8, 0, 0, 7, 1, 0, 7, 7, 0};
  raise_diagonal(a, 3, 0.5);
  EXPECT_DOUBLE_EQ(a[0], 1e8 + 0.5 * (1e8 + 1e2));
  EXPECT_DOUBLE_EQ(a[4], 1 + 0.5 * (1 + 1e2));
  EXPECT_DOUBLE_EQ(a[8], 0.5 * 1e2);
  EXPECT_EQ(a[3], 7);
  std::vector<double> zero = {0};
  raise_diagonal(zero, 1, 1e-9);
  EXPECT_EQ(zero[0], 1e-9);
}

}  // namespace
}  // namespace twostage::num
