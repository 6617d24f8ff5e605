// Errors of the elementary functions against MPFR, on dense random arguments and on the points where an
// implementation of their kind is weakest: where the reduction changes, near the zeros, where the exponent
// range ends.
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "sim/numerics/elementary.hpp"
#include "tests/support/compare.hpp"
#include "tests/support/multiprecision.hpp"
#include "tests/support/sequence.hpp"

namespace twostage::num {
namespace {

using test::Real;
using test::uniform_values;
using Values = std::vector<double>;

constexpr std::size_t kDense = 10000;
constexpr double kLn2 = 0x1.62e42fefa39efp-1;

void append(Values& to, const Values& from) {
  to.insert(to.end(), from.begin(), from.end());
}

// x and its `steps` neighbours on each side.
void append_neighbours(Values& to, double x, int steps) {
  double below = x;
  double above = x;
  to.push_back(x);
  for (int i = 0; i < steps; ++i) {
    to.push_back(below = std::nextafter(below, -INFINITY));
    to.push_back(above = std::nextafter(above, INFINITY));
  }
}

// +-2^-k with neighbours: every magnitude down to `smallest`.
void append_magnitudes(Values& to, int largest, int smallest) {
  for (int k = largest; k >= smallest; --k)
    for (const double sign : {-1.0, 1.0}) append_neighbours(to, sign * std::ldexp(1.0, k), 2);
}

// Odd multiples of ln(2)/2, where e^x changes its reduction, in [low, high].
void append_half_ln2(Values& to, double low, double high) {
  for (int k = -2200; k <= 2100; ++k)
    if (const double x = k * (kLn2 / 2); x >= low && x <= high) append_neighbours(to, x, 3);
}

// e^x - 1 - x is about x^2/2: near 0 it takes three times the digits of x to keep 128 of the result.
mpfr_prec_t precision_for(double x) {
  return 128 + (x == 0 ? 0 : 3 * std::max(0, -std::ilogb(x)));
}

using Function = double (*)(double);
using Reference = std::function<void(mpfr_ptr)>;

void expect_ulps(Function f, const Reference& reference, const Values& arguments, double bound) {
  double worst = 0;
  double at = 0;
  for (const double x : arguments) {
    Real r(x, precision_for(x));
    reference(r.get());
    const double error = r.ulps(f(x));
    if (error > worst) {
      worst = error;
      at = x;
    }
  }
  EXPECT_LE(worst, bound) << "worst argument " << test::show(at) << ", result " << test::show(f(at));
  testing::Test::RecordProperty("worst_ulp", std::to_string(worst));
}

void mp_exp(mpfr_ptr x) {
  mpfr_exp(x, x, MPFR_RNDN);
}
void mp_log(mpfr_ptr x) {
  mpfr_log(x, x, MPFR_RNDN);
}
void mp_log1p(mpfr_ptr x) {
  mpfr_log1p(x, x, MPFR_RNDN);
}
void mp_expm1(mpfr_ptr x) {
  mpfr_expm1(x, x, MPFR_RNDN);
}
void mp_softplus(mpfr_ptr x) {
  mpfr_exp(x, x, MPFR_RNDN);
  mpfr_log1p(x, x, MPFR_RNDN);
}
void mp_sigmoid(mpfr_ptr x) {
  mpfr_neg(x, x, MPFR_RNDN);
  mpfr_exp(x, x, MPFR_RNDN);
  mpfr_add_ui(x, x, 1, MPFR_RNDN);
  mpfr_ui_div(x, 1, x, MPFR_RNDN);
}
void mp_exp_residual(mpfr_ptr x) {
  Real linear(0, mpfr_get_prec(x));
  mpfr_set(linear.get(), x, MPFR_RNDN);
  mpfr_expm1(x, x, MPFR_RNDN);
  mpfr_sub(x, x, linear.get(), MPFR_RNDN);
}

TEST(Accuracy, ExpBelowOneUlp) {
  Values x = uniform_values(1, kDense, -0.4, 0.4);
  append(x, uniform_values(2, kDense, -20, 20));
  append(x, uniform_values(3, kDense, -745.2, 709.8));
  append(x, uniform_values(4, kDense, -745.2, -708.3));  // subnormal results
  append_half_ln2(x, -745, 709.7);
  append_magnitudes(x, 9, -60);
  append_neighbours(x, 709.782712893384, 8);    // the largest finite result
  append_neighbours(x, -708.3964185322641, 8);  // the smallest normal one
  append_neighbours(x, -745.1332191019412, 8);  // the smallest positive one
  expect_ulps(exp, mp_exp, x, 0.85);
}

TEST(Accuracy, LogBelowOneUlp) {
  Values x = uniform_values(1, kDense, 0.5, 2);
  append(x, uniform_values(2, kDense, 0.999, 1.001));
  append(x, uniform_values(3, kDense, 0, 1000));
  append(x, uniform_values(4, kDense, 0, 0x1p-1022));  // subnormal arguments
  append_neighbours(x, 1, 200);
  for (int k = -1070; k <= 1023; ++k) {
    append_neighbours(x, std::ldexp(1.0, k), 2);
    append_neighbours(x, std::ldexp(0x1.6a09e667f3bcdp-1, k), 3);  // sqrt(1/2): the reduction changes
  }
  std::erase_if(x, [](double v) { return !(v > 0); });
  expect_ulps(log, mp_log, x, 0.85);
}

TEST(Accuracy, Log1pBelowOneUlp) {
  Values x = uniform_values(1, kDense, -1, 1);
  append(x, uniform_values(2, kDense, -0.001, 0.001));
  append(x, uniform_values(3, kDense, 0, 1e6));
  append_magnitudes(x, -1, -300);
  for (int k = 0; k <= 1023; ++k) append_neighbours(x, std::ldexp(1.0, k), 2);
  append_neighbours(x, 0x1.6a09e667f3bcdp-1 - 1, 20);
  append_neighbours(x, 0x1.6a09e667f3bcdp0 - 1, 20);
  append_neighbours(x, std::nextafter(-1.0, 0.0), 0);
  expect_ulps(log1p, mp_log1p, x, 0.9);
}

TEST(Accuracy, Expm1BelowTwoUlp) {
  Values x = uniform_values(1, kDense, -1.5, 1.5);
  append(x, uniform_values(2, kDense, -1e-3, 1e-3));
  append(x, uniform_values(3, kDense, -45, 709.7));
  append_magnitudes(x, 9, -300);
  append_half_ln2(x, -40, 709.7);
  append_neighbours(x, 709.782712893384, 8);
  expect_ulps(expm1, mp_expm1, x, 2.0);
}

TEST(Accuracy, SoftplusBelowTwoUlp) {
  Values x = uniform_values(1, kDense, -2, 2);
  append(x, uniform_values(2, kDense, -40, 40));
  append(x, uniform_values(3, kDense, -745, 745));
  append_half_ln2(x, -40, 40);
  append_magnitudes(x, 9, -60);
  expect_ulps(softplus, mp_softplus, x, 2.0);
}

TEST(Accuracy, SigmoidBelowThreeUlp) {
  Values x = uniform_values(1, kDense, -2, 2);
  append(x, uniform_values(2, kDense, -40, 40));
  append(x, uniform_values(3, kDense, -745, 40));
  append_half_ln2(x, -40, 40);
  append_magnitudes(x, 9, -60);
  expect_ulps(sigmoid, mp_sigmoid, x, 3.0);
}

TEST(Accuracy, ExpResidualBelowFiveUlp) {
  Values x = uniform_values(1, kDense, -1.2, 1.2);
  append(x, uniform_values(2, kDense, -1e-3, 1e-3));
  append(x, uniform_values(3, kDense, -800, 709.7));
  append_half_ln2(x, -40, 40);
  append_magnitudes(x, 9, -500);
  expect_ulps(exp_residual, mp_exp_residual, x, 5.0);
}

TEST(Accuracy, SinCosAbsoluteError) {
  Values x = uniform_values(1, kDense, -1, 1);
  append(x, uniform_values(2, kDense, -100, 100));
  append(x, uniform_values(3, kDense, -0x1p20, 0x1p20));
  for (int n = 0; n < 600000; n += n < 40 ? 1 : 4999)
    for (const double sign : {-1.0, 1.0}) append_neighbours(x, sign * n * 0x1.921fb54442d18p-1, 2);
  append_neighbours(x, 0x1p20, 0);
  double worst = 0;
  for (const double v : x) {
    Real s(v);
    Real c(v);
    mpfr_sin(s.get(), s.get(), MPFR_RNDN);
    mpfr_cos(c.get(), c.get(), MPFR_RNDN);
    const SinCos sc = sincos(v);
    worst = std::max({worst, s.distance(sc.sin), c.distance(sc.cos)});
  }
  EXPECT_LE(worst, 2e-16);
}

}  // namespace
}  // namespace twostage::num
