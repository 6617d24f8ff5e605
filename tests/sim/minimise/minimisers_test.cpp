// The minimisers on functions with known minima: quadratics (one Newton step), logistic and Rosenbrock
// functions, saddles, and functions without a minimum.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sim/minimise/damped_newton.hpp"
#include "sim/minimise/lbfgs.hpp"
#include "sim/minimise/line_search.hpp"
#include "sim/minimise/newton.hpp"
#include "sim/minimise/saddle_free.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "tests/support/gradients.hpp"

namespace twostage::num {
namespace {

// f(x) = sum_i (softplus(c_i x_i) - b_i x_i): minimum at sigmoid(c_i x_i) = b_i / c_i when 0 < b_i < c_i.
class Logistic : public WithMetric {
 public:
  Logistic(std::vector<double> c, std::vector<double> b) : c_(std::move(c)), b_(std::move(b)) {}
  std::size_t dimension() const override { return c_.size(); }
  double evaluate(std::span<const double> x, std::span<double> gradient) override {
    x_.assign(x.begin(), x.end());
    double value = 0;
    for (std::size_t i = 0; i < c_.size(); ++i) {
      value += softplus(c_[i] * x[i]) - b_[i] * x[i];
      gradient[i] = c_[i] * sigmoid(c_[i] * x[i]) - b_[i];
    }
    return value;
  }
  void hessian(std::span<double> lower) override {
    std::ranges::fill(lower, 0.0);
    for (std::size_t i = 0; i < c_.size(); ++i)
      lower[i * c_.size() + i] = c_[i] * c_[i] * sigmoid(c_[i] * x_[i]) * sigmoid(-c_[i] * x_[i]);
  }
  void metric(std::span<double> lower) override { hessian(lower); }
  std::vector<double> minimum() const {
    std::vector<double> out;
    for (std::size_t i = 0; i < c_.size(); ++i) out.push_back(std::log(b_[i] / (c_[i] - b_[i])) / c_[i]);
    return out;
  }

 private:
  std::vector<double> c_, b_, x_;
};

// Curvatures over four orders of magnitude.
Logistic ill_conditioned() {
  return {{100, 10, 1, 0.1}, {30, 7, 0.5, 0.09}};
}

// (1 - x)^2 + 100 (y - x^2)^2, minimum (1, 1); indefinite Hessian where y > x^2 + 1/200.
class Rosenbrock : public WithMetric {
 public:
  std::size_t dimension() const override { return 2; }
  double evaluate(std::span<const double> x, std::span<double> gradient) override {
    x_ = {x[0], x[1]};
    const double t = x[1] - x[0] * x[0];
    gradient[0] = -2 * (1 - x[0]) - 400 * x[0] * t;
    gradient[1] = 200 * t;
    return (1 - x[0]) * (1 - x[0]) + 100 * t * t;
  }
  void hessian(std::span<double> lower) override {
    const double t = x_[1] - x_[0] * x_[0];
    write(2 + 800 * x_[0] * x_[0] - 400 * t, lower);
  }
  // Gauss-Newton plus the absolute value of the second-order term.
  void metric(std::span<double> lower) override {
    const double t = x_[1] - x_[0] * x_[0];
    write(2 + 800 * x_[0] * x_[0] + 400 * std::fabs(t), lower);
  }

