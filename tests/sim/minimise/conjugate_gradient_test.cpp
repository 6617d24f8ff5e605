// Conjugate gradients against direct solutions, and Newton's method by products against factorisations.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "sim/loss/row_objective.hpp"
#include "sim/minimise/conjugate_gradient.hpp"
#include "sim/minimise/newton.hpp"
#include "sim/numerics/linear_solve.hpp"
#include "sim/numerics/reduce.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/bits_hash.hpp"
#include "tests/support/gradients.hpp"

namespace twostage::num {
namespace {

using test::normal_vector;
using Values = std::vector<double>;

// 1/2 x^T A x for a symmetric A, and what is said to be its diagonal.
class Quadratic final : public TwiceDifferentiable {
 public:
  explicit Quadratic(std::size_t n) : n_(n), a_(n * n, 0.0) {}
  double& operator()(std::size_t i, std::size_t j) { return a_[i * n_ + j]; }
  std::span<const double> values() const { return a_; }

  std::size_t dimension() const override { return n_; }
  double evaluate(std::span<const double> x, std::span<double> gradient) override {
    hessian_times(x, gradient);
    return 0.5 * dot(x, gradient);
  }
  void hessian(std::span<double> lower) override { std::ranges::copy(a_, lower.begin()); }
  void prepare_products(std::span<double> diagonal) override {
    for (std::size_t i = 0; i < n_; ++i) diagonal[i] = claimed.empty() ? a_[i * n_ + i] : claimed[i];
  }
  void hessian_times(std::span<const double> v, std::span<double> out) override {
    for (std::size_t i = 0; i < n_; ++i) out[i] = dot(std::span(a_).subspan(i * n_, n_), v);
  }

  Values claimed;

 private:
  std::size_t n_;
  Values a_;
};

// I + G G^T for normal entries of G, n x n.
Quadratic positive_definite(std::size_t n) {
  const Values g = normal_vector(n * n, 1);
  Quadratic out(n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      out(i, j) = (i == j) + dot(std::span(g).subspan(i * n, n), std::span(g).subspan(j * n, n));
  return out;
}

TEST(ConjugateGradient, SolvesAsAFactorisationDoes) {
  constexpr std::size_t n = 30;
  Quadratic h = positive_definite(n);
  const Values b = normal_vector(n, 2);
  Values x(n), factor(h.values().begin(), h.values().end()), direct = b;
  ASSERT_EQ(conjugate_gradient(h, b, x, {.tolerance = 1e-12, .max_products = 10 * n}).solved, Solved::yes);
  ASSERT_TRUE(cholesky(factor, n));
  cholesky_solve(factor, n, direct);
  for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(x[i], direct[i], 1e-9) << i;
}

// Scaled by its diagonal, H = D has one eigenvalue, and D + u u^T a second one: as many products solve it.
TEST(ConjugateGradient, TakesAProductForEachEigenvalue) {
  constexpr std::size_t n = 40;
  Quadratic h(n);
  for (std::size_t i = 0; i < n; ++i) h(i, i) = std::exp(static_cast<double>(i) / 3);
  const Values b = normal_vector(n, 3);
  Values x(n);
  EXPECT_EQ(conjugate_gradient(h, b, x, {.max_products = 1}).solved, Solved::yes);
  for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(x[i] * h(i, i), b[i], 1e-12 * std::fabs(b[i]));
  Values d(n);
  h.prepare_products(d);
  h.claimed = d;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) h(i, j) += std::sqrt(d[i] * d[j]);
  EXPECT_EQ(conjugate_gradient(h, b, x, {.max_products = 1}).solved, Solved::too_long);
  EXPECT_EQ(conjugate_gradient(h, b, x, {.max_products = 2}).solved, Solved::yes);
}

// The Laplacian of a ring, whose kernel are the constants: of b without a mean, x has none either.
TEST(ConjugateGradient, LeavesTheKernelAlone) {
  constexpr std::size_t n = 20;
  Quadratic h(n);
  for (std::size_t i = 0; i < n; ++i) {
    h(i, i) = 2;
    h(i, (i + 1) % n) = h((i + 1) % n, i) = -1;
  }
  Values b = normal_vector(n, 4), x(n), product(n);
  const double mean = sum(b) / n;
  for (double& v : b) v -= mean;
  ASSERT_EQ(conjugate_gradient(h, b, x, {.tolerance = 1e-12}).solved, Solved::yes);
  h.hessian_times(x, product);
  for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(product[i], b[i], 1e-10);
  EXPECT_NEAR(sum(x), 0, 1e-10);
}

TEST(ConjugateGradient, SaysWhatItCannotSolve) {
  constexpr std::size_t n = 2;
  Quadratic h(n);
  h(0, 0) = h(1, 1) = 1;
  h(0, 1) = h(1, 0) = 2;  // eigenvalues 3 and -1
  Values x(n);
  EXPECT_EQ(conjugate_gradient(h, Values{1, -1}, x).solved, Solved::no_curvature);
  EXPECT_EQ(x, Values(n, 0.0));
  for (const double claimed : {0.0, -1.0, std::nan("")}) {
    h.claimed = {1, claimed};
    EXPECT_EQ(conjugate_gradient(h, Values{1, 1}, x).solved, Solved::failed);
  }
  h.claimed.clear();
  EXPECT_EQ(conjugate_gradient(h, Values{1, std::nan("")}, x).solved, Solved::failed);
  EXPECT_EQ(conjugate_gradient(h, Values{0, 0}, x).solved, Solved::yes);
  EXPECT_EQ(x, Values(n, 0.0));
}

// A fit that counts the ways in which its Hessian is asked for, and may offer the matrix alone.
class Counted final : public TwiceDifferentiable {
 public:
  Counted(RowObjective& f, bool products) : f_(f), products_(products) {}
  std::size_t dimension() const override { return f_.dimension(); }
  double evaluate(std::span<const double> x, std::span<double> gradient) override {
    return f_.evaluate(x, gradient);
  }
  void hessian(std::span<double> lower) override {
    ++matrices;
    f_.hessian(lower);
  }
  double product_cost() const override {
    return products_ ? f_.product_cost() : TwiceDifferentiable::product_cost();
  }
  void prepare_products(std::span<double> diagonal) override { f_.prepare_products(diagonal); }
  void hessian_times(std::span<const double> v, std::span<double> out) override {
    ++multiplied;
    f_.hessian_times(v, out);
  }
  double longest_step(std::span<const double> direction) const override { return f_.longest_step(direction); }

