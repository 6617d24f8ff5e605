#include "sim/plan/pair_functionals.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

#include "sim/plan/characteristic.hpp"
#include "sim/plan/pair_transform.hpp"
#include "tests/support/graphs.hpp"

namespace twostage {
namespace {

using namespace test;

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}
double softplus(double x) {
  return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x)));
}

struct Case {
  World world;
  std::vector<double> policy;
  std::vector<double> fitted;
};

// Rewards of scale 0.01 to 30: differences from nearly nothing to far into the tails of the sigmoid.
std::vector<Case> cases() {
  std::vector<Case> out;
  std::uint64_t k = 2000;
  for (const double scale : {0.01, 0.5, 3.0, 30.0})
    for (int actions = 2; actions <= 4; ++actions) {
      Philox4x64 engine = test_stream(k++);
      const int prompts = random_integer(engine, 1, 3), horizon = random_integer(engine, 1, 3);
      TokenGraph graph = actions == 3 ? irregular_graph(engine, prompts, 4, horizon, 4)
                                      : random_graph(engine, prompts, actions, horizon, 4);
      World world = random_world(engine, std::move(graph), scale, 1.0);
      std::vector<double> policy = random_policy(engine, world.graph, 1);
      std::vector<double> fitted = random_normals(engine, world.graph.edges(), scale);
      out.push_back({std::move(world), std::move(policy), std::move(fitted)});
    }
  return out;
}

TEST(CharacteristicFunction, MatchesEnumeration) {
  const std::vector<double> frequency = {0.0, 0.03, 0.5, 1.0, 2.7, 5.0, 8.0, 11.0, 12.5};  // not whole lanes
  for (const Case& c : cases()) {
    const World& w = c.world;
    const CharacteristicMoment t = characteristic_moment(w.graph, c.policy, w.reward, c.fitted, frequency);
    const ComplexTable phi = characteristic_function(w.graph, c.policy, w.reward, frequency);
    EXPECT_EQ(phi.re, t.phi.re);
    EXPECT_EQ(phi.im, t.phi.im);
    for (std::size_t s = 0; s < w.rho.size(); ++s) {
      const Enumeration all = enumerate(w.graph, s);
      const std::vector<double> p = all.probabilities(c.policy);
      const std::vector<double> r = all.sums(w.reward);
      const std::vector<double> g = all.sums(c.fitted);
      for (std::size_t k = 0; k < frequency.size(); ++k) {
        double re = 0, im = 0, moment_re = 0, moment_im = 0, size = 0;
        for (std::size_t i = 0; i < p.size(); ++i) {
          re += p[i] * std::cos(frequency[k] * r[i]);
          im += p[i] * std::sin(frequency[k] * r[i]);
          moment_re += p[i] * g[i] * std::cos(frequency[k] * r[i]);
          moment_im += p[i] * g[i] * std::sin(frequency[k] * r[i]);
          size = std::fmax(size, std::fabs(g[i]) + std::fabs(r[i]));
        }
        // Angles reach 12.5 * 100: their rounding is 1e-13.
        const double tolerance = 1e-14 * (1 + frequency[k] * size);
        const std::size_t at = s * frequency.size() + k;
        EXPECT_NEAR(t.phi.re[at], re, tolerance);
        EXPECT_NEAR(t.phi.im[at], im, tolerance);
        EXPECT_NEAR(t.moment.re[at], moment_re, tolerance * (1 + size));
        EXPECT_NEAR(t.moment.im[at], moment_im, tolerance * (1 + size));
      }
    }
  }
}

TEST(PairTransform, ListingAndSweepingAgree) {
  const std::vector<double> frequency = pair_quadrature(5).node;
  std::vector<Case> all = cases();
  for (const bool terminal : {false, true}) {
    // 3^6 completions fill three blocks of atoms.
    World w = world({{"family", "walk"},
                     {"truth", terminal ? "terminal" : "dense"},
                     {"horizon", integer(6)},
                     {"prompts", integer(2)}});
    Philox4x64 engine = test_stream(2100);
    std::vector<double> policy = random_policy(engine, w.graph, 1);
    std::vector<double> fitted = random_normals(engine, w.graph.edges(), 1);
    all.push_back({std::move(w), std::move(policy), std::move(fitted)});
  }
  for (const Case& c : all) {
    const World& w = c.world;
    for (const std::span<const double> moment_values : {std::span<const double>{}, std::span(c.fitted)}) {
      const PairLaw law = {w.graph, w.reward, moment_values, c.policy, w.log_reference};
      const PairTransform listed = pair_transform_by_listing(law, frequency);
      const PairTransform swept = pair_transform_by_sweep(law, frequency);
      const double size = 12.5 * largest_difference(w.graph, w.reward) + 1;
      const auto expect_near = [](const ComplexTable& a, const ComplexTable& b, double tolerance) {
        ASSERT_EQ(a.re.size(), b.re.size());
        for (std::size_t i = 0; i < a.re.size(); ++i) {
          EXPECT_NEAR(a.re[i], b.re[i], tolerance);
          EXPECT_NEAR(a.im[i], b.im[i], tolerance);
        }
      };
      expect_near(listed.p, swept.p, 1e-14 * size);
      expect_near(listed.q, swept.q, 1e-14 * size);
      expect_near(listed.moment, swept.moment, 1e-14 * size * (1 + largest_difference(w.graph, c.fitted)));
      EXPECT_EQ(listed.moment.re.empty(), moment_values.empty());
    }
  }
}

