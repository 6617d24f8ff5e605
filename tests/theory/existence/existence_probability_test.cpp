#include "theory/existence/existence_probability.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <random>

#include "sim/existence/existence.hpp"
#include "sim/preference/pair_drawer.hpp"

namespace twostage {
namespace {

World world_of(std::initializer_list<std::pair<const char*, Value>> knobs) {
  Settings given;
  for (const auto& [name, value] : knobs) given.set(name, value);
  return make_world(resolve_world(given), {RandomSource(7, "theory-test"), 0}, 1e9);
}

World bandit(std::vector<double> reward) {
  World world = world_of({{"family", std::string("bandit")},
                          {"arms", static_cast<std::int64_t>(reward.size())},
                          {"features", std::int64_t{0}}});
  world.reward = std::move(reward);
  return world;
}

std::unique_ptr<const LinearModel> model_of(const World& world, const char* name, std::int64_t degree = 0) {
  Settings spec;
  spec.set("class", std::string(name));
  if (degree > 0) spec.set("degree", degree);
  return make_linear_model(spec, world, Role::reward);
}

PairPolicies from_reference(const World& world) {
  return {world.log_reference, world.log_reference};
}

double sigma(double x) {
  return 1 / (1 + std::exp(-x));
}

// Two arms, uniform: a win either way has probability sigma(+-D) / 2. By inclusion and exclusion
// P(exists) = 1 - (1 - w01)^n - (1 - w10)^n + (1 - w01 - w10)^n, and Dawson and Sankoff's bound is exact.
TEST(ExistenceProbability, TwoArms) {
  const World world = bandit({1.2, 0});
  const auto model = model_of(world, "dense");
  const ComparisonGraph graph = comparison_graph(world, *model, from_reference(world));
  EXPECT_TRUE(graph.separates_nodes);
  const double w = sigma(1.2) / 2;
  for (const std::size_t n : {1u, 5u, 40u}) {
    const auto to_n = [n](double x) { return std::pow(1 - x, static_cast<double>(n)); };
    const double failures = to_n(w) + to_n(0.5 - w);
    const ExistenceInterval interval = existence_probability(graph, n);
    EXPECT_NEAR(interval.high, 1 - failures + to_n(0.5), 1e-14);
    EXPECT_NEAR(interval.low, std::max(0.0, 1 - failures), 1e-14);
  }
}

// Three arms, not uniform: the six cuts, by inclusion and exclusion over all families of cuts. A family asks
// for none of the wins that one of its cuts forbids.
TEST(ExistenceProbability, ThreeArms) {
  World world = bandit({1.0, 0.3, -0.8});
  world.log_reference = {std::log(0.5), std::log(0.3), std::log(0.2)};
  const double p[3] = {0.5, 0.3, 0.2};
  double wins[3][3];
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      wins[i][j] = i == j ? 0 : 2 * p[i] * p[j] * sigma(world.reward[i] - world.reward[j]);
  const auto model = model_of(world, "dense");
  const ComparisonGraph graph = comparison_graph(world, *model, from_reference(world));
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      EXPECT_NEAR(graph.wins[static_cast<std::size_t>(3 * i + j)], wins[i][j], 1e-15);
  for (const int n : {3, 10, 40, 150}) {
    double exists = 0;
    for (unsigned family = 0; family < 64; ++family) {
      double forbidden = 0;
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) {
          bool hit = false;
          for (unsigned cut = 1; cut <= 6; ++cut)
            hit = hit || ((family >> (cut - 1) & 1) && (cut >> i & 1) && !(cut >> j & 1));
          if (hit) forbidden += wins[i][j];
        }
      exists += (std::popcount(family) % 2 ? -1 : 1) * std::pow(1 - forbidden, n);
    }
    const ExistenceInterval interval = existence_probability(graph, static_cast<std::size_t>(n));
    EXPECT_EQ(interval.rule, "all cuts");
    EXPECT_LE(interval.low, exists + 1e-13);
    EXPECT_GE(interval.high, exists - 1e-13);
    if (exists > 0.99) {
      EXPECT_NEAR((1 - interval.low) / (1 - exists), 1, 0.02);
      EXPECT_NEAR((1 - interval.high) / (1 - exists), 1, 0.02);
    }
  }
}

// One object for many n, asked in any order, against every cut of the bandit summed by itself. The more
// pairs, the fewer cuts are worth looking at.
TEST(ExistenceProbability, ManyNumbersOfPairs) {
  const World world = bandit({2, 1, 0.5, 0.2, 0, -0.3, -1, -2.5});
  const auto model = model_of(world, "dense");
  const ComparisonGraph graph = comparison_graph(world, *model, from_reference(world));
  ExistenceProbability many(graph);
  for (const std::size_t n : {10000u, 100u, 20000u, 1000u, 400u, 100u, 3000u}) {
    double failures = 0;
    for (unsigned set = 1; set < 255; ++set) {
      double across = 0;
      for (std::size_t i = 0; i < 8; ++i)
        for (std::size_t j = 0; j < 8; ++j)
          if ((set >> i & 1) && !(set >> j & 1)) across += graph.wins[i * 8 + j];
      failures += std::exp(static_cast<double>(n) * std::log1p(-across));
    }
    EXPECT_NEAR(1 - many.at(n).low, std::min(1.0, failures), 1e-12) << n;
    EXPECT_EQ(many.at(n).low, existence_probability(graph, n).low) << n;
    EXPECT_EQ(many.at(n).high, existence_probability(graph, n).high) << n;
  }
}

// Which classes give every feature vector its own value. Final positions of a walk: 2H + 1 of them, 2H
// parameters. Tokens at full degree and dense: all 2^H completions; degree 1 has H parameters for 2^H.
TEST(ExistenceProbability, NodesOfAClass) {
  const World walk = world_of({{"family", std::string("walk")}, {"horizon", std::int64_t{3}}});
  const auto terminal = model_of(walk, "terminal");
  const ComparisonGraph positions = comparison_graph(walk, *terminal, from_reference(walk));
  EXPECT_EQ(positions.nodes, 7u);
  EXPECT_TRUE(positions.separates_nodes);
  EXPECT_FALSE(comparison_graph(walk, *model_of(walk, "dense"), from_reference(walk)).separates_nodes);

  const World tokens = world_of({{"family", std::string("tokens")},
                                 {"horizon", std::int64_t{3}},
                                 {"degree", std::int64_t{3}},
                                 {"prompts", std::int64_t{2}}});
  const ComparisonGraph all =
      comparison_graph(tokens, *model_of(tokens, "degree", 3), from_reference(tokens));
  EXPECT_TRUE(all.separates_nodes);
  EXPECT_EQ(all.nodes, 8u * all.components);
  const ComparisonGraph linear =
      comparison_graph(tokens, *model_of(tokens, "degree", 1), from_reference(tokens));
  EXPECT_FALSE(linear.separates_nodes);
  EXPECT_EQ(linear.nodes, all.nodes);
  for (const ComparisonGraph& graph : {positions, all}) {
    double self = 1 - std::accumulate(graph.wins.begin(), graph.wins.end(), 0.0);
    EXPECT_GT(self, 0);
    EXPECT_NEAR(std::accumulate(graph.mass.begin(), graph.mass.end(), 0.0), 1, 1e-12);
  }
}

// Prompts with parameters of their own share the vector zero and nothing else, so each exists or not by
// itself. Two arms a prompt: the estimate exists iff in every prompt both arms have won, by inclusion and
// exclusion over the six events "arm a of prompt p never wins", which forbid different wins.
TEST(ExistenceProbability, PromptsThatShareNoParameter) {
  World world = world_of({{"family", std::string("bandit")},
                          {"arms", std::int64_t{2}},
                          {"features", std::int64_t{0}},
                          {"prompts", std::int64_t{3}},
                          {"shared_classes", false}});
  world.reward = {1.2, 0, 0.3, 0, -0.7, 0};
  const ComparisonGraph graph = comparison_graph(world, *model_of(world, "dense"), from_reference(world));
  EXPECT_EQ(graph.components, 3u);
  EXPECT_EQ(graph.nodes, 6u);
  EXPECT_TRUE(graph.separates_nodes);
  std::vector<double> win;
  for (const double gap : {1.2, 0.3, -0.7}) win.insert(win.end(), {sigma(gap) / 6, sigma(-gap) / 6});
  for (const int n : {20, 60, 200}) {
    double exists = 0;
    double failures = 0;
    for (unsigned events = 0; events < 64; ++events) {
      double forbidden = 0;
      for (unsigned k = 0; k < 6; ++k) forbidden += (events >> k & 1) ? win[k] : 0;
      const double probability = std::pow(1 - forbidden, n);
      exists += (std::popcount(events) % 2 ? -1 : 1) * probability;
      if (std::popcount(events) == 1) failures += probability;
    }
    const ExistenceInterval interval = existence_probability(graph, static_cast<std::size_t>(n));
    EXPECT_NEAR(interval.low, std::max(0.0, 1 - failures), 1e-13);
    EXPECT_GE(interval.high, exists - 1e-13);
  }
}

// Each prompt is small enough to enumerate, though together they are not, and failure gets rare with n.
TEST(ExistenceProbability, ManyPromptsThatShareNoParameter) {
  const World world = world_of({{"family", std::string("bandit")},
                                {"arms", std::int64_t{8}},
                                {"features", std::int64_t{0}},
                                {"prompts", std::int64_t{4}},
                                {"shared_classes", false}});
  const ComparisonGraph graph = comparison_graph(world, *model_of(world, "dense"), from_reference(world));
  EXPECT_EQ(graph.components, 4u);
  EXPECT_EQ(graph.nodes, 32u);
  const ExistenceInterval interval = existence_probability(graph, 5000);
  EXPECT_EQ(interval.rule, "all cuts");
  EXPECT_GT(interval.low, 0.999);
  EXPECT_LT(existence_probability(graph, 100).high, 0.9);
}

// The bound for sets that are not enumerated, against all 2^18 - 2 sets enumerated here: above their sum
// always, and near it (a fifth) where failures are rare.
TEST(ExistenceProbability, ManyNodes) {
  std::mt19937 random(5);
  ComparisonGraph graph;
  graph.nodes = 18;
  graph.components = 1;
  graph.component.assign(18, 0);
  graph.separates_nodes = true;
  graph.wins.assign(18 * 18, 0.0);
  double total = 0;
  for (std::size_t i = 0; i < 18; ++i) {
    graph.mass.push_back(1 + static_cast<double>(random() % 100) / 50);
    total += graph.mass.back();
  }
  for (double& m : graph.mass) m /= total;
  for (std::size_t i = 0; i < 18; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const double up = 0.3 + 0.4 * static_cast<double>(random() % 1000) / 1000;
      graph.wins[i * 18 + j] = 2 * graph.mass[i] * graph.mass[j] * up;
      graph.wins[j * 18 + i] = 2 * graph.mass[i] * graph.mass[j] * (1 - up);
    }
  for (const std::size_t n : {100u, 300u, 600u}) {
    double union_bound = 0;
    for (unsigned set = 1; set + 1 < 1u << 18; ++set) {
      double across = 0;
      for (std::size_t i = 0; i < 18; ++i)
        for (std::size_t j = 0; j < 18; ++j)
          if ((set >> i & 1) && !(set >> j & 1)) across += graph.wins[i * 18 + j];
      union_bound += std::exp(static_cast<double>(n) * std::log1p(-across));
    }
    const ExistenceInterval interval = existence_probability(graph, n);
    EXPECT_LE(interval.low, 1 - union_bound + 1e-15);
    EXPECT_LE(interval.low, interval.high);
    if (n >= 300) {
      EXPECT_GE(1 - interval.low, union_bound * (1 - 1e-12));
      EXPECT_LE(1 - interval.low, union_bound * 1.2) << n;
      EXPECT_GE(1 - interval.high, union_bound * 0.8) << n;
    }
  }
}

// Frequency of "unique" by the exact test over simulated data: within 4.5 standard errors of the interval
// (false alarm 7e-6 a side). For classes of the first kind the interval is narrow.
void expect_frequency(const World& world, const LinearModel& model, std::size_t pairs, double width) {
  constexpr std::uint64_t kTrials = 400;
  const ExistenceInterval interval =
      existence_probability(comparison_graph(world, model, from_reference(world)), pairs);
  double unique = 0;
  for (std::uint64_t t = 0; t < kTrials; ++t) {
    const PreferenceData data =
        sample_pairs(world, world.log_reference, pairs, RandomSource(3, "existence-probability"), t, 0);
    unique += test_existence(model, tabulate(data)).outcome == Existence::unique;
  }
  const double frequency = unique / kTrials;
  const auto error = [](double p) { return 4.5 * std::sqrt(p * (1 - p) / kTrials) + 4.5 * 4.5 / kTrials; };
  EXPECT_GE(frequency, interval.low - error(interval.low)) << interval.rule;
  EXPECT_LE(frequency, interval.high + error(interval.high)) << interval.rule;
  EXPECT_LE(interval.high - interval.low, width) << interval.low << " " << interval.high;
}

TEST(ExistenceProbability, SimulatedBandit) {
  const World world = bandit({1.5, 0.4, 0, -0.2, -1.5});
  const auto model = model_of(world, "dense");
  for (const std::size_t n : {20u, 60u, 120u}) expect_frequency(world, *model, n, n == 120 ? 0.02 : 1);
}

TEST(ExistenceProbability, SimulatedWalk) {
  const World world =
      world_of({{"family", std::string("walk")}, {"horizon", std::int64_t{2}}, {"headroom", 0.5}});
  for (const std::size_t n : {50u, 150u})
    expect_frequency(world, *model_of(world, "terminal"), n, n == 150 ? 0.05 : 1);
}

TEST(ExistenceProbability, SimulatedPolynomials) {
  const World world = world_of({{"family", std::string("tokens")},
                                {"horizon", std::int64_t{3}},
                                {"degree", std::int64_t{2}},
                                {"headroom", 0.5}});
  for (const std::size_t n : {15u, 60u, 200u}) {
    expect_frequency(world, *model_of(world, "degree", 1), n, 1);
    expect_frequency(world, *model_of(world, "degree", 2), n, 1);
    expect_frequency(world, *model_of(world, "dense"), n, n == 200 ? 0.05 : 1);
  }
}

}  // namespace
}  // namespace twostage
