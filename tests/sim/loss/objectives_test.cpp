// Objectives: gradients and Hessians against finite differences, values against enumeration.
#include <gtest/gtest.h>

#include "sim/fit/reward_fit.hpp"
#include "sim/fit/tabular_policies.hpp"
#include "sim/loss/comparison_rows.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/loss/reverse_kl.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/linear_solve.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/penalty/path_variance.hpp"
#include "sim/penalty/reward_penalty.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/gradients.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;

constexpr PenaltyKind kKinds[] = {PenaltyKind::reference_kl, PenaltyKind::variance,
                                  PenaltyKind::pooled_variance, PenaltyKind::ridge, PenaltyKind::none};

World small(const std::string& family, int prompts, bool shared) {
  const bool two_token = family == "two-token";
  return test::world({{"family", family},
                      {two_token ? "actions" : "horizon", integer(3)},
                      {"prompts", integer(prompts)},
                      {"beta", 0.8},
                      {"shared_classes", shared},
                      {"reference", "random"},
                      {"prompt_weights", "random"}});
}

std::vector<World> small_worlds() {
  std::vector<World> out;
  for (const char* name : {"walk", "tokens", "two-token", "maze"}) {
    out.push_back(small(name, 1, true));
    out.push_back(small(name, 2, true));
    out.push_back(small(name, 2, false));
  }
  return out;
}

TEST(PathVariance, MatchesEnumerationAndItsGradientFiniteDifferences) {
  for (const bool pooled : {false, true}) {
    const World world = small("walk", 3, true);
    class Variance : public num::SmoothFunction {
     public:
      Variance(const World& w, bool p) : world_(w), pooled_(p) {}
      std::size_t dimension() const override { return world_.graph.edges(); }
      double evaluate(std::span<const double> x, std::span<double> gradient) override {
        std::ranges::fill(gradient, 0.0);
        return add_path_variance(world_, world_.log_reference, x, pooled_, 0.5, gradient);
      }

     private:
      const World& world_;
      bool pooled_;
    } f(world, pooled);
    const std::vector<double> values = test::normal_vector(world.graph.edges(), 1);
    test::expect_gradient(f, values, 1e-7);

    double within = 0, overall_mean = 0, overall_square = 0;
    for (std::size_t p = 0; p < 3; ++p) {
      double mean = 0, square = 0;
      for (const auto& path : test::completions(world.graph, p)) {
        const double q = num::exp(test::sum_along(world.log_reference, path));
        const double x = test::sum_along(values, path);
        mean += q * x;
        square += q * x * x;
      }
      within += world.rho[p] * (square - mean * mean);
      overall_mean += world.rho[p] * mean;
      overall_square += world.rho[p] * square;
    }
    std::vector<double> gradient(values.size());
    EXPECT_NEAR(f.evaluate(values, gradient),
                0.5 * (pooled ? overall_square - overall_mean * overall_mean : within), 1e-12);
  }
}

// The penalty as a function that the finite-difference helpers take.
class PenaltyFunction : public num::TwiceDifferentiable {
 public:
  PenaltyFunction(const LinearModel& model, const World& world, Penalty penalty, bool matrices)
      : model_(model), penalty_(model, world, penalty, matrices) {}
  std::size_t dimension() const override { return model_.parameters(); }
  double evaluate(std::span<const double> theta, std::span<double> gradient) override {
    std::ranges::fill(gradient, 0.0);
    return penalty_.evaluate(theta, gradient);
  }
  void hessian(std::span<double> lower) override {
    std::ranges::fill(lower, 0.0);
    penalty_.add_hessian(lower);
  }

 private:
  const LinearModel& model_;
  RewardPenalty penalty_;
};

TEST(RewardPenalty, DerivativesMatchFiniteDifferences) {
  for (const World& world : small_worlds())
    for (const char* name : {"terminal", "dense"})
      for (const PenaltyKind kind : kKinds) {
        const auto model = make_linear_model(model_class(name), world, Role::reward);
        const std::vector<double> theta = test::normal_vector(model->parameters(), 2);
        PenaltyFunction with(*model, world, {kind, 1.5}, true);
        test::expect_gradient(with, theta, 1e-7);
        test::expect_hessian(with, theta, 1e-7);
        PenaltyFunction without(*model, world, {kind, 1.5}, false);
        test::expect_gradient(without, theta, 1e-7);
        std::vector<double> g(theta.size());
        EXPECT_NEAR(with.evaluate(theta, g), without.evaluate(theta, g), 1e-12);
      }
}

