// Products of the Hessian of a policy loss against differences of gradients, and what fits gain by them.
#include "sim/fit/linear_policies.hpp"

#include <gtest/gtest.h>

#include "sim/fit/policy_fit.hpp"
#include "sim/fit/tabular_policies.hpp"
#include "sim/minimise/lbfgs.hpp"
#include "sim/numerics/reduce.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/gradients.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;

constexpr PenaltyKind kKinds[] = {PenaltyKind::reference_kl, PenaltyKind::ridge, PenaltyKind::none};

// Prompts are texts, some of them held out; completions as well as references are of `horizon` tokens.
World summary(int horizon, int k, int prompts = 4, int held_out = 3) {
  return test::world({{"family", "summary"},
                      {"alphabet", integer(3)},
                      {"horizon", integer(horizon)},
                      {"prompt_length", integer(horizon)},
                      {"prompts", integer(prompts)},
                      {"held_out", integer(held_out)},
                      {"reference_text", "function"},
                      {"k", integer(k)}});
}

Settings windows(int history) {
  Settings out = model_class("prompt-window");
  out.set("history", integer(history));
  return out;
}

struct Case {
  World world;
  Settings policies;
};

std::vector<Case> cases() {
  std::vector<Case> out;
  out.push_back({summary(3, 1), windows(0)});
  out.push_back({summary(3, 2), windows(2)});
  for (const int prompts : {1, 2})
    for (const bool shared : {false, true}) {
      const auto world = [&](const char* family) {
        return test::world({{"family", family},
                            {"horizon", integer(3)},
                            {"prompts", integer(prompts)},
                            {"shared_classes", shared},
                            {"beta", 0.7},
                            {"reference", "random"},
                            {"prompt_weights", "random"}});
      };
      out.push_back({world("tokens"), model_class("degree", 2)});
      out.push_back({world("tokens"), model_class("first", 4)});
      out.push_back({world("walk"), model_class("tabular")});
      out.push_back({world("maze"), model_class("tabular")});
    }
  out.push_back(
      {test::world({{"family", "two-token"}, {"actions", integer(4)}}), model_class("first-token")});
  return out;
}

TEST(LinearPolicies, ProductsMatchDifferencesOfGradients) {
  for (const Case& given : cases()) {
    const auto model = make_linear_model(given.policies, given.world, Role::policy);
    const std::size_t n = model->parameters();
    for (const PenaltyKind kind : kKinds)
      for (const bool squared : {false, true}) {
        std::unique_ptr<MarginLoss> shape;
        if (squared)
          shape = std::make_unique<SquaredLoss>(0.5);
        else
          shape = std::make_unique<LogisticLoss>();
        LogRatioLoss loss(given.world, tabulate(test::reference_pairs(given.world, 60)), 1.3,
                          std::move(shape));
        LinearPolicies f(*model, given.world, loss, {kind, 1.5});
        const std::vector<double> theta = test::normal_vector(n, 9);
        test::expect_gradient(f, theta, 1e-6);
        std::vector<double> product(n), diagonal(n), up(n), down(n), moved(n);
        for (const std::uint64_t index : {10, 11}) {
          const std::vector<double> v = test::normal_vector(n, index);
          const auto gradient_at = [&](double step, std::vector<double>& gradient) {
            for (std::size_t k = 0; k < n; ++k) moved[k] = theta[k] + step * v[k];
            f.evaluate(moved, gradient);
          };
          gradient_at(test::kStep, up);
          gradient_at(-test::kStep, down);
          gradient_at(0, product);
          f.prepare_products(diagonal);
          f.hessian_times(v, product);
          for (std::size_t k = 0; k < n; ++k) {
            EXPECT_NEAR(product[k], (up[k] - down[k]) / (2 * test::kStep), 2e-6) << k;
            EXPECT_GT(diagonal[k], 0) << k;
          }
        }
      }
  }
}

// Completions of unequal lengths, whose margins are means over tokens.
TEST(LinearPolicies, ProductsOfMeansMatchDifferencesOfGradients) {
  const World world = test::world(
      {{"family", "maze"}, {"layout", "S../.#./..G"}, {"horizon", integer(6)}, {"reference", "random"}});
  const auto model = make_linear_model(model_class("tabular"), world, Role::policy);
  LogRatioLoss loss(world, tabulate(test::reference_pairs(world, 60)), 2, std::make_unique<LogisticLoss>(),
                    Origin::none, Tokens::mean);
  ASSERT_FALSE(loss.one_scale());
  LinearPolicies f(*model, world, loss, {PenaltyKind::reference_kl, 1.5});
  const std::size_t n = f.dimension();
  const std::vector<double> theta = test::normal_vector(n, 9), v = test::normal_vector(n, 10);
  std::vector<double> product(n), diagonal(n), up(n), down(n), moved = theta;
  num::axpy(test::kStep, v, moved);
  f.evaluate(moved, up);
  num::axpy(-2 * test::kStep, v, moved);
  f.evaluate(moved, down);
  f.evaluate(theta, product);
  f.prepare_products(diagonal);
  f.hessian_times(v, product);
  for (std::size_t k = 0; k < n; ++k)
    EXPECT_NEAR(product[k], (up[k] - down[k]) / (2 * test::kStep), 2e-6) << k;
}

