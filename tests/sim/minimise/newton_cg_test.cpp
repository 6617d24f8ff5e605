// Newton's method by conjugate gradients on functions with known minima, convex or not.
#include "sim/minimise/newton_cg.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "tests/support/gradients.hpp"

namespace twostage::num {
namespace {

using Values = std::vector<double>;

constexpr long kMany = 100'000;  // products

// sum over i of `each`, which gives value, slope and curvature at a number.
struct Jet {
  double value, slope, curvature;
};
class Separable final : public WithProducts {
 public:
  Separable(std::size_t n, Jet (*each)(double)) : curvature_(n), each_(each) {}
  std::size_t dimension() const override { return curvature_.size(); }
  double evaluate(std::span<const double> x, std::span<double> gradient) override {
    double out = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Jet jet = each_(x[i]);
      out += jet.value;
      gradient[i] = jet.slope;
      curvature_[i] = jet.curvature;
    }
    return out;
  }
  void prepare_products(std::span<double> diagonal) override { std::ranges::fill(diagonal, 1.0); }
  void hessian_times(std::span<const double> v, std::span<double> out) override {
    for (std::size_t i = 0; i < v.size(); ++i) out[i] = curvature_[i] * v[i];
  }

 private:
  Values curvature_;
  Jet (*each_)(double);
};

// sum_i 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2, of which all ones are the minimum.
class Rosenbrock final : public WithProducts {
 public:
  explicit Rosenbrock(std::size_t n) : x_(n) {}
  std::size_t dimension() const override { return x_.size(); }
  double evaluate(std::span<const double> x, std::span<double> gradient) override {
    x_.assign(x.begin(), x.end());
    std::ranges::fill(gradient, 0.0);
    double out = 0;
    for (std::size_t i = 0; i + 1 < x.size(); ++i) {
      const double t = x[i + 1] - x[i] * x[i];
      out += 100 * t * t + (1 - x[i]) * (1 - x[i]);
      gradient[i] += -400 * x[i] * t - 2 * (1 - x[i]);
      gradient[i + 1] += 200 * t;
    }
    return out;
  }
  void prepare_products(std::span<double> diagonal) override { std::ranges::fill(diagonal, 1.0); }
  void hessian_times(std::span<const double> v, std::span<double> out) override {
    std::ranges::fill(out, 0.0);
    for (std::size_t i = 0; i + 1 < x_.size(); ++i) {
      out[i] += (1200 * x_[i] * x_[i] - 400 * x_[i + 1] + 2) * v[i] - 400 * x_[i] * v[i + 1];
      out[i + 1] += -400 * x_[i] * v[i] + 200 * v[i + 1];
    }
  }