  int matrices = 0, multiplied = 0;

 private:
  RowObjective& f_;
  bool products_;
};

const std::vector<Penalty> kPenalties = {{.kind = PenaltyKind::reference_kl, .lambda = 4},
                                         {.kind = PenaltyKind::variance, .lambda = 4},
                                         {.kind = PenaltyKind::pooled_variance, .lambda = 4},
                                         {.kind = PenaltyKind::ridge, .lambda = 1e-3}};

// Of each penalty, in classes whose rows of features are few numbers and many.
TEST(NewtonByProducts, ProductsAreThoseOfTheMatrix) {
  const World world =
      test::world({{"family", "walk"}, {"horizon", test::integer(6)}, {"prompts", test::integer(2)}});
  const PreferenceData data = test::reference_pairs(world, 200);
  for (const char* name : {"dense", "terminal"})
    for (const Penalty& penalty : kPenalties) {
      const auto model = make_model(test::model_class(name), world, Role::reward);
      RowObjective f(*model->linear(), world, tabulate(data), penalty);
      const std::size_t n = f.dimension();
      Values gradient(n), lower(n * n), diagonal(n), product(n);
      f.evaluate(normal_vector(n, 5, 0.3), gradient);
      f.hessian(lower);
      f.prepare_products(diagonal);
      const Values v = normal_vector(n, 6);
      for (int again = 0; again < 2; ++again) {
        f.hessian_times(v, product);
        for (std::size_t i = 0; i < n; ++i) {
          double expected = 0;
          for (std::size_t j = 0; j < n; ++j) expected += lower[std::max(i, j) * n + std::min(i, j)] * v[j];
          EXPECT_NEAR(product[i], expected, 1e-11 * (1 + std::fabs(expected))) << name << ' ' << i;
          EXPECT_NEAR(diagonal[i], lower[i * n + i], 1e-12 * (1 + diagonal[i])) << name << ' ' << i;
        }
      }
    }
}

// 400 items, 20,000 comparisons: conjugate gradients solve every system, and the estimate is the same.
TEST(NewtonByProducts, RanksManyItemsWithoutAFactorisation) {
  const World world =
      test::world({{"family", "bandit"}, {"arms", test::integer(400)}, {"instance", "fixed"}});
  const PairTable table = tabulate(test::reference_pairs(world, 20'000));
  const auto model = make_model(test::model_class("tabular"), world, Role::reward);
  test::BitsHash bits;
  for (const Penalty& penalty : kPenalties) {
    RowObjective f(*model->linear(), world, table, penalty);
    Counted by_products(f, true), factorised(f, false);
    const Values start(f.dimension(), 0.0);
    const Minimum a = minimise_newton(by_products, start), b = minimise_newton(factorised, start);
    EXPECT_TRUE(a.converged && b.converged);
    EXPECT_EQ(by_products.matrices, 0);
    EXPECT_GT(by_products.multiplied, 10);
    EXPECT_EQ(factorised.multiplied, 0);
    EXPECT_NEAR(a.value, b.value, 1e-12 * b.value);
    EXPECT_LE(a.gradient_norm, 1e-9 * 20'000);
    const double shift = (sum(a.x) - sum(b.x)) / 400;  // the reward of all is free
    for (std::size_t i = 0; i < a.x.size(); ++i) EXPECT_NEAR(a.x[i] - shift, b.x[i], 1e-8) << i;
    for (const double x : a.x) bits.add(x);
  }
  EXPECT_EQ(bits.value(), 0x63edf2fc8e412f2eULL) << "other bits than other compilers make of it";
}

// 1/2 x^T U U^T x - 1^T x, U with ones on its diagonal and right of it: eigenvalues down to 1e-5, and what
// one end of the chain says reaches the other after 300 products. The cost that it states allows 22.
class Stiff final : public TwiceDifferentiable {
 public:
  std::size_t dimension() const override { return kSize; }
  double evaluate(std::span<const double> x, std::span<double> gradient) override {
    hessian_times(x, gradient);
    double value = 0;
    for (std::size_t i = 0; i < kSize; ++i) {
      value += x[i] * (0.5 * gradient[i] - 1);
      gradient[i] -= 1;
    }
    return value;
  }
  void hessian(std::span<double> lower) override {
    ++matrices;
    std::ranges::fill(lower, 0.0);
    for (std::size_t i = 0; i < kSize; ++i) {
      lower[i * kSize + i] = diagonal(i);
      if (i > 0) lower[i * kSize + i - 1] = 1;
    }
  }
  double product_cost() const override { return 1e5; }
  void prepare_products(std::span<double> out) override {
    for (std::size_t i = 0; i < kSize; ++i) out[i] = diagonal(i);
  }
  void hessian_times(std::span<const double> v, std::span<double> out) override {
    ++multiplied;
    for (std::size_t i = 0; i < kSize; ++i)
      out[i] = diagonal(i) * v[i] + (i > 0 ? v[i - 1] : 0) + (i + 1 < kSize ? v[i + 1] : 0);
  }

  int matrices = 0, multiplied = 0;

 private:
  static constexpr std::size_t kSize = 300;
  static double diagonal(std::size_t i) { return i + 1 < kSize ? 2 : 1; }
};

TEST(NewtonByProducts, FactorisesWhatTheyDoNotSolve) {
  Stiff f;
  const Minimum found = minimise_newton(f, Values(f.dimension(), 0.0));
  EXPECT_TRUE(found.converged);
  EXPECT_GT(f.matrices, 0);
  EXPECT_LE(f.multiplied, 22 + 10);  // those and what evaluations take
  // By two substitutions, U y = 1 and U^T x = y.
  const std::size_t n = f.dimension();
  Values y(n), x(n);
  for (std::size_t i = n; i-- > 0;) y[i] = 1 - (i + 1 < n ? y[i + 1] : 0);
  for (std::size_t i = 0; i < n; ++i) x[i] = y[i] - (i > 0 ? x[i - 1] : 0);
  for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(found.x[i], x[i], 1e-7) << i;
}

}  // namespace
}  // namespace twostage::num
