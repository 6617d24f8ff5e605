#include "sim/plan/return_distribution.hpp"

#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "tests/support/graphs.hpp"

namespace twostage {
namespace {

using namespace test;

// Integer edge values: sums are exact, and many completions share one.
TEST(ReturnDistribution, MatchesEnumerationOnMergedGraphs) {
  for (std::uint64_t k = 0; k < 12; ++k) {
    Philox4x64 engine = test_stream(3000 + k);
    const int prompts = 1 + static_cast<int>(k % 3), actions = 2 + static_cast<int>(k % 4);
    const int horizon = 1 + static_cast<int>(k % 4);
    const TokenGraph graph = k % 2 == 0 ? random_graph(engine, prompts, actions, horizon, 4)
                                        : irregular_graph(engine, prompts, actions, horizon, 4);
    std::vector<double> first(graph.edges());
    std::vector<double> second(graph.edges());
    for (double& v : first) v = random_integer(engine, -2, 2);
    for (double& v : second) v = random_integer(engine, 0, 1);
    const std::vector<double> p = random_policy(engine, graph, 1);
    const std::vector<double> q = random_policy(engine, graph, 1);

    std::map<std::tuple<std::int32_t, double, double>, std::pair<double, double>> expected;
    for (std::size_t s = 0; s < graph.prompts(); ++s)
      for (const Path& path : completions(graph, s)) {
        auto& mass =
            expected[{static_cast<std::int32_t>(s), sum_along(first, path), sum_along(second, path)}];
        mass.first += std::exp(sum_along(p, path));
        mass.second += std::exp(sum_along(q, path));
      }
    const std::vector<ReturnAtom> atoms = return_distribution(graph, first, second, p, q);
    ASSERT_EQ(atoms.size(), expected.size());
    EXPECT_LE(static_cast<double>(atoms.size()), most_return_atoms(graph, first, second));
    std::size_t i = 0;
    for (const auto& [key, mass] : expected) {  // a map is in the promised order
      const ReturnAtom& atom = atoms[i++];
      EXPECT_EQ(std::tie(atom.prompt, atom.first, atom.second), key);
      EXPECT_NEAR(atom.p, mass.first, 1e-14);
      EXPECT_NEAR(atom.q, mass.second, 1e-14);
    }
  }
}

// A walk of 60 steps has 3^60 completions and 121 final states, which carry a terminal reward.
TEST(ReturnDistribution, TerminalReturnsStayFewAtAnyHorizon) {
  const World w = world({{"family", "walk"}, {"truth", "terminal"}, {"horizon", integer(60)}});
  EXPECT_EQ(most_return_atoms(w.graph, w.reward, w.reward), 3 * (2 * 59 + 1));
  Philox4x64 engine = test_stream(3100);
  const std::vector<double> p = random_policy(engine, w.graph, 1);
  const std::vector<ReturnAtom> atoms = return_distribution(w.graph, w.reward, {}, p, w.log_reference);
  EXPECT_LE(atoms.size(), 121u);
  double p_mass = 0;
  double q_mass = 0;
  for (const ReturnAtom& atom : atoms) {
    p_mass += atom.p;
    q_mass += atom.q;
  }
  EXPECT_NEAR(p_mass, 1, 1e-13);
  EXPECT_NEAR(q_mass, 1, 1e-13);

  // Prompts of a forest share no state, so many of them are no product of prompts and edges.
  const World many =
      world({{"family", "walk"}, {"truth", "terminal"}, {"horizon", integer(60)}, {"prompts", integer(100)}});
  EXPECT_EQ(most_return_atoms(many.graph, many.reward, {}), 100 * 3 * (2 * 59 + 1));

  const std::vector<double> dense = random_normals(engine, w.graph.edges(), 1);
  EXPECT_EQ(most_return_atoms(w.graph, w.reward, dense), count_completions(w.graph));
}

}  // namespace
}  // namespace twostage
