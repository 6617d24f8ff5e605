// Which minimiser a fit gets is a matter of cost alone: where a step of Newton's method costs hundreds of
// gradients, cheap steps lead the way, and the estimate is the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "sim/fit/limits.hpp"
#include "sim/fit/tabular_policies.hpp"
#include "sim/minimise/damped_newton.hpp"
#include "tests/support/arms.hpp"

namespace twostage {
namespace {

using test::integer;

World walk(int horizon) {
  return test::world({{"family", "walk"}, {"horizon", integer(horizon)}, {"truth", "terminal"}});
}

// A tabular class with its pairs, which counts the Hessians that Newton's method asks for.
class Counted final : public num::WithMetric {
 public:
  Counted(const World& world, const PreferenceData& data)
      : model(world),
        table(tabulate(data)),
        loss(world, table, world.beta),
        f_(world, model, loss, kPenalty) {}

  std::size_t dimension() const override { return f_.dimension(); }
  double evaluate(std::span<const double> x, std::span<double> gradient) override {
    ++gradients;
    return f_.evaluate(x, gradient);
  }
  void hessian(std::span<double> lower) override {
    ++hessians;
    f_.hessian(lower);
  }
  void metric(std::span<double> lower) override {
    ++hessians;
    f_.metric(lower);
  }
  double longest_step(std::span<const double> x) const override { return f_.longest_step(x); }

  num::Minimum newton(std::span<const double> start) {
    return num::finish_damped(*this, num::minimise_saddle_free(*this, start));
  }
  num::Minimum by_cost(const World& world) {
    return minimise_by_cost(*this, world, table, likelihood_options(table.pairs, dimension()),
                            [this](std::span<const double> start) { return newton(start); });
  }

  int gradients = 0, hessians = 0;
  DenseModel model;
  PairTable table;
  DpoLoss loss;

 private:
  static constexpr Penalty kPenalty = {.kind = PenaltyKind::reference_kl, .lambda = 4};
  TabularPolicies f_;
};

// The same policy by both, up to what each says that it left undone: an order of magnitude more than the last
// step of Newton's method, and the rounding of logits of order one.
void expect_same_minimum(const World& world, int at_most_hessians) {
  const PreferenceData data = test::reference_pairs(world, 400, 0);
  Counted by_cost(world, data), direct(world, data);
  const num::Minimum quick = by_cost.by_cost(world);
  const num::Minimum sure = direct.newton(std::vector<double>(direct.dimension(), 0.0));
  EXPECT_TRUE(quick.converged && sure.converged);
  EXPECT_LE(by_cost.hessians, at_most_hessians);
  EXPECT_GT(direct.hessians, at_most_hessians);
  EXPECT_NEAR(quick.value, sure.value, 1e-12 * sure.value);
  double apart = 0, left = 0;
  for (std::size_t k = 0; k < sure.x.size(); ++k) {
    apart = std::max(apart, std::fabs(quick.x[k] - sure.x[k]));
    left = std::max({left, std::fabs(quick.step[k]), std::fabs(sure.step[k])});
  }
  EXPECT_LE(apart, 10 * left + 1e-9);
}

TEST(ByCost, CheapStepsReachTheOptimumOfAWideTree) {
  expect_same_minimum(test::world({{"family", "tokens"}, {"horizon", integer(9)}, {"degree", integer(2)}}),
                      3);
}

// A long walk is too badly conditioned for a gradient to finish: Newton's method does, in a few steps.
TEST(ByCost, NewtonFinishesWhatCheapStepsLeaveInALongWalk) {
  expect_same_minimum(walk(18), 4);
}

TEST(ByCost, ASmallClassIsNewtonsAlone) {
  const World world = walk(8);
  const PreferenceData data = test::reference_pairs(world, 400, 0);
  Counted by_cost(world, data), direct(world, data);
  EXPECT_EQ(by_cost.by_cost(world).x, direct.newton(std::vector<double>(direct.dimension(), 0.0)).x);
  EXPECT_EQ(by_cost.gradients, direct.gradients);
}

// The class has a closed covariance, so that 600 parameters on 270,000 edges are Newton's, too; and where a
// walk of 300 steps hardly ever ends pins no difference that can be computed.
TEST(ByCost, TerminalRewardsOfALongWalkAreFitted) {
  const World world = walk(300);
  const PreferenceData data = test::reference_pairs(world, 400, 0);
  const ArmResult fit =
      test::fit(test::reward_arm("rm+plan", test::model_class("terminal"), test::penalty("reference-kl", 4)),
                world, data);
  EXPECT_TRUE(fit.certificate.converged);
  EXPECT_LT(fit.certificate.gradient_norm, 1e-12 * 400);
  EXPECT_LE(fit.certificate.iterations, 20);
}

}  // namespace
}  // namespace twostage
