// Every sweep against enumeration of all paths, on random graphs with merged states, several prompts, and
// 2 to 5 actions, in all layers alike or not; every pullback against finite differences.
#include "sim/plan/sweeps.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "tests/support/graphs.hpp"

namespace twostage {
namespace {

using namespace test;

struct Case {
  TokenGraph graph;
  std::vector<double> rho;
  std::vector<double> reference;
  std::vector<double> policy;
  std::vector<double> values;
};

std::vector<Case> cases() {
  std::vector<std::pair<std::uint64_t, std::vector<int>>> shapes;  // stream and actions of each layer
  for (int actions = 2; actions <= 5; ++actions)
    for (int horizon = 1; horizon <= 4; ++horizon)
      shapes.emplace_back(10 * actions + horizon,
                          std::vector<int>(static_cast<std::size_t>(horizon), actions));
  for (const auto& actions : {std::vector{6, 2}, {2, 6}, {3, 3, 2}, {2, 5, 5, 3}, {4, 2, 3, 2}})
    shapes.emplace_back(60 + shapes.size(), actions);
  std::vector<Case> out;
  const auto add = [&](Philox4x64& engine, TokenGraph graph) {
    std::vector<double> rho = random_weights(engine, graph.prompts());
    std::vector<double> reference = random_policy(engine, graph, 1);
    std::vector<double> policy = random_policy(engine, graph, 1);
    std::vector<double> values = random_normals(engine, graph.edges(), 1);
    out.push_back(
        {std::move(graph), std::move(rho), std::move(reference), std::move(policy), std::move(values)});
  };
  for (const auto& [stream, actions] : shapes) {
    Philox4x64 engine = test_stream(stream);
    add(engine, random_graph(engine, random_integer(engine, 1, 3), actions, 5));
  }
  for (int k = 0; k < 12; ++k) {
    Philox4x64 engine = test_stream(static_cast<std::uint64_t>(90 + k));
    add(engine, irregular_graph(engine, random_integer(engine, 1, 3), 2 + k % 4, 1 + k % 5, 5));
  }
  return out;
}

// (f(x + h e_k) - f(x - h e_k)) / 2h, whose error is O(h^2) + rounding / h: about 1e-9 here.
std::vector<double> central_differences(std::vector<double> x,
                                        const std::function<double(const std::vector<double>&)>& f) {
  constexpr double h = 1e-5;
  std::vector<double> out(x.size());
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double centre = x[k];
    x[k] = centre + h;
    const double up = f(x);
    x[k] = centre - h;
    const double down = f(x);
    x[k] = centre;
    out[k] = (up - down) / (2 * h);
  }
  return out;
}

double weighted(const std::vector<double>& w, const std::vector<double>& x) {
  double sum = 0;
  for (std::size_t i = 0; i < w.size(); ++i) sum += w[i] * x[i];
  return sum;
}

TEST(SoftPlan, IsTheTiltedReferenceOverCompletions) {
  constexpr double beta = 0.7;
  for (const Case& c : cases()) {
    SoftPlan plan;
    soft_plan(c.graph, c.reference, c.values, beta, plan);
    ASSERT_EQ(plan.value.size(), c.graph.states());
    for (std::size_t s = 0; s < c.rho.size(); ++s) {
      // P_pi(xi) = P_ref(xi) exp(r(xi)/beta) / Z and V(s0) = beta log Z.
      const Enumeration all = enumerate(c.graph, s);
      std::vector<double> tilted = all.probabilities(c.reference);
      const std::vector<double> r = all.sums(c.values);
      double z = 0;
      for (std::size_t i = 0; i < r.size(); ++i) z += tilted[i] *= std::exp(r[i] / beta);
      const std::vector<double> planned = all.probabilities(plan.log_policy);
      EXPECT_NEAR(plan.value[s], beta * std::log(z), 1e-13);
      for (std::size_t i = 0; i < r.size(); ++i) EXPECT_NEAR(planned[i], tilted[i] / z, 1e-14);
    }
  }
}

TEST(SoftPlan, ZeroRewardGivesTheReference) {
  for (const Case& c : cases()) {
    SoftPlan plan;
    soft_plan(c.graph, c.reference, std::vector<double>(c.graph.edges()), 0.3, plan);
    for (std::size_t e = 0; e < c.graph.edges(); ++e) EXPECT_NEAR(plan.log_policy[e], c.reference[e], 1e-14);
  }
}

TEST(SoftPlan, LargeRewardsNeitherOverflowNorLoseNormalisation) {
  for (const Case& c : cases()) {
    std::vector<double> reward = c.values;
    for (double& r : reward) r *= 1e6;
    SoftPlan plan;
    soft_plan(c.graph, c.reference, reward, 0.1, plan);
    for (StateId s = 0; s < static_cast<StateId>(c.graph.inner_states()); ++s) {
      double sum = 0;
      for (EdgeId e = c.graph.leaving(s).begin; e < c.graph.leaving(s).end; ++e)
        sum += std::exp(plan.log_policy[static_cast<std::size_t>(e)]);
      EXPECT_NEAR(sum, 1, 1e-8);  // Q/beta is about 1e7, so its rounding error is about 1e-9
    }
  }
}

// More actions than a block holds, and several states of so many that blocks end inside the layer.
TEST(SoftPlan, HandlesManyActions) {
  for (const auto& [prompts, actions] : {std::pair{3, 1000}, std::pair{40, 61}}) {
    Philox4x64 engine = test_stream(70);
    const TokenGraph graph = prefix_tree(prompts, actions, 1);
    const std::vector<double> reference = random_policy(engine, graph, 1);
    const std::vector<double> reward = random_normals(engine, graph.edges(), 1);
    SoftPlan plan;
    soft_plan(graph, reference, reward, 0.5, plan);
    for (std::size_t s = 0; s < graph.prompts(); ++s) {
      const auto A = static_cast<std::size_t>(actions);
      double z = 0;
      for (std::size_t e = s * A; e < (s + 1) * A; ++e) z += std::exp(reference[e] + reward[e] / 0.5);
      EXPECT_NEAR(plan.value[s], 0.5 * std::log(z), 1e-13);
      for (std::size_t e = s * A; e < (s + 1) * A; ++e)
        EXPECT_NEAR(plan.log_policy[e], reference[e] + reward[e] / 0.5 - std::log(z), 1e-13);
    }
  }
}

// A NaN must reach everything planned from it, and nothing else.
TEST(SoftPlan, PropagatesNaN) {
  const TokenGraph graph = prefix_tree(2, 2, 2);
  const std::vector<double> even(graph.edges(), std::log(0.5));
  std::vector<double> reward(graph.edges());
  const EdgeId bad = graph.edge(graph.successor(1), 1);  // after the second action at the first prompt
  reward[static_cast<std::size_t>(bad)] = std::numeric_limits<double>::quiet_NaN();
  SoftPlan plan;
  soft_plan(graph, even, reward, 1, plan);
  EXPECT_TRUE(std::isnan(plan.value[0]));
  EXPECT_TRUE(std::isnan(plan.log_policy[0]));
  EXPECT_TRUE(std::isnan(plan.log_policy[static_cast<std::size_t>(bad)]));
  EXPECT_EQ(plan.value[1], 0);
  EXPECT_EQ(plan.log_policy[2], std::log(0.5));
}

TEST(SoftmaxPolicy, NormalisesEachState) {
  for (const Case& c : cases()) {
    std::vector<double> policy(c.graph.edges());
    softmax_policy(c.graph, c.reference, c.values, policy);
    for (StateId s = 0; s < static_cast<StateId>(c.graph.inner_states()); ++s) {
      const auto e = static_cast<std::size_t>(c.graph.edge(s, 0));
      const std::size_t A = c.graph.leaving(s).size();
      double z = 0;
      for (std::size_t a = 0; a < A; ++a) z += std::exp(c.reference[e + a] + c.values[e + a]);
      for (std::size_t a = 0; a < A; ++a)
        EXPECT_NEAR(policy[e + a], c.reference[e + a] + c.values[e + a] - std::log(z), 1e-14);
    }
  }
}

TEST(Occupancy, IsTheMassOfThePathsThroughEachEdge) {
  for (const Case& c : cases()) {
    std::vector<double> expected(c.graph.edges());
    std::vector<double> expected_state(c.graph.states());
    for (std::size_t s = 0; s < c.rho.size(); ++s) {
      const Enumeration all = enumerate(c.graph, s);
      const std::vector<double> p = all.probabilities(c.policy);
      expected_state[s] = c.rho[s];
      for (std::size_t i = 0; i < p.size(); ++i)
        for (const EdgeId e : all.paths[i]) {
          expected[static_cast<std::size_t>(e)] += c.rho[s] * p[i];
          expected_state[static_cast<std::size_t>(c.graph.successor(e))] += c.rho[s] * p[i];
        }
    }
    std::vector<double> mass(c.graph.edges());
    std::vector<double> state_mass;
    occupancy(c.graph, c.rho, c.policy, mass, state_mass);
    double total = 0;
    for (std::size_t e = 0; e < mass.size(); ++e) {
      EXPECT_NEAR(mass[e], expected[e], 1e-14);
      total += mass[e];
    }
    EXPECT_NEAR(total, c.graph.horizon(), 1e-13);
    ASSERT_EQ(state_mass.size(), c.graph.states());
    for (std::size_t s = 0; s < state_mass.size(); ++s) EXPECT_NEAR(state_mass[s], expected_state[s], 1e-14);
  }
}

TEST(ExpectedReturn, IsTheMeanOverCompletions) {
  for (const Case& c : cases()) {
    std::vector<double> value(c.graph.states());
    expected_return(c.graph, c.policy, c.values, value);
    for (std::size_t s = 0; s < c.rho.size(); ++s) {
      const Enumeration all = enumerate(c.graph, s);
      EXPECT_NEAR(value[s], weighted(all.probabilities(c.policy), all.sums(c.values)), 1e-14);
    }
    for (StateId s = c.graph.layer_begin(c.graph.horizon()); s < c.graph.layer_end(c.graph.horizon()); ++s)
      EXPECT_EQ(value[static_cast<std::size_t>(s)], 0);
  }
}

TEST(PathSumRange, BracketsAllCompletionsTightly) {
  for (const Case& c : cases()) {
    std::vector<double> low(c.rho.size());
    std::vector<double> high(c.rho.size());
    path_sum_range(c.graph, c.values, low, high);
    for (std::size_t s = 0; s < c.rho.size(); ++s) {
      const std::vector<double> sums = enumerate(c.graph, s).sums(c.values);
      EXPECT_NEAR(low[s], *std::ranges::min_element(sums), 1e-14);
      EXPECT_NEAR(high[s], *std::ranges::max_element(sums), 1e-14);
    }
  }
}

TEST(PathSums, GatherAndScatterAreTransposes) {
  for (const Case& c : cases()) {
    std::vector<EdgeId> paths;
    std::vector<double> expected;
    for (std::size_t s = 0; s < c.rho.size(); ++s)
      for (const Path& path : completions(c.graph, s)) {
        paths.insert(paths.end(), path.begin(), path.end());
        expected.push_back(sum_along(c.values, path));
        EXPECT_EQ(path_sum(c.values, path), expected.back());
      }
    const auto H = static_cast<std::size_t>(c.graph.horizon());
    std::vector<double> sums(expected.size());
    path_sums(c.values, paths, H, sums);
    EXPECT_EQ(sums, expected);

    // <w, P v> = <P^T w, v>
    Philox4x64 engine = test_stream(99);
    const std::vector<double> w = random_normals(engine, sums.size(), 1);
    std::vector<double> edges(c.graph.edges());
    add_along_paths(w, paths, H, edges);
    EXPECT_NEAR(weighted(w, sums), weighted(edges, c.values), 1e-11);
  }
}

TEST(SoftPlanPullback, AgreesWithFiniteDifferences) {
  constexpr double beta = 0.6;
  for (const Case& c : cases()) {
    const std::vector<double>& weights = c.policy;  // any dL/d log_policy
    const auto loss = [&](const std::vector<double>& reward) {
      SoftPlan plan;
      soft_plan(c.graph, c.reference, reward, beta, plan);
      return weighted(weights, plan.log_policy);
    };
    SoftPlan plan;
    soft_plan(c.graph, c.reference, c.values, beta, plan);
    std::vector<double> gradient(c.graph.edges());
    soft_plan_pullback(c.graph, plan, beta, weights, gradient);
    const std::vector<double> numeric = central_differences(c.values, loss);
    for (std::size_t e = 0; e < gradient.size(); ++e) EXPECT_NEAR(gradient[e], numeric[e], 2e-8);
  }
}

TEST(SoftmaxPullback, AgreesWithFiniteDifferences) {
  for (const Case& c : cases()) {
    const std::vector<double>& weights = c.policy;
    const auto loss = [&](const std::vector<double>& scores) {
      std::vector<double> policy(c.graph.edges());
      softmax_policy(c.graph, c.reference, scores, policy);
      return weighted(weights, policy);
    };
    std::vector<double> policy(c.graph.edges());
    softmax_policy(c.graph, c.reference, c.values, policy);
    std::vector<double> gradient(c.graph.edges());
    softmax_pullback(c.graph, policy, weights, gradient);
    const std::vector<double> numeric = central_differences(c.values, loss);
    for (std::size_t e = 0; e < gradient.size(); ++e) EXPECT_NEAR(gradient[e], numeric[e], 2e-8);
  }
}

// A state's bits must not depend on where in a layer, and so in a vectorised block, it stands: the copies of
// a forest, of a width that no block size divides, all get the bits of the single tree.
TEST(Sweeps, BitsDoNotDependOnThePositionInALayer) {
  for (int actions = 1; actions <= 5; ++actions) {
    Philox4x64 engine = test_stream(static_cast<std::uint64_t>(500 + actions));
    const TokenGraph tree =
        actions == 1 ? irregular_graph(engine, 1, 4, 4, 7) : random_graph(engine, 1, actions, 4, 7);
    const std::vector<double> reference = random_policy(engine, tree, 1);
    const std::vector<double> reward = random_normals(engine, tree.edges(), 1);
    SoftPlan one;
    soft_plan(tree, reference, reward, 0.5, one);
    std::vector<double> one_mass(tree.edges());
    occupancy(tree, std::vector<double>{1.0}, one.log_policy, one_mass);

    constexpr std::size_t copies = 131;
    const TokenGraph many = forest(tree, copies);
    const auto spread = [&](const std::vector<double>& edges) {
      std::vector<double> out;
      for (int h = 0; h < tree.horizon(); ++h)
        for (std::size_t p = 0; p < copies; ++p)
          out.insert(out.end(), edges.begin() + tree.edge(tree.layer_begin(h), 0),
                     edges.begin() + tree.edge(tree.layer_end(h), 0));
      return out;
    };
    SoftPlan all;
    soft_plan(many, spread(reference), spread(reward), 0.5, all);
    EXPECT_EQ(all.log_policy, spread(one.log_policy));
    std::vector<double> all_mass(many.edges());
    occupancy(many, std::vector<double>(copies, 1.0), all.log_policy, all_mass);
    EXPECT_EQ(all_mass, spread(one_mass));
    std::vector<double> policy(tree.edges());
    std::vector<double> policies(many.edges());
    softmax_policy(tree, reference, reward, policy);
    softmax_policy(many, spread(reference), spread(reward), policies);
    EXPECT_EQ(policies, spread(policy));
  }
}

}  // namespace
}  // namespace twostage
