#include "sim/plan/divergence.hpp"

#include <gtest/gtest.h>

#include "sim/plan/sweeps.hpp"
#include "tests/support/graphs.hpp"

namespace twostage {
namespace {

using namespace test;

World make(std::uint64_t index, int actions, int horizon) {
  Philox4x64 engine = test_stream(1000 + index);
  const int prompts = random_integer(engine, 1, 3);
  TokenGraph graph = index % 2 == 0 ? random_graph(engine, prompts, actions, horizon, 5)
                                    : irregular_graph(engine, prompts, actions, horizon, 5);
  return random_world(engine, std::move(graph), 1.0, 0.8);
}

double enumerated_kl(const World& w, const std::vector<double>& log_p, const std::vector<double>& log_q) {
  double total = 0;
  for (std::size_t s = 0; s < w.rho.size(); ++s) {
    const Enumeration all = enumerate(w.graph, s);
    const std::vector<double> p = all.probabilities(log_p);
    const std::vector<double> a = all.sums(log_p);
    const std::vector<double> b = all.sums(log_q);
    for (std::size_t i = 0; i < p.size(); ++i) total += w.rho[s] * p[i] * (a[i] - b[i]);
  }
  return total;
}

TEST(KlDivergence, IsTheKlOverCompletions) {
  for (std::uint64_t k = 0; k < 12; ++k) {
    const World w = make(k, 2 + static_cast<int>(k % 4), 1 + static_cast<int>(k % 3));
    Philox4x64 engine = test_stream(1100 + k);
    const std::vector<double> p = random_policy(engine, w.graph, 1.5);
    const std::vector<double> q = random_policy(engine, w.graph, 1.5);
    EXPECT_NEAR(kl_divergence(w.graph, w.rho, p, q), enumerated_kl(w, p, q), 1e-13);
    EXPECT_EQ(kl_divergence(w.graph, w.rho, p, p), 0);
  }
}

// For q = p + small, KL = (1/2) sum (p - q)^2 / p up to third order: at a distance of 1e-9 the naive formula
// sum p log(p/q) has no correct digit left, this one has.
TEST(KlDivergence, KeepsItsDigitsBetweenClosePolicies) {
  const TokenGraph graph = prefix_tree(1, 2, 1);
  const std::vector<double> rho = {1.0};
  const double delta = 1e-9;
  const std::vector<double> p = {std::log(0.5), std::log(0.5)};
  const std::vector<double> q = {std::log(0.5) + std::log1p(2 * delta),
                                 std::log(0.5) + std::log1p(-2 * delta)};
  const double expected = 2 * delta * delta;
  // The rounding of log q, 1e-16, is 1e-7 of the log-ratio 2e-9.
  EXPECT_NEAR(kl_divergence(graph, rho, p, q) / expected, 1, 1e-6);
}

// A probability below the smallest double on one side: p(e^x - 1 - x) -> q when p underflows.
TEST(KlDivergence, SurvivesUnderflow) {
  const TokenGraph graph = prefix_tree(1, 2, 1);
  const std::vector<double> rho = {1.0};
  const std::vector<double> sure = {0.0, -900.0};
  const std::vector<double> even = {std::log(0.5), std::log(0.5)};
  EXPECT_NEAR(kl_divergence(graph, rho, sure, even), std::log(2.0), 1e-15);
  EXPECT_NEAR(kl_divergence(graph, rho, even, sure), 450 - std::log(2.0), 1e-12);
}

TEST(Regret, IsBetaTimesKlAndTheLossOfSoftReturn) {
  for (std::uint64_t k = 0; k < 12; ++k) {
    const World w = make(20 + k, 2 + static_cast<int>(k % 4), 1 + static_cast<int>(k % 4));
    SoftPlan optimum;
    soft_plan(w.graph, w.log_reference, w.reward, w.beta, optimum);
    Philox4x64 engine = test_stream(1200 + k);
    const std::vector<double> policy = random_policy(engine, w.graph, 1);
    const double r = regret(w, policy, optimum.log_policy);
    EXPECT_NEAR(r, soft_return(w, optimum.log_policy) - soft_return(w, policy), 1e-13);
    EXPECT_GT(r, 0);
    // J_beta(pi*) = E_rho V(s0).
    double value = 0;
    for (std::size_t s = 0; s < w.rho.size(); ++s) value += w.rho[s] * optimum.value[s];
    EXPECT_NEAR(soft_return(w, optimum.log_policy), value, 1e-13);
  }
}

TEST(SoftReturn, IsTheEnumeratedObjective) {
  for (std::uint64_t k = 0; k < 6; ++k) {
    const World w = make(40 + k, 2 + static_cast<int>(k % 3), 3);
    Philox4x64 engine = test_stream(1300 + k);
    const std::vector<double> policy = random_policy(engine, w.graph, 1);
    double reward = 0;
    for (std::size_t s = 0; s < w.rho.size(); ++s) {
      const Enumeration all = enumerate(w.graph, s);
      const std::vector<double> p = all.probabilities(policy);
      const std::vector<double> r = all.sums(w.reward);
      for (std::size_t i = 0; i < p.size(); ++i) reward += w.rho[s] * p[i] * r[i];
    }
    EXPECT_NEAR(expected_value(w.graph, w.rho, policy, w.reward), reward, 1e-13);
    EXPECT_NEAR(soft_return(w, policy), reward - w.beta * enumerated_kl(w, policy, w.log_reference), 1e-13);
  }
}

TEST(PolicyGap, IsTheLargestDifferenceOfOccupancies) {
  // Two actions, one step: occupancies (.7, .3) and (.4, .6) of a prompt of weight .25; the other one agrees.
  const TokenGraph graph = prefix_tree(2, 2, 1);
  const std::vector<double> rho = {0.25, 0.75};
  const double same = std::log(0.5);
  const std::vector<double> p = {std::log(0.7), std::log(0.3), same, same};
  const std::vector<double> q = {std::log(0.4), std::log(0.6), same, same};
  EXPECT_NEAR(policy_gap(graph, rho, p, q), 0.25 * 0.3, 1e-15);
  EXPECT_EQ(policy_gap(graph, rho, p, p), 0);
}

}  // namespace
}  // namespace twostage
