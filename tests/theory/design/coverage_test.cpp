#include "theory/design/coverage.hpp"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <cmath>

#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"
#include "tests/support/hand_made.hpp"
#include "tests/support/samplers.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::integer;

World tokens(const char* reference = "random") {
  return test::world({{"family", std::string("tokens")},
                      {"horizon", integer(4)},
                      {"headroom", 0.8},
                      {"reference", std::string(reference)},
                      {"prompts", integer(2)},
                      {"beta", 0.7}});
}

World walk(const char* reference = "random", int horizon = 4) {
  return test::world({{"family", std::string("walk")},
                      {"horizon", integer(horizon)},
                      {"reference", std::string(reference)},
                      {"prompts", integer(2)}});
}

std::vector<double> optimum(const World& world) {
  SoftPlan plan;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, plan);
  return plan.log_policy;
}

double kl(double q, double p) {
  return q * std::log(q / p) + (q < 1 ? (1 - q) * std::log((1 - q) / (1 - p)) : 0);
}

// The largest q with kl(q || p) <= radius, by bisection in q.
double affordable(double p, double radius) {
  if (radius >= -std::log(p)) return 1;
  double low = p, high = 1;
  for (int i = 0; i < 200; ++i) {
    const double q = low + (high - low) / 2;
    (kl(q, p) <= radius ? low : high) = q;
  }
  return low;
}

TEST(Coverage, MatchesEnumeration) {
  for (const World& world : {tokens(), walk()}) {
    const std::vector<double> best = optimum(world);
    for (const std::vector<double>& sampler : {world.log_reference, uniform_policy(world.graph)}) {
      const Coverage found = coverage(world, best, sampler);
      double worst = 0, worst_optimal = 0, average = 0;
      for (std::size_t s = 0; s < 2; ++s) {
        double global = 0, optimal = 0, moment = 0;
        for (const test::Path& path : test::completions(world.graph, s)) {
          const double p = std::exp(test::sum_along(sampler, path));
          const double star = std::exp(test::sum_along(best, path));
          global = std::max(global, 1 / p);
          optimal = std::max(optimal, star / p);
          moment += star * star / p;
        }
        EXPECT_NEAR(found.prompts[s].global, std::log(global), 1e-12);
        EXPECT_NEAR(found.prompts[s].optimal, std::log(optimal), 1e-12);
        EXPECT_NEAR(found.prompts[s].chi_square, std::log(moment), 1e-12);
        worst = std::max(worst, global);
        worst_optimal = std::max(worst_optimal, optimal);
        average += world.rho[s] * moment;
      }
      EXPECT_NEAR(found.world.global, std::log(worst), 1e-12);
      EXPECT_NEAR(found.world.optimal, std::log(worst_optimal), 1e-12);
      EXPECT_NEAR(found.world.chi_square, std::log(average), 1e-12);
    }
  }
}

// Two arms, D = beta log 3: pi* = (3/4, 1/4) against (1/2, 1/2). Ratios 3/2 and 1/2; E_{pi*} = 9/8 + 1/8 =
// 5/4.
TEST(Coverage, TwoArms) {
  const World world = test::arms_world({0.5 * std::log(3.0), 0.0}, 0.5);
  const CoverageLogs logs = coverage(world, optimum(world), world.log_reference).world;
  EXPECT_NEAR(logs.global, std::log(2.0), 1e-14);
  EXPECT_NEAR(logs.optimal, std::log(1.5), 1e-14);
  EXPECT_NEAR(logs.chi_square, std::log(1.25), 1e-14);
}

TEST(Coverage, BallRatioSolvesTheDivergence) {
  for (const double p : {1e-6, 0.01, 0.2, 0.5, 0.9})
    for (const double radius : {1e-4, 0.01, 0.1, 0.5, 2.0, 20.0})
      EXPECT_NEAR(ball_ratio(std::log(p), radius), std::log(affordable(p, radius) / p), 1e-9)
          << p << " " << radius;
  // kl(p (1 + t) || p) = p t^2 / (2 (1 - p)) + O(t^3), with O(t^3) of the order of t relative to it.
  for (const double p : {0.01, 0.3})
    for (const double radius : {1e-12, 1e-20}) {
      const double t = std::sqrt(2 * radius * (1 - p) / p);
      EXPECT_NEAR(ball_ratio(std::log(p), radius) / t, 1, 2 * t + 1e-12);
    }
  EXPECT_EQ(ball_ratio(std::log(0.3), 0), 0);
  EXPECT_EQ(ball_ratio(-7, 7), 7);
  EXPECT_EQ(ball_ratio(0, 1), 0);
}

