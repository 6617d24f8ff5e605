// Proximal Newton for f(x) + sum w_j |x_j| against closed forms and enumeration of sign patterns.
#include "sim/minimise/l1_newton.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <limits>

#include "sim/minimise/newton.hpp"
#include "sim/numerics/elementary.hpp"
#include "tests/support/gradients.hpp"

namespace twostage::num {
namespace {

// (x - c) H (x - c) / 2
class Quadratic : public TwiceDifferentiable {
 public:
  Quadratic(Eigen::MatrixXd h, Eigen::VectorXd c) : h_(std::move(h)), c_(std::move(c)) {}
  std::size_t dimension() const override { return static_cast<std::size_t>(c_.size()); }
  double evaluate(std::span<const double> x, std::span<double> gradient) override {
    const Eigen::VectorXd d = Eigen::Map<const Eigen::VectorXd>(x.data(), c_.size()) - c_;
    Eigen::Map<Eigen::VectorXd>(gradient.data(), c_.size()) = h_ * d;
    return d.dot(h_ * d) / 2;
  }
  void hessian(std::span<double> lower) override {
    for (Eigen::Index i = 0; i < c_.size(); ++i)
      for (Eigen::Index j = 0; j <= i; ++j) lower[static_cast<std::size_t>(i * c_.size() + j)] = h_(i, j);
  }

 private:
  Eigen::MatrixXd h_;
  Eigen::VectorXd c_;
};

// sum_i softplus(c_i x_i) - b_i x_i
class Logistic : public TwiceDifferentiable {
 public:
  Logistic(std::vector<double> c, std::vector<double> b)
      : c_(std::move(c)), b_(std::move(b)), x_(c_.size()) {}
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

