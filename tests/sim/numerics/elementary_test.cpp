// Properties of the elementary functions other than accuracy: special values, sign, order, and that array
// functions and scalar functions give the same bits at every length and position.
#include "sim/numerics/elementary.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "tests/support/compare.hpp"
#include "tests/support/sequence.hpp"

namespace twostage::num {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kTiny = std::numeric_limits<double>::denorm_min();
constexpr double kHuge = std::numeric_limits<double>::max();

TEST(Elementary, ExpSpecialValues) {
  EXPECT_EQ(exp(0.0), 1.0);
  EXPECT_EQ(exp(-0.0), 1.0);
  EXPECT_EQ(exp(kTiny), 1.0);
  EXPECT_EQ(exp(kInf), kInf);
  EXPECT_EQ(exp(-kInf), 0.0);
  EXPECT_EQ(exp(kHuge), kInf);
  EXPECT_EQ(exp(-kHuge), 0.0);
  EXPECT_TRUE(std::isnan(exp(kNaN)));
  // 1024 ln 2 = 709.7827...: the last finite result, then infinity.
  EXPECT_LT(exp(709.782712893384), kInf);
  EXPECT_EQ(exp(709.7827128933841), kInf);
  // 2^-1075 = e^-745.1332...: above it the smallest subnormal, below it zero.
  EXPECT_EQ(exp(-745.1332191019411), kTiny);
  EXPECT_EQ(exp(-745.1332191019413), 0.0);
}

TEST(Elementary, LogSpecialValues) {
  EXPECT_EQ(log(1.0), 0.0);
  EXPECT_EQ(log(0.0), -kInf);
  EXPECT_EQ(log(-0.0), -kInf);
  EXPECT_EQ(log(kInf), kInf);
  for (const double x : {-kTiny, -1.0, -kInf, kNaN}) EXPECT_TRUE(std::isnan(log(x))) << x;
  EXPECT_NEAR(log(kTiny), -744.4400719213812, 1e-12);  // -1074 ln 2
  EXPECT_NEAR(log(kHuge), 709.782712893384, 1e-12);    // 1024 ln 2
}

TEST(Elementary, Log1pAndExpm1SpecialValues) {
  EXPECT_EQ(log1p(0.0), 0.0);
  EXPECT_EQ(log1p(-1.0), -kInf);
  EXPECT_EQ(log1p(kInf), kInf);
  EXPECT_EQ(log1p(kTiny), kTiny);
  EXPECT_EQ(log1p(kHuge), log(kHuge));
  for (const double x : {std::nextafter(-1.0, -2.0), -kInf, kNaN}) EXPECT_TRUE(std::isnan(log1p(x))) << x;
  EXPECT_EQ(expm1(0.0), 0.0);
  EXPECT_EQ(expm1(kInf), kInf);
  EXPECT_EQ(expm1(-kInf), -1.0);
  EXPECT_EQ(expm1(-100.0), -1.0);
  EXPECT_EQ(expm1(kTiny), kTiny);
  EXPECT_EQ(expm1(710.0), kInf);
  EXPECT_TRUE(std::isnan(expm1(kNaN)));
}

TEST(Elementary, SoftplusAndSigmoidSpecialValues) {
  EXPECT_EQ(softplus(0.0), log(2.0));
  EXPECT_EQ(softplus(kInf), kInf);
  EXPECT_EQ(softplus(-kInf), 0.0);
  EXPECT_EQ(softplus(1000.0), 1000.0);
  EXPECT_EQ(softplus(-700.0), exp(-700.0));
  EXPECT_TRUE(std::isnan(softplus(kNaN)));
  EXPECT_EQ(sigmoid(0.0), 0.5);
  EXPECT_EQ(sigmoid(kInf), 1.0);
  EXPECT_EQ(sigmoid(-kInf), 0.0);
  EXPECT_EQ(sigmoid(-700.0), exp(-700.0));
  EXPECT_TRUE(std::isnan(sigmoid(kNaN)));
}

TEST(Elementary, ExpResidualIsNeverNegative) {
  EXPECT_EQ(exp_residual(0.0), 0.0);
  EXPECT_EQ(exp_residual(kInf), kInf);
  EXPECT_EQ(exp_residual(-kInf), kInf);
  EXPECT_EQ(exp_residual(800.0), kInf);
  EXPECT_EQ(exp_residual(-1000.0), 999.0);
  EXPECT_TRUE(std::isnan(exp_residual(kNaN)));
  for (int k = -1074; k < 1024; ++k)
    for (const double sign : {-1.0, 1.0}) EXPECT_GE(exp_residual(sign * std::ldexp(1.0, k)), 0.0) << k;
}

TEST(Elementary, SinCosSpecialValues) {
  EXPECT_EQ(sincos(0.0).sin, 0.0);
  EXPECT_EQ(sincos(0.0).cos, 1.0);
  for (const double x : {kInf, -kInf, kNaN}) {
    EXPECT_TRUE(std::isnan(sincos(x).sin)) << x;
    EXPECT_TRUE(std::isnan(sincos(x).cos)) << x;
  }
  for (const double x : test::uniform_values(1, 1000, 0, 0x1p20)) {
    EXPECT_EQ(sincos(-x).sin, -sincos(x).sin) << x;
    EXPECT_EQ(sincos(-x).cos, sincos(x).cos) << x;
  }
}

// An error below 1 ulp on each side cannot turn round a step of two: so results are ordered whenever the
// arguments are far enough apart for the exact results to differ by 2 ulp.
TEST(Elementary, Monotone) {
  auto x = test::uniform_values(7, 20000, -30, 30);
  for (int k = -80; k <= 80; ++k)  // around the changes of reduction, in steps of a few ulp
    for (int j = -20; j <= 20; ++j) x.push_back(k * 0x1.62e42fefa39efp-2 * (1 + j * 0x1p-50));
  std::sort(x.begin(), x.end());
  for (std::size_t i = 1; i < x.size(); ++i) {
    if (x[i] - x[i - 1] < 0x1p-51) continue;  // e^x changes by 2 ulp at least
    EXPECT_LT(exp(x[i - 1]), exp(x[i])) << test::show(x[i]);
    EXPECT_LE(sigmoid(x[i - 1]), sigmoid(x[i]) * (1 + 0x1p-51)) << test::show(x[i]);
    EXPECT_LE(softplus(x[i - 1]), softplus(x[i]) * (1 + 0x1p-51)) << test::show(x[i]);
  }
  for (std::size_t i = 1; i < x.size(); ++i) {
    if (x[i - 1] <= 0 || x[i] <= x[i - 1] * (1 + 0x1p-45)) continue;  // log x changes by 2 ulp at least
    EXPECT_LT(log(x[i - 1]), log(x[i])) << test::show(x[i]);
  }
}

TEST(Elementary, SigmoidIsTheDerivativeOfSoftplus) {
  for (const double x : test::uniform_values(8, 2000, -20, 20)) {
    const double h = 1e-5;
    // Central difference: third derivative below 0.1, so 2e-12 from h^2/6, and 3e-10 from rounding.
    EXPECT_NEAR((softplus(x + h) - softplus(x - h)) / (2 * h), sigmoid(x), 5e-10) << x;
    EXPECT_NEAR(sigmoid(x) + sigmoid(-x), 1.0, 0x1p-52) << x;
  }
}

struct ArrayFunction {
  std::string name;
  void (*array)(std::span<const double>, std::span<double>);
  double (*scalar)(double);
};

void PrintTo(const ArrayFunction& f, std::ostream* out) {
  *out << f.name;
}

class ArrayFunctions : public testing::TestWithParam<ArrayFunction> {};

// Ordinary, extreme and special arguments, mixed so that every vector lane meets each kind.
std::vector<double> mixed_arguments(std::size_t n) {
  auto x = test::uniform_values(5, n, -30, 30);
  const std::vector<double> special = {0.0,    -0.0,    kInf,  -kInf, kNaN,   kTiny,  -kTiny, 1.0,
                                       -745.0, -710.25, 709.7, 710.5, 0x1p-3, -1e300, 1e300,  0x1p-1030};
  for (std::size_t i = 0; i < n; i += 3) x[i] = special[(i / 3) % special.size()];
  return x;
}

TEST_P(ArrayFunctions, SameBitsAsScalarAtEveryLengthAndOffset) {
  const auto x = mixed_arguments(64);
  for (std::size_t offset = 0; offset < 9; ++offset) {
    for (std::size_t n = 0; n <= 40; ++n) {
      const std::span<const double> in(x.data() + offset, n);
      std::vector<double> expected(n);
      std::transform(in.begin(), in.end(), expected.begin(), GetParam().scalar);
      std::vector<double> out(n + 2, 17.0);
      GetParam().array(in, std::span(out).subspan(1, n));
      ASSERT_TRUE(test::same_bits(std::span(out).subspan(1, n), expected))
          << "n " << n << " offset " << offset;
      EXPECT_EQ(out.front(), 17.0);
      EXPECT_EQ(out.back(), 17.0);
    }
  }
}

TEST_P(ArrayFunctions, InPlace) {
  auto x = mixed_arguments(1003);
  std::vector<double> out(x.size());
  GetParam().array(x, out);
  GetParam().array(x, x);
  EXPECT_TRUE(test::same_bits(x, out));
}

INSTANTIATE_TEST_SUITE_P(Elementary, ArrayFunctions,
                         testing::Values(ArrayFunction{"exp", exp, exp}, ArrayFunction{"log", log, log},
                                         ArrayFunction{"softplus", softplus, softplus},
                                         ArrayFunction{"sigmoid", sigmoid, sigmoid},
                                         ArrayFunction{"exp_residual", exp_residual, exp_residual}),
                         [](const auto& instance) { return instance.param.name; });

// softplus(-x), sigmoid(x) and sigmoid(-x), and what they are made of.
TEST(Elementary, LogisticArraysSameBitsAsScalar) {
  const auto x = mixed_arguments(64);
  for (std::size_t offset = 0; offset < 9; ++offset) {
    for (std::size_t n = 0; n <= 40; ++n) {
      const auto some = std::span(x).subspan(offset, n);
      std::vector<double> missed(n), win(n), lose(n), small(n), tail(n);
      logistic(some, missed, win, lose);
      logistic_parts(some, small, tail);
      const auto expect = [&](std::span<const double> out, auto scalar) {
        std::vector<double> expected(n);
        for (std::size_t i = 0; i < n; ++i) expected[i] = scalar(some[i]);
        ASSERT_TRUE(test::same_bits(out, expected));
      };
      expect(missed, [](double v) { return softplus(-v); });
      expect(win, [](double v) { return sigmoid(v); });
      expect(lose, [](double v) { return sigmoid(-v); });
      expect(small, [](double v) { return exp(-std::fabs(v)); });
      expect(tail, [](double v) { return softplus(-std::fabs(v)); });
    }
  }
}

TEST(Elementary, SinCosArraysSameBitsAsScalar) {
  const auto x = test::uniform_values(6, 64, -1e4, 1e4);
  for (std::size_t offset = 0; offset < 9; ++offset) {
    for (std::size_t n = 0; n <= 40; ++n) {
      std::vector<double> s(n), c(n), expected_s(n), expected_c(n);
      sincos(std::span(x).subspan(offset, n), s, c);
      for (std::size_t i = 0; i < n; ++i) {
        expected_s[i] = sincos(x[offset + i]).sin;
        expected_c[i] = sincos(x[offset + i]).cos;
      }
      ASSERT_TRUE(test::same_bits(s, expected_s));
      ASSERT_TRUE(test::same_bits(c, expected_c));
    }
  }
}

}  // namespace
}  // namespace twostage::num