 private:
  void write(double xx, std::span<double> lower) const {
    lower[0] = xx;
    lower[2] = -400 * x_[0];
    lower[3] = 200;
  }
  std::vector<double> x_;
};

TEST(Newton, FindsTheLogisticMinimumWithCertificate) {
  Logistic f = ill_conditioned();
  const Minimum found = minimise_newton(f, std::vector<double>(4, 0.0));
  EXPECT_TRUE(found.converged);
  EXPECT_LT(found.gradient_norm, 1e-12);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(found.x[i], f.minimum()[i], 1e-12);
}

TEST(Newton, StepsBackFromAStepThatIsTooLong) {
  // From x = 6 the Newton step of softplus(x) - x/2 leads to about -196, where f is larger.
  Logistic f({1}, {0.5});
  const Minimum found = minimise_newton(f, std::vector<double>{6.0});
  EXPECT_TRUE(found.converged);
  EXPECT_NEAR(found.x[0], 0, 1e-12);
}

TEST(Newton, LeavesFlatDirectionsAlone) {
  // The second coordinate does not matter: c = 0, b = 0.
  Logistic f({1, 0}, {0.25, 0});
  const Minimum found = minimise_newton(f, std::vector<double>{0, 0.5});
  EXPECT_TRUE(found.converged);
  EXPECT_NEAR(found.x[0], std::log(1.0 / 3), 1e-12);
  EXPECT_EQ(found.x[1], 0.5);
}

TEST(Newton, MarksWhatItCannotFinish) {
  // b > c: f falls for ever.
  Logistic f({1}, {1.5});
  const Minimum found = minimise_newton(f, std::vector<double>{0.0}, {.max_iterations = 50});
  EXPECT_FALSE(found.converged);
  Logistic nan({1}, {std::numeric_limits<double>::quiet_NaN()});
  EXPECT_FALSE(minimise_newton(nan, std::vector<double>{0.0}).converged);
}

TEST(SaddleFree, FindsTheRosenbrockMinimum) {
  Rosenbrock f;
  // (0, 2) lies where the Hessian is indefinite.
  for (const std::vector<double>& start : {std::vector<double>{-1.2, 1}, std::vector<double>{0, 2}}) {
    const Minimum found = minimise_saddle_free(f, start);
    EXPECT_TRUE(found.converged);
    EXPECT_NEAR(found.x[0], 1, 1e-12);
    EXPECT_NEAR(found.x[1], 1, 1e-12);
  }
}

// (x^2 - 1)^2 + y^2: minima at x = +-1, saddle at 0, where plain Newton from (0.1, 1) would go.
TEST(SaddleFree, LeavesASaddle) {
  class DoubleWell : public WithMetric {
   public:
    std::size_t dimension() const override { return 2; }
    double evaluate(std::span<const double> x, std::span<double> gradient) override {
      x_ = x[0];
      gradient[0] = 4 * x[0] * (x[0] * x[0] - 1);
      gradient[1] = 2 * x[1];
      return (x[0] * x[0] - 1) * (x[0] * x[0] - 1) + x[1] * x[1];
    }
    void hessian(std::span<double> lower) override { write(12 * x_ * x_ - 4, lower); }
    void metric(std::span<double> lower) override { write(std::fabs(12 * x_ * x_ - 4), lower); }

   private:
    static void write(double xx, std::span<double> lower) { lower[0] = xx, lower[2] = 0, lower[3] = 2; }
    double x_ = 0;
  } f;
  const Minimum found = minimise_saddle_free(f, std::vector<double>{0.1, 1});
  EXPECT_TRUE(found.converged);
  EXPECT_NEAR(found.x[0], 1, 1e-12);
}

TEST(SaddleFree, AcceptsAFlatMinimumButNoSaddle) {
  Logistic flat({1, 0}, {0.25, 0});
  const Minimum found = minimise_saddle_free(flat, std::vector<double>{0, 0.5});
  EXPECT_TRUE(found.converged);
  EXPECT_NEAR(found.x[0], std::log(1.0 / 3), 1e-7);  // the last step may be one on the metric
  EXPECT_EQ(found.x[1], 0.5);

  // x^2 - y^2 exactly at its saddle: the gradient is zero, and no certificate is given.
  class Saddle : public WithMetric {
   public:
    std::size_t dimension() const override { return 2; }
    double evaluate(std::span<const double> x, std::span<double> gradient) override {
      gradient[0] = 2 * x[0];
      gradient[1] = -2 * x[1];
      return x[0] * x[0] - x[1] * x[1];
    }
    void hessian(std::span<double> lower) override { lower[0] = 2, lower[2] = 0, lower[3] = -2; }
    void metric(std::span<double> lower) override { lower[0] = 2, lower[2] = 0, lower[3] = 2; }
  } saddle;
  EXPECT_FALSE(minimise_saddle_free(saddle, std::vector<double>{0, 0}).converged);
}

TEST(SaddleFree, AgreesWithNewtonOnAConvexFunction) {
  Logistic f = ill_conditioned();
  const Minimum found = minimise_saddle_free(f, std::vector<double>(4, 0.0));
  EXPECT_TRUE(found.converged);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(found.x[i], f.minimum()[i], 1e-12);
}

TEST(DampedNewton, FindsTheRosenbrockAndTheLogisticMinimum) {
  Rosenbrock valley;
  for (const std::vector<double>& start : {std::vector<double>{-1.2, 1}, std::vector<double>{0, 2}}) {
    const Minimum found = minimise_damped_newton(valley, start);
    EXPECT_TRUE(found.converged);
    EXPECT_NEAR(found.x[0], 1, 1e-12);
    EXPECT_NEAR(found.x[1], 1, 1e-12);
  }
  Logistic f = ill_conditioned();
  const Minimum found = minimise_damped_newton(f, std::vector<double>(4, 0.0));
  EXPECT_TRUE(found.converged);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(found.x[i], f.minimum()[i], 1e-12);
}

// b / c = 1e-9 and 1 - 1e-9: the minima lie where sigmoid has almost saturated, 20.7 away from the start, and
// the curvature there is 1e-9.
TEST(DampedNewton, FollowsSaturatedDirections) {
  Logistic f({1, 1, 1}, {1e-9, 1 - 1e-9, 0.5});
  const Minimum found = minimise_damped_newton(f, std::vector<double>{3, -7, 40});
  EXPECT_TRUE(found.converged);
  // g^T H^-1 g <= 1e-16 with H = 1e-9 leaves an error of 3e-4, which the last step squares.
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(found.x[i], f.minimum()[i], 1e-6);
}

TEST(DampedNewton, AcceptsAFlatMinimumButNoDescentForEver) {
  Logistic flat({1, 0}, {0.25, 0});
  const Minimum found = minimise_damped_newton(flat, std::vector<double>{0, 0.5});
  EXPECT_TRUE(found.converged);
  EXPECT_NEAR(found.x[0], std::log(1.0 / 3), 1e-12);
  EXPECT_EQ(found.x[1], 0.5);
  Logistic unbounded({1}, {1.5});
  EXPECT_FALSE(minimise_damped_newton(unbounded, std::vector<double>{0.0}, {.max_iterations = 50}).converged);
  Logistic nan({1}, {std::numeric_limits<double>::quiet_NaN()});
  EXPECT_FALSE(minimise_damped_newton(nan, std::vector<double>{0.0}).converged);
}

TEST(DampedNewton, FinishesWhatAnotherMethodLeft) {
  Rosenbrock f;
  const Minimum left = minimise_saddle_free(f, std::vector<double>{-1.2, 1}, {.max_iterations = 3});
  ASSERT_FALSE(left.converged);
  const Minimum found = finish_damped(f, left);
  EXPECT_TRUE(found.converged);
  EXPECT_GT(found.iterations, 3);
  EXPECT_NEAR(found.x[0], 1, 1e-12);
  EXPECT_EQ(finish_damped(f, found).x, found.x);
}

TEST(Lbfgs, DrivesTheGradientToTheRoundingFloor) {
  // Curvature c^2 b/c (1 - b/c) runs from 2100 down to 0.0009, so |g| <= 1e-13 bounds the error by 1e-10.
  Logistic f = ill_conditioned();
  const Minimum found = minimise_lbfgs(f, std::vector<double>(4, 0.0), {.gradient_goal = 1e-13});
  EXPECT_TRUE(found.converged);
  EXPECT_LE(found.gradient_norm, 1e-12);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(found.x[i], f.minimum()[i], 1e-9);
}

TEST(Lbfgs, GoesOnAsIfNothingHadHappened) {
  Rosenbrock f;
  const std::vector<double> start{-1.2, 1};
  std::vector<double> unused(2);
  const LbfgsOptions options{.gradient_goal = 1e-12};
  const Minimum at_once = minimise_lbfgs(f, start, options);
  Lbfgs in_turns(f, start, options);
  int turns = 0;
  while (!in_turns.advance(4)) {
    f.evaluate(std::vector<double>{7, -7}, unused);
    EXPECT_EQ(in_turns.here().iterations, 4 * ++turns);
  }
  EXPECT_GT(turns, 3);
  const Minimum found = in_turns.minimum();
  EXPECT_EQ(found.x, at_once.x);
  EXPECT_EQ(found.step, at_once.step);
  EXPECT_EQ(found.iterations, at_once.iterations);
  EXPECT_TRUE(found.converged);
}

TEST(Lbfgs, FindsTheRosenbrockMinimum) {
  Rosenbrock f;
  const Minimum found = minimise_lbfgs(f, std::vector<double>{-1.2, 1}, {.gradient_goal = 1e-12});
  EXPECT_TRUE(found.converged);
  EXPECT_NEAR(found.x[0], 1, 1e-10);
  EXPECT_NEAR(found.x[1], 1, 1e-10);
  EXPECT_LT(found.iterations, 100);
}

TEST(Lbfgs, MarksAnIterationLimitAndNonFiniteValues) {
  Rosenbrock f;
  EXPECT_FALSE(minimise_lbfgs(f, std::vector<double>{-1.2, 1}, {.max_iterations = 3}).converged);
  Logistic nan({1}, {std::numeric_limits<double>::quiet_NaN()});
  EXPECT_FALSE(minimise_lbfgs(nan, std::vector<double>{0.0}, {}).converged);
}

// x - log x with an infinite wall at 0. From x = 50 the gradient is almost constant, so the search multiplies
// its step until a trial lies behind the wall.
TEST(LineSearch, StepsBackFromPointsOutsideTheDomain) {
  class Barrier : public SmoothFunction {
   public:
    std::size_t dimension() const override { return 1; }
    double evaluate(std::span<const double> x, std::span<double> gradient) override {
      gradient[0] = 1 - 1 / x[0];
      return x[0] > 0 ? x[0] - std::log(x[0]) : std::numeric_limits<double>::infinity();
    }
  } f;
  const Minimum found = minimise_lbfgs(f, std::vector<double>{50.0}, {});
  EXPECT_TRUE(found.converged);
  EXPECT_NEAR(found.x[0], 1, 1e-9);
}

TEST(LineSearch, LeavesThePointAloneWhenTheDirectionRises) {
  Rosenbrock f;
  std::vector<double> x = {-1.2, 1}, gradient(2);
  double value = f.evaluate(x, gradient);
  const std::vector<double> before = x, uphill = gradient;
  EXPECT_FALSE(line_search(f, uphill, 1, x, value, gradient));
  EXPECT_EQ(x, before);
}

// A logistic likelihood summed term by term: with thousands of terms its value is off by more than a few
// roundings of the sum, and descent that waits for the value to fall stops where the slope still knows the
// way.
class LongSum final : public num::SmoothFunction {
 public:
  explicit LongSum(std::uint64_t seed) : feature_(test::normal_vector(kTerms * kParameters, seed)) {}
  std::size_t dimension() const override { return kParameters; }
  double evaluate(std::span<const double> x, std::span<double> gradient) override {
    std::ranges::fill(gradient, 0.0);
    double value = 0;
    for (std::size_t k = 0; k < kTerms; ++k) {
      const auto row = std::span(feature_).subspan(k * kParameters, kParameters);
      const double margin = num::dot(row, x) - 1;
      value += num::softplus(margin) + 0.3 * num::softplus(-margin);
      num::axpy(num::sigmoid(margin) - 0.3 * num::sigmoid(-margin), row, gradient);
    }
    return value;
  }

 private:
  static constexpr std::size_t kTerms = 200'000;
  static constexpr std::size_t kParameters = 6;
  std::vector<double> feature_;
};

TEST(Lbfgs, GoesOnWhereOnlyTheValueIsAtItsRoundingFloor) {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    LongSum f(7100 + seed);
    const std::vector<double> start(f.dimension(), 0.0);
    const num::Minimum minimum =
        num::minimise_lbfgs(f, start, {.gradient_goal = 1e-8, .gradient_accepted = 1e-7});
    EXPECT_TRUE(minimum.converged) << seed << ": " << minimum.gradient_norm;
    EXPECT_LT(minimum.iterations, 100) << seed;
  }
}

}  // namespace
}  // namespace twostage::num