 private:
  Values x_;
};

Minimum minimum_after(WithProducts& f, const Values& start, long products,
                      const NewtonCgOptions& options = {}) {
  NewtonCg method(f, start, options);
  method.advance(products);
  return method.minimum();
}

TEST(NewtonCg, TakesOneStepForAQuadratic) {
  Separable f(5, [](double x) { return Jet{1.5 * (x - 2) * (x - 2), 3 * (x - 2), 3}; });
  const Minimum found = minimum_after(f, Values{-1, 0, 7, 2, 1e3}, kMany);
  EXPECT_TRUE(found.converged);
  EXPECT_EQ(found.iterations, 1);
  for (const double x : found.x) EXPECT_NEAR(x, 2, 1e-12);
}

TEST(NewtonCg, FindsTheRosenbrockMinimum) {
  for (const std::size_t n : {2u, 10u, 50u}) {
    Rosenbrock f(n);
    for (const double start : {-1.2, 0.0, 3.0}) {
      Values from(n, 1.0);
      for (std::size_t i = 0; i < n; i += 2) from[i] = start;
      const Minimum found = minimum_after(f, from, kMany);
      EXPECT_TRUE(found.converged) << n << ", " << start;
      // Beyond three coordinates there is a second minimum, near (-1, 1, ..., 1), of value 3.98 to 3.99.
      const bool other = n > 3 && found.x[0] < 0;
      EXPECT_NEAR(found.value, other ? 3.985 : 0, other ? 5e-3 : 1e-15) << n << ", " << start;
      for (std::size_t i = other ? n / 2 : 0; i < n; ++i) EXPECT_NEAR(found.x[i], 1, other ? 1e-2 : 1e-8);
      Values gradient(n);
      f.evaluate(found.x, gradient);
      EXPECT_LE(norm(gradient), 1e-6);
    }
  }
}

// log(1 + x^2) bends down beyond 1: Newton's own step would lead away from the minimum at 0.
TEST(NewtonCg, GoesDownWhereThereIsNoCurvature) {
  Separable f(3, [](double x) {
    const double s = 1 + x * x;
    return Jet{num::log(s), 2 * x / s, 2 * (1 - x * x) / (s * s)};
  });
  const Minimum found = minimum_after(f, Values{3, -20, 0.5}, kMany);
  EXPECT_TRUE(found.converged);
  for (const double x : found.x) EXPECT_NEAR(x, 0, 1e-10);
}

// (x^2 - 1)^2 has a maximum at 0 between two minima: from beside it the nearer one is found.
TEST(NewtonCg, LeavesAMaximum) {
  Separable f(2, [](double x) {
    const double t = x * x - 1;
    return Jet{t * t, 4 * x * t, 12 * x * x - 4};
  });
  const Minimum found = minimum_after(f, Values{1e-3, -1e-6}, kMany);
  EXPECT_TRUE(found.converged);
  EXPECT_NEAR(found.x[0], 1, 1e-9);
  EXPECT_NEAR(found.x[1], -1, 1e-9);
}

// What is told of the error: the way to the minimum where there is curvature, and downhill where there is
// none.
TEST(NewtonCg, TellsHowFarTheMinimumIs) {
  Separable bowl(2, [](double x) { return Jet{1.5 * (x - 2) * (x - 2), 3 * (x - 2), 3}; });
  const Minimum before = minimum_after(bowl, Values{0, 7}, 0);
  ASSERT_EQ(before.step.size(), 2u);
  EXPECT_NEAR(before.step[0], 2, 1e-9);
  EXPECT_NEAR(before.step[1], -5, 1e-9);
  Separable ridge(1, [](double x) { return Jet{-x * x, -2 * x, -2}; });
  const Minimum above = minimum_after(ridge, Values{3}, 0);
  ASSERT_EQ(above.step.size(), 1u);
  EXPECT_EQ(above.step[0], 6);
}

TEST(NewtonCg, SaysWhereItDidNotConverge) {
  Rosenbrock f(10);
  const Values start(10, -1.0);
  const Minimum cut = minimum_after(f, start, 3);
  EXPECT_FALSE(cut.converged);
  EXPECT_LE(cut.iterations, 3);
  Values gradient(10);
  EXPECT_LT(cut.value, f.evaluate(start, gradient));
  // e^-x falls for ever.
  Separable falling(1, [](double x) { return Jet{num::exp(-x), -num::exp(-x), num::exp(-x)}; });
  const Minimum out = minimum_after(falling, Values{0}, 20, {.gradient_goal = 0, .decrement_tolerance = 0});
  EXPECT_FALSE(out.converged);
  EXPECT_GT(out.x[0], 10);
  const Minimum nowhere = minimum_after(falling, Values{std::nan("")}, kMany);
  EXPECT_FALSE(nowhere.converged);
}

// In turns, between which the function is evaluated elsewhere, it takes the same path as at one go.
TEST(NewtonCg, GoesOnAsIfNothingHadHappened) {
  Rosenbrock f(10);
  Values start(10, 1.0), elsewhere(10, 5.0), unused(10);
  start[0] = -1.2;
  const Minimum at_once = minimum_after(f, start, kMany);
  NewtonCg in_turns(f, start);
  int turns = 0;
  while (!in_turns.advance(7)) {
    f.evaluate(elsewhere, unused);
    ++turns;
  }
  EXPECT_GT(turns, 3);
  EXPECT_TRUE(in_turns.here().converged);
  EXPECT_EQ(in_turns.here().x, at_once.x);
  EXPECT_EQ(in_turns.here().iterations, at_once.iterations);
}

TEST(NewtonCg, StaysAtAMinimum) {
  Separable f(2, [](double x) { return Jet{x * x, 2 * x, 2}; });
  const Minimum found = minimum_after(f, Values{0, 0}, kMany);
  EXPECT_TRUE(found.converged);
  EXPECT_EQ(found.iterations, 0);
  EXPECT_EQ(found.x, (Values{0, 0}));
}

}  // namespace
}  // namespace twostage::num