// The claim that the rarest completion decides: at any radius the ratio falls as p grows.
TEST(Coverage, RarerCompletionsAreCheaper) {
  for (const double radius : {1e-3, 0.05, 0.7, 3.0}) {
    double before = std::numeric_limits<double>::infinity();
    double p = 1e-4;
    for (int k = 0; k < 188; ++k, p *= 1.05) {  // to .96
      const double ratio = affordable(p, radius) / p;
      EXPECT_LT(ratio, before * (1 - 1e-12)) << p << " " << radius;
      before = ratio;
    }
  }
}

TEST(Coverage, LocalMatchesEnumeration) {
  for (const World& world : {tokens(), walk()})
    for (const std::vector<double>& sampler :
         {world.log_reference, uniform_policy(world.graph), optimum(world)})
      for (const double radius : {0.003, 0.1, 1.0, 30.0}) {
        double largest = 0;
        for (std::size_t s = 0; s < 2; ++s)
          for (const test::Path& path : test::completions(world.graph, s)) {
            const double p = std::exp(test::sum_along(world.log_reference, path));
            largest = std::max(
                largest, affordable(p, radius / world.rho[s]) / std::exp(test::sum_along(sampler, path)));
          }
        EXPECT_NEAR(local_coverage(world, sampler, radius), std::log(largest), 1e-9);
      }
}

// Any distribution over completions, moved to the boundary of the ball along the mixture with pi_ref, stays
// below; the scaled one reaches it. Distributions that put more on some prompts than on others are among
// them.
TEST(Coverage, NoPolicyOfTheBallExceedsIt) {
  const World world = tokens();
  const double radius = 0.2;
  const double bound = local_coverage(world, world.log_reference, radius);
  Philox4x64 stream = RandomSource(5, "coverage-test").stream(Purpose::world, 0, 0, 0);
  const auto unit = [&] { return (static_cast<double>(stream() >> 11) + 0.5) * 0x1p-53; };
  double reached = 0;
  for (int draw = 0; draw < 500; ++draw) {
    std::vector<std::vector<double>> target(2), reference(2);
    for (std::size_t s = 0; s < 2; ++s) {
      double sum = 0;
      const double power = 12 * unit();
      for (const test::Path& path : test::completions(world.graph, s)) {
        reference[s].push_back(std::exp(test::sum_along(world.log_reference, path)));
        target[s].push_back(std::pow(unit(), power));
        sum += target[s].back();
      }
      for (double& q : target[s]) q /= sum;
    }
    const auto spent = [&](double share, double& ratio) {
      double out = 0;
      ratio = 0;
      for (std::size_t s = 0; s < 2; ++s)
        for (std::size_t i = 0; i < target[s].size(); ++i) {
          const double p = reference[s][i];
          const double q = p + share * (target[s][i] - p);
          if (q > 0) out += world.rho[s] * q * std::log(q / p);
          ratio = std::max(ratio, q / p);
        }
      return out;
    };
    double low = 0, high = 1, ratio = 0;
    for (int i = 0; i < 60; ++i) {
      const double share = (low + high) / 2;
      (spent(share, ratio) <= radius ? low : high) = share;
    }
    spent(low, ratio);
    EXPECT_LE(std::log(ratio), bound + 1e-9);
    reached = std::max(reached, std::log(ratio));
  }
  EXPECT_GT(reached, 0.5 * bound);  // the draws came close enough to matter
}

TEST(Coverage, LocalLiesBetweenOneAndGlobal) {
  for (const World& world : {tokens(), walk()}) {
    const std::vector<double> best = optimum(world);
    for (const std::vector<double>& sampler : {world.log_reference, uniform_policy(world.graph)}) {
      const CoverageLogs logs = coverage(world, best, sampler).world;
      double before = local_coverage(world, sampler, 0);
      double radius = 1e-6;
      for (int k = 0; k < 17; ++k, radius *= 3) {  // to 43
        const double local = local_coverage(world, sampler, radius);
        EXPECT_GE(local, before - 1e-12);
        before = local;
      }
      EXPECT_NEAR(before, logs.global, 1e-12);
      // The smallest ball around pi_ref that holds pi*.
      radius = kl_divergence(world.graph, world.rho, best, world.log_reference);
      EXPECT_GE(local_coverage(world, sampler, radius), logs.optimal);
    }
    EXPECT_EQ(local_coverage(world, world.log_reference, 0), 0);
  }
}