// One functional, two codes: as a function of r, and of the policy that is optimal for r. Mixing prompts
// breaks it: implicit rewards lose their prompt constants.
TEST(Penalties, AreTheSameFunctionalOfARewardAndItsPlan) {
  for (const World& world : small_worlds())
    for (const PenaltyKind kind :
         {PenaltyKind::reference_kl, PenaltyKind::variance, PenaltyKind::pooled_variance}) {
      const auto model = make_linear_model(model_class("dense"), world, Role::reward);
      const std::vector<double> theta = test::normal_vector(model->parameters(), 3);
      std::vector<double> reward(world.graph.edges()), unused(world.graph.edges()), g(theta.size());
      model->scores(theta, reward);
      SoftPlan plan;
      soft_plan(world.graph, world.log_reference, reward, world.beta, plan);
      const double of_reward = RewardPenalty(*model, world, {kind, 2}, false).evaluate(theta, g);
      const double of_policy = PolicyPenalty(world, {kind, 2}).evaluate(plan.log_policy, unused);
      if (kind == PenaltyKind::pooled_variance && world.graph.prompts() > 1) {
        EXPECT_GT(std::fabs(of_reward - of_policy), 1e-5);
        continue;
      }
      EXPECT_NEAR(of_reward, of_policy, 1e-12 * (1 + of_reward));
      if (kind != PenaltyKind::reference_kl) continue;
      EXPECT_NEAR(of_reward, 2 * kl_divergence(world.graph, world.rho, world.log_reference, plan.log_policy),
                  1e-12);
    }
}

TEST(ComparisonRows, ReproduceTheLikelihoodWithFewerRows) {
  const World world = small("walk", 2, true);
  const PreferenceData data = test::reference_pairs(world, 300);
  for (const char* name : {"terminal", "dense"}) {
    const auto model = make_linear_model(model_class(name), world, Role::reward);
    const ComparisonRows rows(*model, tabulate(data));
    const std::vector<double> theta = test::normal_vector(model->parameters(), 4);
    std::vector<double> scores(world.graph.edges()), margins(rows.rows());
    model->scores(theta, scores);
    double expected = 0;
    for (std::size_t i = 0; i < data.size(); ++i)
      expected +=
          num::softplus(path_sum(scores, data.rejected_path(i)) - path_sum(scores, data.chosen_path(i)));
    rows.margins(theta, margins);
    double loss = rows.ties() * num::log(2);
    double pairs = rows.ties();
    for (std::size_t k = 0; k < rows.rows(); ++k) {
      loss += rows.wins()[k] * num::softplus(-margins[k]) + rows.losses()[k] * num::softplus(margins[k]);
      pairs += rows.wins()[k] + rows.losses()[k];
    }
    EXPECT_EQ(pairs, 300);
    EXPECT_NEAR(loss, expected, 1e-10);
    // 7 final states: at most 21 comparisons of two of them.
    if (std::string(name) == "terminal") {
      EXPECT_LE(rows.rows(), 21u);
    }

    // X^T w and X^T diag(w) X against each other through X: the gram's product with theta.
    const std::size_t p = rows.columns();
    const std::vector<double> weight = test::normal_vector(rows.rows(), 5);
    std::vector<double> gram(p * p, 0.0), product(p, 0.0), weighted(rows.rows());
    rows.add_gram(weight, gram);
    for (std::size_t k = 0; k < rows.rows(); ++k) weighted[k] = weight[k] * margins[k];
    rows.add_transposed(weighted, product);
    for (std::size_t i = 0; i < p; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < p; ++j) sum += (j <= i ? gram[i * p + j] : gram[j * p + i]) * theta[j];
      EXPECT_NEAR(sum, product[i], 1e-10);
    }
  }
}

TEST(PolicyObjective, GradientsMatchFiniteDifferences) {
  for (const World& world : small_worlds()) {
    const PreferenceData data = test::reference_pairs(world, 30);
    std::vector<std::unique_ptr<ScoreModel>> models;
    models.push_back(make_model(plans_of(model_class("terminal")), world, Role::policy));
    models.push_back(make_model(model_class("tabular"), world, Role::policy));
    if (world.graph.prompts_are_copies() || !world.shared_classes)
      models.push_back(make_model(model_class("first-token"), world, Role::policy));
    if (world.basis) models.push_back(make_model(model_class("degree"), world, Role::policy));
    for (const auto& model : models)
      for (const PenaltyKind kind : kKinds) {
        const std::vector<double> theta = test::normal_vector(model->parameters(), 6);
        DpoLoss dpo(world, tabulate(data), world.beta);
        PolicyObjective of_dpo(*model, world, dpo, {kind, 1.5});
        test::expect_gradient(of_dpo, theta, 1e-6);
        SftLoss sft(world, data);
        PolicyObjective of_sft(*model, world, sft, {kind, 1.5});
        test::expect_gradient(of_sft, theta, 1e-6);
      }
  }
}