TEST(PairQuadrature, IntegratesItsThreeFunctionsToRounding) {
  for (const double range : {0.0, 1.0, 10.0, 300.0}) {
    const PairQuadrature rule = pair_quadrature(range);
    for (const double part : {0.0, 0.1, 0.5, 0.99, 1.0}) {
      const double x = part * range;
      double sine = 0, cosine = 0, slope = 0;
      for (std::size_t k = 0; k < rule.node.size(); ++k) {
        sine += rule.weight[k] * std::sin(rule.node[k] * x);
        cosine += rule.weight[k] / rule.node[k] * (1 - std::cos(rule.node[k] * x));
        slope += rule.weight[k] * rule.node[k] * std::cos(rule.node[k] * x);
      }
      EXPECT_NEAR(0.5 + sine, sigmoid(x), 1e-15 * (1 + 0.1 * range)) << range << " " << x;
      EXPECT_NEAR(std::log(2.0) - x / 2 + cosine, softplus(-x), 1e-15 * (1 + range)) << range << " " << x;
      EXPECT_NEAR(slope, sigmoid(x) * sigmoid(-x), 2e-15) << range << " " << x;
    }
  }
}

TEST(PairFunctionals, MatchEnumeration) {
  for (const Case& c : cases()) {
    const World& w = c.world;
    const auto difference = [&](const Path& a, const Path& b) {
      return sum_along(w.reward, a) - sum_along(w.reward, b);
    };
    const auto expect = [&](auto f) {
      return pair_expectation(w.graph, w.rho, c.policy, w.log_reference, f);
    };
    const double scale = 1 + largest_difference(w.graph, w.reward);
    EXPECT_NEAR(expected_sigmoid(w.graph, w.rho, w.reward, c.policy, w.log_reference),
                expect([&](const Path& a, const Path& b) { return sigmoid(difference(a, b)); }), 1e-13);
    EXPECT_NEAR(expected_softplus(w.graph, w.rho, w.reward, c.policy, w.log_reference),
                expect([&](const Path& a, const Path& b) { return softplus(-difference(a, b)); }),
                1e-14 * scale);
    EXPECT_NEAR(expected_sigmoid_slope(w.graph, w.rho, w.reward, c.policy, w.log_reference),
                expect([&](const Path& a, const Path& b) {
                  return sigmoid(difference(a, b)) * sigmoid(-difference(a, b));
                }),
                1e-13);
  }
}

TEST(PairFunctionals, PopulationLogLikelihoodMatchesEnumeration) {
  for (const Case& c : cases()) {
    const World& w = c.world;
    const double expected =
        pair_expectation(w.graph, w.rho, w.log_reference, w.log_reference, [&](const Path& a, const Path& b) {
          const double truth = sum_along(w.reward, a) - sum_along(w.reward, b);
          const double fitted = sum_along(c.fitted, a) - sum_along(c.fitted, b);
          return -sigmoid(truth) * softplus(-fitted) - sigmoid(-truth) * softplus(fitted);
        });
    const double scale = 1 + largest_difference(w.graph, c.fitted);
    EXPECT_NEAR(population_log_likelihood(w.graph, w.rho, w.reward, c.fitted, w.log_reference), expected,
                2e-14 * scale);
  }
}

TEST(PairFunctionals, AgainstItselfAPolicyWinsHalfAndSwappingComplements) {
  for (const Case& c : cases()) {
    const World& w = c.world;
    EXPECT_NEAR(expected_sigmoid(w.graph, w.rho, w.reward, c.policy, c.policy), 0.5, 1e-15);
    EXPECT_NEAR(expected_sigmoid(w.graph, w.rho, w.reward, c.policy, w.log_reference) +
                    expected_sigmoid(w.graph, w.rho, w.reward, w.log_reference, c.policy),
                1, 1e-15);
  }
}

// Gibbs: no reward has a higher population likelihood than the truth.
TEST(PairFunctionals, TheTruthHasTheHighestLikelihood) {
  for (const Case& c : cases()) {
    const World& w = c.world;
    const double best = population_log_likelihood(w.graph, w.rho, w.reward, w.reward, w.log_reference);
    EXPECT_GE(best, population_log_likelihood(w.graph, w.rho, w.reward, c.fitted, w.log_reference));
    EXPECT_LE(best, 0);
  }
}

TEST(PairFunctionals, RefuseWhatTheyCannotIntegrate) {
  const TokenGraph graph = prefix_tree(1, 2, 1);
  const std::vector<double> rho = {1};
  const std::vector<double> even = {std::log(0.5), std::log(0.5)};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(pair_functionals_fit(graph, std::vector<double>{-5000, 5000}));
  for (const std::vector<double>& wide : {std::vector<double>{0, 10001}, {60000, 60000}, {0, nan}}) {
    EXPECT_FALSE(pair_functionals_fit(graph, wide));
    EXPECT_THROW(expected_sigmoid(graph, rho, wide, even, even), std::invalid_argument);
  }
  // No edge is large and no two returns differ, but 12.5 times a return of 1e5 leaves the range of sincos.
  const TokenGraph longer = prefix_tree(1, 2, 5);
  EXPECT_FALSE(pair_functionals_fit(longer, std::vector<double>(longer.edges(), 2e4)));
  EXPECT_TRUE(pair_functionals_fit(longer, std::vector<double>(longer.edges(), 1e4)));
}

}  // namespace
}  // namespace twostage