 private:
  std::vector<double> c_, b_, x_;
};

Eigen::MatrixXd random_matrix(Eigen::Index n, std::uint64_t index) {
  const std::vector<double> values = test::normal_vector(static_cast<std::size_t>(n * n), index);
  return Eigen::Map<const Eigen::MatrixXd>(values.data(), n, n);
}

Eigen::VectorXd random_vector(Eigen::Index n, std::uint64_t index) {
  const std::vector<double> values = test::normal_vector(static_cast<std::size_t>(n), index);
  return Eigen::Map<const Eigen::VectorXd>(values.data(), n);
}

// Orthogonal design: each coordinate on its own, h (x - c) + w sign(x) = 0, so h x is h c moved towards 0 by
// w.
TEST(L1Newton, OrthogonalQuadraticIsTheSoftThreshold) {
  const std::vector<double> h = {1, 100, 0.01, 3}, c = {2, -0.3, 5, 0.1}, w = {0.5, 4, 0.2, 1};
  Quadratic f(Eigen::Map<const Eigen::VectorXd>(h.data(), 4).asDiagonal(),
              Eigen::Map<const Eigen::VectorXd>(c.data(), 4));
  const Minimum minimum = minimise_l1(f, w, std::vector<double>(4, 0.0));
  ASSERT_TRUE(minimum.converged);
  for (std::size_t j = 0; j < 4; ++j) {
    const double hc = h[j] * c[j];
    const double expected = std::fabs(hc) <= w[j] ? 0 : (hc - std::copysign(w[j], hc)) / h[j];
    EXPECT_NEAR(minimum.x[j], expected, 1e-14);
  }
  EXPECT_EQ(minimum.x[2], 0.0);
  EXPECT_EQ(minimum.x[3], 0.0);
}

// c sigma(c x) = b - w sign(x): a logit where its sign is that of x, else 0.
TEST(L1Newton, OrthogonalLogisticIsAShiftedLogit) {
  const std::vector<double> c = {1, 10, 0.1, 4, 2}, b = {0.9, 2, 0.07, 2.3, 1}, w = {0.2, 1, 0.01, 0.5, 0.01};
  Logistic f(c, b);
  const Minimum minimum = minimise_l1(f, w, std::vector<double>(5, 0.0));
  ASSERT_TRUE(minimum.converged);
  for (std::size_t j = 0; j < 5; ++j) {
    const double pull = b[j] - c[j] / 2;  // minus the derivative at 0
    const double p = (b[j] - std::copysign(w[j], pull)) / c[j];
    EXPECT_NEAR(minimum.x[j], std::fabs(pull) <= w[j] ? 0 : std::log(p / (1 - p)) / c[j], 1e-11);
  }
}

// The minimum over all 3^n patterns of signs: on each, a linear system; among the solutions that keep their
// signs the least value wins.
double least_by_enumeration(const Eigen::MatrixXd& h, const Eigen::VectorXd& c, const Eigen::VectorXd& w) {
  const Eigen::Index n = c.size();
  double least = std::numeric_limits<double>::infinity();
  const int patterns = static_cast<int>(std::lround(std::pow(3, static_cast<double>(n))));
  for (int code = 0; code < patterns; ++code) {
    std::vector<Eigen::Index> on;
    Eigen::VectorXd sign = Eigen::VectorXd::Zero(n);
    for (Eigen::Index j = 0, rest = code; j < n; ++j, rest /= 3) {
      sign(j) = static_cast<double>(rest % 3) - 1;
      if (sign(j) != 0) on.push_back(j);
    }
    const auto m = static_cast<Eigen::Index>(on.size());
    Eigen::MatrixXd system(m, m);
    Eigen::VectorXd right(m);
    const Eigen::VectorXd hc = h * c;
    for (Eigen::Index i = 0; i < m; ++i) {
      const Eigen::Index row = on[static_cast<std::size_t>(i)];
      right(i) = hc(row) - w(row) * sign(row);
      for (Eigen::Index k = 0; k < m; ++k) system(i, k) = h(row, on[static_cast<std::size_t>(k)]);
    }
    const Eigen::VectorXd solution = system.ldlt().solve(right);
    Eigen::VectorXd x = Eigen::VectorXd::Zero(n);
    bool keeps_signs = true;
    for (Eigen::Index i = 0; i < m; ++i) {
      x(on[static_cast<std::size_t>(i)]) = solution(i);
      keeps_signs &= solution(i) * sign(on[static_cast<std::size_t>(i)]) > 0;
    }
    if (keeps_signs) least = std::min(least, (x - c).dot(h * (x - c)) / 2 + w.dot(x.cwiseAbs()));
  }
  return least;
}

TEST(L1Newton, CorrelatedQuadraticsAgreeWithEnumerationOfSigns) {
  constexpr Eigen::Index n = 6;
  int zeros = 0;
  for (std::uint64_t trial = 0; trial < 30; ++trial) {
    const Eigen::MatrixXd a = random_matrix(n, 3 * trial);
    const Eigen::MatrixXd h = a.transpose() * a + 0.01 * Eigen::MatrixXd::Identity(n, n);
    const Eigen::VectorXd c = random_vector(n, 3 * trial + 1);
    const Eigen::VectorXd w = random_vector(n, 3 * trial + 2).cwiseAbs();
    Quadratic f(h, c);
    const Minimum minimum =
        minimise_l1(f, {w.data(), static_cast<std::size_t>(n)}, std::vector<double>(n, 0.0));
    EXPECT_TRUE(minimum.converged);
    EXPECT_LT(minimum.gradient_norm, 1e-11);
    EXPECT_NEAR(minimum.value, least_by_enumeration(h, c, w), 1e-11);
    zeros += static_cast<int>(std::ranges::count(minimum.x, 0.0));
  }
  EXPECT_GT(zeros, 20);  // of 180: both kinds of coordinate were met
  EXPECT_LT(zeros, 160);
}

TEST(L1Newton, WithoutWeightsItIsNewtonsMethodAndWithLargeOnesNothingIsLeft) {
  const std::vector<double> c = {100, 10, 1, 0.1}, b = {30, 7, 0.5, 0.09}, start(4, 0.0);
  Logistic f(c, b);
  const Minimum none = minimise_l1(f, std::vector<double>(4, 0.0), start);
  const Minimum newton = minimise_newton(f, start);
  ASSERT_TRUE(none.converged && newton.converged);
  for (std::size_t j = 0; j < 4; ++j) EXPECT_NEAR(none.x[j], newton.x[j], 1e-10);
  // |derivative at 0| = |c / 2 - b| <= 20.
  const Minimum all = minimise_l1(f, std::vector<double>(4, 20.0), start);
  EXPECT_TRUE(all.converged);
  EXPECT_EQ(all.x, start);
  EXPECT_EQ(all.gradient_norm, 0.0);
}

// Many strongly correlated coordinates, where coordinate descent alone crawls; curvatures 2^0 .. 2^20.
TEST(L1Newton, LargeIllConditionedProblemsConverge) {
  constexpr Eigen::Index n = 200;
  const Eigen::MatrixXd noise = random_matrix(n, 500);
  Eigen::MatrixXd a = 0.05 * noise + noise.col(0) * Eigen::RowVectorXd::Ones(n);
  for (Eigen::Index j = 0; j < n; ++j) a.col(j) *= std::exp2(static_cast<double>(j % 11));
  const Eigen::MatrixXd h = a.transpose() * a;
  const Eigen::VectorXd c = random_vector(n, 501);
  const Eigen::VectorXd w = 0.3 * h.diagonal().cwiseSqrt();
  Quadratic f(h, c);
  const Minimum minimum = minimise_l1(f, {w.data(), static_cast<std::size_t>(n)}, std::vector<double>(n, 0.0),
                                      {.violation_accepted = 1e-12 * h.diagonal().maxCoeff()});
  EXPECT_TRUE(minimum.converged) << minimum.gradient_norm;
  EXPECT_LT(minimum.iterations, 20);
}

// A coordinate that f does not see, with and without a weight.
TEST(L1Newton, UnseenCoordinatesStay) {
  Eigen::MatrixXd h = Eigen::MatrixXd::Identity(3, 3);
  h(1, 1) = h(2, 2) = 0;
  Quadratic f(h, Eigen::Vector3d(2, 0, 0));
  const Minimum minimum = minimise_l1(f, std::vector<double>{0.5, 0, 0.5}, std::vector<double>(3, 0.0));
  EXPECT_TRUE(minimum.converged);
  EXPECT_EQ(minimum.x, (std::vector<double>{1.5, 0, 0}));
}

// The certificate: the distance of 0 from g_j + w_j [-1, 1], g_j + w_j or g_j - w_j.
TEST(L1Newton, ViolationIsTheSmallestSubgradient) {
  const std::vector<double> gradient = {1, -1, 0.2, -3, 2}, weights = {2, 2, 0.5, 1, 1}, x = {1, 1, 0, 0, -1};
  EXPECT_NEAR(l1_violation(gradient, weights, x), std::sqrt(9.0 + 1 + 0 + 4 + 1), 1e-15);
  EXPECT_EQ(l1_norm(weights, x), 5.0);
}

}  // namespace
}  // namespace twostage::num