TEST(DpoLoss, IsTheSumOverPairs) {
  const World world = small("walk", 2, true);
  const PreferenceData data = test::reference_pairs(world, 100);
  std::vector<double> policy(world.graph.edges()), unused(world.graph.edges());
  softmax_policy(world.graph, world.log_reference, test::normal_vector(policy.size(), 8), policy);
  const std::vector<double> implicit = implicit_reward(world, policy, world.beta);
  double expected = 0;
  for (std::size_t i = 0; i < data.size(); ++i)
    expected +=
        num::softplus(path_sum(implicit, data.rejected_path(i)) - path_sum(implicit, data.chosen_path(i)));
  EXPECT_NEAR(DpoLoss(world, tabulate(data), world.beta).evaluate(policy, unused), expected, 1e-11);
}

TEST(TabularPolicies, DerivativesMatchFiniteDifferencesAndTheMetricDominates) {
  for (const World& world : small_worlds())
    for (const PenaltyKind kind : kKinds) {
      const DenseModel model(world);
      DpoLoss loss(world, tabulate(test::reference_pairs(world, 40)), 1.3 * world.beta);
      TabularPolicies f(world, model, loss, {kind, 1.5});
      const std::size_t n = f.dimension();
      const std::vector<double> logits = test::normal_vector(n, 9);
      test::expect_gradient(f, logits, 1e-6);
      test::expect_hessian(f, logits, 1e-6);
      std::vector<double> gradient(n), hessian(n * n), gap(n * n);
      f.evaluate(logits, gradient);
      f.hessian(hessian);
      f.metric(gap);
      for (std::size_t k = 0; k < n * n; ++k) gap[k] -= hessian[k];
      for (std::size_t k = 0; k < n; ++k) gap[k * n + k] += 1e-9;
      EXPECT_TRUE(num::cholesky(gap, n));
    }
}

TEST(ReverseKl, IsTheDivergenceAndItsGradient) {
  for (const World& world : small_worlds()) {
    const auto model = make_linear_model(model_class("tabular"), world, Role::policy);
    std::vector<double> target(world.graph.edges());
    softmax_policy(world.graph, world.log_reference, test::normal_vector(target.size(), 11), target);
    ReverseKl f(*model, world, target);
    const std::vector<double> theta = test::normal_vector(model->parameters(), 12);
    std::vector<double> gradient(theta.size());
    const std::vector<double> policy = policy_at(*model, world, theta);
    EXPECT_NEAR(f.evaluate(theta, gradient), kl_divergence(world.graph, world.rho, policy, target), 1e-13);
    test::expect_gradient(f, theta, 1e-7);
  }
}

// The fit against the objective written out by enumeration: equal value, zero derivative.
TEST(RewardFit, MinimisesTheObjectiveWrittenOut) {
  for (const World& world : small_worlds())
    for (const char* name : {"terminal", "dense"}) {
      const auto model = make_linear_model(model_class(name), world, Role::reward);
      const PreferenceData data = test::reference_pairs(world, 60);
      const RewardFit fit = fit_reward(*model, world, tabulate(data), {PenaltyKind::reference_kl, 3});
      EXPECT_TRUE(fit.certificate.converged);
      EXPECT_EQ(fit.certificate.optimum, Optimum::global);
      const auto objective = [&](const std::vector<double>& theta) {
        std::vector<double> r(world.graph.edges());
        model->scores(theta, r);
        double value = 0;
        for (std::size_t i = 0; i < data.size(); ++i)
          value += num::softplus(path_sum(r, data.rejected_path(i)) - path_sum(r, data.chosen_path(i)));
        for (std::size_t p = 0; p < world.graph.prompts(); ++p) {
          double mean = 0, exponential = 0;
          for (const auto& path : test::completions(world.graph, p)) {
            const double q = num::exp(test::sum_along(world.log_reference, path));
            mean += q * test::sum_along(r, path) / world.beta;
            exponential += q * num::exp(test::sum_along(r, path) / world.beta);
          }
          value += 3 * world.rho[p] * (num::log(exponential) - mean);
        }
        return value;
      };
      EXPECT_NEAR(objective(fit.theta), fit.certificate.objective, 1e-10);
      for (std::size_t k = 0; k < fit.theta.size(); ++k) {
        std::vector<double> up = fit.theta, down = fit.theta;
        up[k] += test::kStep;
        down[k] -= test::kStep;
        EXPECT_NEAR((objective(up) - objective(down)) / (2 * test::kStep), 0, 1e-7);
      }
    }
}

}  // namespace
}  // namespace twostage