// With a parameter for each state and action the scaling is the diagonal of the Hessian, but where it would
// be less for the slope of a state: between it and that of the metric, which dominates it.
TEST(LinearPolicies, ScalesTabularPoliciesByTheirDiagonal) {
  const World world = test::world({{"family", "walk"}, {"horizon", integer(3)}, {"reference", "random"}});
  const DenseModel model(world);
  for (const PenaltyKind kind : kKinds) {
    DpoLoss loss(world, tabulate(test::reference_pairs(world, 60)), 1.3);
    LinearPolicies f(model, world, loss, {kind, 1.5});
    TabularPolicies tabular(world, model, loss, {kind, 1.5});
    const std::size_t n = f.dimension();
    const std::vector<double> theta = test::normal_vector(n, 9);
    std::vector<double> gradient(n), diagonal(n), hessian(n * n), metric(n * n);
    tabular.evaluate(theta, gradient);
    tabular.hessian(hessian);
    tabular.metric(metric);
    f.evaluate(theta, gradient);
    f.prepare_products(diagonal);
    std::size_t equal = 0;
    for (std::size_t k = 0; k < n; ++k) {
      const double least = hessian[k * n + k], most = metric[k * n + k], rounding = 1e-12 * (1 + most);
      EXPECT_GE(diagonal[k], least - rounding) << k;
      EXPECT_LE(diagonal[k], most + rounding) << k;
      equal += diagonal[k] <= least + rounding;
    }
    EXPECT_GE(2 * equal, n);
  }
}

// By the size of Phi, or by what of it is not 0: in all 2047 functions of eleven binary tokens 2.8 million.
TEST(LinearPolicies, RefusesProductsOfLargeClasses) {
  const auto refuses = [](const World& world, const Settings& policies) {
    const auto model = make_linear_model(policies, world, Role::policy);
    DpoLoss loss(world, tabulate(test::reference_pairs(world, 3)), 1);
    LinearPolicies f(*model, world, loss, {PenaltyKind::reference_kl, 1});
    std::vector<double> theta(model->parameters(), 0.0), gradient(theta.size());
    f.evaluate(theta, gradient);
    if (f.has_products()) return false;
    EXPECT_THROW(f.prepare_products(gradient), std::logic_error);
    return true;
  };
  const auto tokens = [](int horizon) {
    return test::world({{"family", "tokens"}, {"horizon", integer(horizon)}});
  };
  EXPECT_TRUE(refuses(tokens(13), model_class("tabular")));
  EXPECT_TRUE(refuses(tokens(11), model_class("degree", 11)));
  EXPECT_FALSE(refuses(tokens(11), model_class("degree", 2)));
}

// The same objective by L-BFGS alone is still further from its minimum after 2000 steps.
TEST(PolicyFit, FinishesWhereLbfgsFollowsAValley) {
  const World world = summary(4, 2, 20, 0);
  const auto model = make_linear_model(windows(3), world, Role::policy);
  const PreferenceData data = test::reference_pairs(world, 1000);
  const Penalty penalty{PenaltyKind::reference_kl, 4};
  DpoLoss loss(world, tabulate(data), world.beta);
  const RandomSource source(11, "tests");
  const PolicyFit fit = fit_policy(*model, world, loss, data.size(), penalty, world.beta,
                                   {.count = 1, .source = source, .replicate = 0});
  EXPECT_TRUE(fit.certificate.converged);
  EXPECT_EQ(fit.certificate.optimum, Optimum::stationary);
  EXPECT_LT(fit.certificate.gradient_norm, 2e-9);
  EXPECT_LT(fit.certificate.iterations, 1500);
  ASSERT_FALSE(fit.edge_error.empty());
  EXPECT_LT(num::max_abs(fit.edge_error), 1e-6);

  PolicyObjective objective(*model, world, loss, penalty);
  const num::Minimum slow =
      num::minimise_lbfgs(objective, fit.theta, {.gradient_goal = 1e-11, .gradient_accepted = 1e-9});
  EXPECT_NEAR(slow.value, fit.certificate.objective, 1e-9);
  for (std::size_t k = 0; k < slow.x.size(); ++k) EXPECT_NEAR(slow.x[k], fit.theta[k], 1e-5) << k;
  const num::Minimum alone = num::minimise_lbfgs(objective, std::vector<double>(model->parameters(), 0.0),
                                                 {.gradient_goal = 1e-9, .max_iterations = 2000});
  EXPECT_GT(alone.gradient_norm, 1e-6);
}

}  // namespace
}  // namespace twostage
