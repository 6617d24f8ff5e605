// Reductions: the order is the documented one, the bits depend on length and values alone, and the error is
// that of eight partial sums.
#include "sim/numerics/reduce.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "sim/numerics/elementary.hpp"
#include "tests/support/compare.hpp"
#include "tests/support/multiprecision.hpp"
#include "tests/support/sequence.hpp"

namespace twostage::num {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// The definition: element i to accumulator i mod 8, then pairwise.
double defined_sum(const std::vector<double>& terms) {
  std::array<double, 8> a{};
  for (std::size_t i = 0; i < terms.size(); ++i) a[i % 8] = a[i % 8] + terms[i];
  return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]));
}

TEST(Reduce, FollowsTheDefinedOrderAtEveryLengthAndAlignment) {
  const auto x = test::uniform_values(1, 400, -1, 1);
  const auto y = test::uniform_values(2, 400, -3, 2);
  for (std::size_t n = 0; n <= 150; ++n) {
    for (std::size_t offset = 0; offset < 8; ++offset) {
      const std::span<const double> a(x.data() + offset, n);
      const std::span<const double> b(y.data() + 3 * offset, n);
      std::vector<double> terms(a.begin(), a.end());
      ASSERT_EQ(sum(a), defined_sum(terms)) << n << " " << offset;
      for (std::size_t i = 0; i < n; ++i) terms[i] = a[i] * b[i];
      ASSERT_EQ(dot(a, b), defined_sum(terms)) << n << " " << offset;
      if (n == 0) continue;
      const double m = *std::max_element(a.begin(), a.end());
      for (std::size_t i = 0; i < n; ++i) terms[i] = exp(a[i] - m);
      ASSERT_EQ(max(a), m);
      ASSERT_EQ(log_sum_exp(a), m + log(defined_sum(terms))) << n << " " << offset;
    }
  }
}

// n/8 additions in each accumulator and three more: |error| <= (n/8 + 3) 2^-53 sum |x|, to first order.
TEST(Reduce, SumWithinItsErrorBound) {
  for (const std::size_t n : {1000U, 10000U, 100000U}) {
    const auto x = test::uniform_values(3, n, -1, 1);
    test::Real exact(0.0);
    double magnitude = 0;
    for (const double v : x) {
      mpfr_add_d(exact.get(), exact.get(), v, MPFR_RNDN);
      magnitude += std::fabs(v);
    }
    EXPECT_LE(exact.distance(sum(x)), (static_cast<double>(n) / 8 + 3) * 0x1p-53 * magnitude) << n;
  }
}

TEST(Reduce, DotWithinItsErrorBound) {
  const std::size_t n = 20000;
  const auto x = test::uniform_values(4, n, -1, 1);
  const auto y = test::uniform_values(5, n, -1, 1);
  test::Real exact(0.0);
  double magnitude = 0;
  for (std::size_t i = 0; i < n; ++i) {
    test::Real product(x[i]);
    mpfr_mul_d(product.get(), product.get(), y[i], MPFR_RNDN);
    mpfr_add(exact.get(), exact.get(), product.get(), MPFR_RNDN);
    magnitude += std::fabs(x[i] * y[i]);
  }
  EXPECT_LE(exact.distance(dot(x, y)), (static_cast<double>(n) / 8 + 4) * 0x1p-53 * magnitude);
}

TEST(Reduce, LogSumExpAgainstMultiprecision) {
  for (const double scale : {1e-3, 1.0, 30.0, 700.0}) {
    const auto x = test::uniform_values(6, 1000, -scale, scale);
    test::Real total(0.0);
    for (const double v : x) {
      test::Real e(v);
      mpfr_exp(e.get(), e.get(), MPFR_RNDN);
      mpfr_add(total.get(), total.get(), e.get(), MPFR_RNDN);
    }
    mpfr_log(total.get(), total.get(), MPFR_RNDN);
    // The sum is relative to 1000/8 roundings at most, and x - m loses an ulp of 2 scale in the exponent.
    EXPECT_LE(total.distance(log_sum_exp(x)), (130 + 4 * scale) * 0x1p-53) << scale;
  }
}

TEST(Reduce, EmptyAndSpecialValues) {
  const std::vector<double> none;
  EXPECT_EQ(sum(none), 0.0);
  EXPECT_EQ(dot(none, none), 0.0);
  EXPECT_EQ(norm(none), 0.0);
  EXPECT_EQ(max(none), -kInf);
  EXPECT_EQ(max_abs(none), 0.0);
  EXPECT_EQ(log_sum_exp(none), -kInf);
  EXPECT_EQ(log_sum_exp(std::vector{-kInf, -kInf}), -kInf);
  EXPECT_EQ(log_sum_exp(std::vector{0.0, kInf}), kInf);
  EXPECT_EQ(log_sum_exp(std::vector{-kInf, 3.0}), 3.0);
  EXPECT_EQ(max_abs(std::vector{-5.0, 3.0}), 5.0);
}

// A maximum that skipped NaN would report a broken gradient as a small one.
TEST(Reduce, NaNIsNeverDropped) {
  for (std::size_t n = 1; n < 40; ++n) {
    for (std::size_t at = 0; at < n; ++at) {
      auto x = test::uniform_values(9, n, -1, 1);
      x[at] = kNaN;
      EXPECT_TRUE(std::isnan(max(x)) && std::isnan(max_abs(x)) && std::isnan(log_sum_exp(x)) &&
                  std::isnan(sum(x)) && std::isnan(norm(x)))
          << n << " " << at;
    }
  }
}

TEST(Reduce, Axpy) {
  for (std::size_t n = 0; n <= 103; ++n) {
    const auto x = test::uniform_values(10, n, -1, 1);
    auto y = test::uniform_values(11, n, -1, 1);
    auto expected = y;
    for (std::size_t i = 0; i < y.size(); ++i) expected[i] = expected[i] + 0.7 * x[i];
    axpy(0.7, x, y);
    EXPECT_TRUE(test::same_bits(y, expected)) << n;
  }
}

// Accumulators begin at 0, so that terms of -0 add up to 0, however few they are.
TEST(Reduce, NothingAddsUpToMinusZero) {
  for (std::size_t n = 0; n <= 20; ++n) {
    const std::vector<double> zeros(n, -0.0), ones(n, 1.0);
    EXPECT_FALSE(std::signbit(dot(zeros, ones))) << n;
    EXPECT_FALSE(std::signbit(sum(zeros))) << n;
  }
}

}  // namespace
}  // namespace twostage::num