// Walk to 700 steps under the uniform policy: every path has probability 3^-700, which no double holds. The
// root is q t + (1-q) log(1-q) = radius with t = log q + 700 log 3, up to terms of order 3^-700.
TEST(Coverage, LongHorizons) {
  World world = walk("uniform", 700);
  const double log_paths = 700 * std::log(3.0);
  EXPECT_NEAR(coverage(world, optimum(world), world.log_reference).world.global, log_paths, 1e-9);
  const double radius = 0.3;
  const double t = local_coverage(world, world.log_reference, radius);
  const double q = std::exp(t - log_paths);
  const double rho = std::min(world.rho[0], world.rho[1]);
  EXPECT_NEAR(q * t + (1 - q) * std::log1p(-q), radius / rho, 1e-9);
}

// The largest generalised eigenvalue of (C, I), each enumerated pair by pair, for a class whose parameters
// are all identified; and what it says about the limit of n E[regret].
TEST(Coverage, ConditionNumberIsAGeneralisedEigenvalue) {
  const World world = tokens();
  const auto model =
      make_linear_model(test::settings({{"class", std::string("degree")}}), world, Role::reward);
  const EdgeFeatures features = reward_features(*model, world);
  const std::vector<double> best = optimum(world);
  const auto p = static_cast<Eigen::Index>(features.parameters);
  Eigen::MatrixXd information = Eigen::MatrixXd::Zero(p, p), curvature = information;
  for (std::size_t s = 0; s < 2; ++s) {
    std::vector<Eigen::VectorXd> psi;
    const auto paths = test::completions(world.graph, s);
    for (const test::Path& path : paths) {
      Eigen::VectorXd row = Eigen::VectorXd::Zero(p);
      for (const EdgeId e : path)
        for (std::size_t k = 0; k < features.indices(e).size(); ++k)
          row(features.indices(e)[k]) += features.values(e)[k];
      psi.push_back(row);
    }
    for (std::size_t i = 0; i < paths.size(); ++i)
      for (std::size_t j = 0; j < paths.size(); ++j) {
        const Eigen::MatrixXd xx = (psi[i] - psi[j]) * (psi[i] - psi[j]).transpose();
        const double sigma =
            1 /
            (1 + std::exp(test::sum_along(world.reward, paths[j]) - test::sum_along(world.reward, paths[i])));
        const auto both = [&](const std::vector<double>& policy) {
          return world.rho[s] *
                 std::exp(test::sum_along(policy, paths[i]) + test::sum_along(policy, paths[j]));
        };
        information += both(world.log_reference) * sigma * (1 - sigma) * xx;
        curvature += both(best) / 2 * xx;  // Cov = E (f - f')(f - f')^T / 2
      }
  }
  const Eigen::GeneralizedSelfAdjointEigenSolver<Eigen::MatrixXd> solver(curvature, information);
  const LocalLimit law = local_limit(world, *model, world.log_reference);
  const double condition = relative_condition_number(law);
  EXPECT_NEAR(condition, solver.eigenvalues()(p - 1), 1e-9 * condition);
  EXPECT_LE(condition / (2 * world.beta), law.limit);
  EXPECT_LE(law.limit, static_cast<double>(p) * condition / (2 * world.beta));
}

// Concentrability bounds the condition number of every class. With a flat reward pi* = pi_ref, C = Cov and I
// = Cov / 2, so all eigenvalues are 2, and so is the bound: C_inf = 1, sigma' = 1/4.
TEST(Coverage, ConcentrabilityBoundsEveryClass) {
  for (World world : {tokens(), walk()}) {
    const char* const simple = world.family == "walk" ? "terminal" : "degree";
    for (const bool flat : {false, true}) {
      if (flat) std::ranges::fill(world.reward, 0.0);
      SoftPlan plan;
      soft_plan(world.graph, world.log_reference, world.reward, world.beta, plan);
      for (const std::string& kind : test::drawing_samplers()) {
        const PairPolicies pairs = make_pair_policies(test::settings({{"kind", kind}}), world, plan);
        const double bound = std::exp(log_condition_bound(world, plan.log_policy, pairs));
        for (const char* name : {simple, "dense"}) {
          const auto model =
              make_linear_model(test::settings({{"class", std::string(name)}}), world, Role::reward);
          const double condition =
              relative_condition_number(local_limit(world, reward_features(*model, world), pairs));
          EXPECT_LE(condition, bound * (1 + 1e-9)) << kind << " " << name;
          if (flat && kind != "uniform") {
            EXPECT_NEAR(bound, 2, 1e-12);
            EXPECT_NEAR(condition, 2, 1e-8) << kind;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace twostage
