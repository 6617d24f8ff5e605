// Laws of policies against enumeration of all completions: best-of-n by its definition, as a policy on edges
// and as a reweighting of the reference.
#include "sim/policy/policy_law.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "sim/numerics/elementary.hpp"
#include "sim/policy/best_of_n.hpp"
#include "sim/world/custom.hpp"
#include "tests/support/graphs.hpp"

namespace twostage {
namespace {

using test::completions;
using test::integer;
using test::sum_along;

// A completion with its probabilities and its score.
struct Listed {
  test::Path path;
  double reference;
  double score;
  double kept;  // P(best-of-n keeps it)
};

// n draws, the best kept, ties broken uniformly. Of the n some k >= 1 tie at the top and the others lie
// below; the one that is kept is any of the k, and it is this completion with probability p / T, p its
// reference mass and T that of its ties. With L the mass below, P(kept) = sum_k C(n, k) T^(k-1) p L^(n-k).
std::vector<Listed> best_of(const World& world, const std::vector<double>& score, int n, std::size_t prompt) {
  std::vector<Listed> out;
  for (const auto& path : completions(world.graph, prompt))
    out.push_back({path, std::exp(sum_along(world.log_reference, path)), sum_along(score, path), 0});
  for (Listed& mine : out) {
    double ties = 0, below = 0;
    for (const Listed& other : out)
      if (std::fabs(other.score - mine.score) < 1e-9)
        ties += other.reference;
      else if (other.score < mine.score)
        below += other.reference;
    double choose = 1;
    for (int k = 1; k <= n; ++k) {
      choose *= static_cast<double>(n - k + 1) / k;
      mine.kept += choose * std::pow(ties, k - 1) * mine.reference * std::pow(below, n - k);
    }
  }
  return out;
}

struct Expected {
  double reward = 0, kl_to_reference = 0, kl_from_reference = 0, kl_to_optimum = 0, kl_from_optimum = 0;
  std::vector<double> occupancy;
};

Expected by_enumeration(const World& world, const SoftPlan& optimum, const std::vector<double>& score,
                        int n) {
  Expected out;
  out.occupancy.assign(world.graph.edges(), 0.0);
  for (std::size_t p = 0; p < world.graph.prompts(); ++p)
    for (const Listed& c : best_of(world, score, n, p)) {
      const double rho = world.rho[p];
      const double best = std::exp(sum_along(optimum.log_policy, c.path));
      out.reward += rho * c.kept * sum_along(world.reward, c.path);
      out.kl_to_reference += rho * c.kept * std::log(c.kept / c.reference);
      out.kl_from_reference += rho * c.reference * std::log(c.reference / c.kept);
      out.kl_to_optimum += rho * c.kept * std::log(c.kept / best);
      out.kl_from_optimum += rho * best * std::log(best / c.kept);
      for (const EdgeId e : c.path) out.occupancy[static_cast<std::size_t>(e)] += rho * c.kept;
    }
  return out;
}

void expect_law(const World& world, const PolicyLaw& policy, const std::vector<double>& score, int n) {
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  const Expected expected = by_enumeration(world, optimum, score, n);
  EXPECT_NEAR(expected_reward(world, policy), expected.reward, 1e-11);
  EXPECT_NEAR(kl_to_reference(world, policy), expected.kl_to_reference, 1e-11);
  EXPECT_NEAR(kl_from_reference(world, policy), expected.kl_from_reference,
              1e-11 * (1 + expected.kl_from_reference));
  EXPECT_NEAR(kl_to_optimum(world, policy, optimum), expected.kl_to_optimum, 1e-11);
  EXPECT_NEAR(kl_from_optimum(world, policy, optimum), expected.kl_from_optimum,
              1e-11 * (1 + expected.kl_from_optimum));
  EXPECT_NEAR(soft_return(world, policy), expected.reward - world.beta * expected.kl_to_reference, 1e-11);
  const std::vector<double> mass = occupancy(world, policy);
  for (std::size_t e = 0; e < mass.size(); ++e) EXPECT_NEAR(mass[e], expected.occupancy[e], 1e-12) << e;
  double total = 0, mean = 0;
  for (const ReturnAtom& atom : law_of_rewards(world, policy)) {
    const double rho = world.rho[static_cast<std::size_t>(atom.prompt)];
    total += rho * atom.p;
    mean += rho * atom.p * atom.first;
  }
  EXPECT_NEAR(total, 1, 1e-12);
  EXPECT_NEAR(mean, expected.reward, 1e-11);
  for (std::size_t p = 0; p < world.graph.prompts(); ++p)
    for (const Listed& c : best_of(world, score, n, p))
      EXPECT_NEAR(num::exp(log_probability(world, policy, c.path)), c.kept, 1e-12);
  EXPECT_LE(kl_to_reference(world, policy), std::log(n) - (n - 1.0) / n + 1e-12);
  if (n == 1) {
    EXPECT_LT(kl_to_reference(world, policy), 1e-15) << "is the reference";
  }
}

// On a tree every law of completions is a policy on edges.
TEST(BestOfNLaw, OnATreeIsAPolicyOnEdges) {
  const World world = test::world({{"family", "tokens"},
                                   {"horizon", integer(3)},
                                   {"prompts", integer(2)},
                                   {"reference", "random"},
                                   {"prompt_weights", "random"},
                                   {"beta", 0.7}});
  Philox4x64 engine = test::test_stream(1);
  const std::vector<double> score = test::random_normals(engine, world.graph.edges(), 1);
  for (const int n : {1, 2, 3, 7}) {
    const PolicyLaw policy = best_of_n(world, score, {}, n);
    ASSERT_NE(on_edges(policy), nullptr);
    expect_law(world, policy, score, n);
  }
}

// Where completions merge and only their end is scored, it is one, too: the state knows the score.
TEST(BestOfNLaw, OfEndsIsAPolicyOnEdges) {
  const World world = test::world({{"family", "walk"},
                                   {"horizon", integer(4)},
                                   {"prompts", integer(2)},
                                   {"reference", "random"},
                                   {"truth", "dense"},
                                   {"beta", 0.7}});
  std::vector<double> score(world.graph.edges(), 0.0);
  Philox4x64 engine = test::test_stream(2);
  const std::vector<double> of_state = test::random_normals(engine, world.graph.states(), 1);
  const StateId ends = world.graph.layer_begin(4);
  for (EdgeId e = 0; static_cast<std::size_t>(e) < score.size(); ++e)
    if (const StateId to = world.graph.successor(e); to >= ends)
      score[static_cast<std::size_t>(e)] = of_state[static_cast<std::size_t>(to)];
  for (const int n : {1, 2, 5}) {
    const PolicyLaw policy = best_of_n(world, score, {}, n);
    ASSERT_NE(on_edges(policy), nullptr);
    expect_law(world, policy, score, n);
  }
}

// Where the score depends on the way, the next token depends on the score so far: no policy on edges.
TEST(BestOfNLaw, OfWaysThatMergeIsALawOnCompletions) {
  const World world = test::world({{"family", "walk"},
                                   {"horizon", integer(4)},
                                   {"prompts", integer(2)},
                                   {"reference", "random"},
                                   {"truth", "terminal"},
                                   {"beta", 0.7}});
  Philox4x64 engine = test::test_stream(3);
  const std::vector<double> score = test::random_normals(engine, world.graph.edges(), 1);
  for (const int n : {1, 2, 3, 40}) {
    const PolicyLaw policy = best_of_n(world, score, {}, n);
    ASSERT_EQ(on_edges(policy), nullptr);
    expect_law(world, policy, score, n);
  }
}

// So it is in graphs where even prompts meet, and with scores that tie by the dozen: small whole numbers.
TEST(BestOfNLaw, InGraphsWherePromptsMeetAndScoresTie) {
  for (std::uint64_t k = 0; k < 6; ++k) {
    Philox4x64 engine = test::test_stream(40 + k);
    const World world = test::random_world(engine, test::random_graph(engine, 2, 3, 3, 3), 1.0, 0.8);
    std::vector<double> score(world.graph.edges());
    for (double& s : score) s = test::random_integer(engine, 0, 2);
    for (const int n : {1, 2, 6}) expect_law(world, best_of_n(world, score, {}, n), score, n);
  }
}

// Arms 0, 1, 2 with reference (1/2, 1/3, 1/6), computed elsewhere; two of them tie.
TEST(BestOfNLaw, KnownAnswers) {
  const World world = custom_world(
      {.graph = prefix_tree(std::array{3}), .reward = {0, 1, 2}, .reference = {1.0 / 2, 1.0 / 3, 1.0 / 6}});
  const auto probabilities = [&](std::vector<double> score, double n) {
    const PolicyLaw policy = best_of_n(world, std::move(score), {}, n);
    std::vector<double> out;
    for (EdgeId e = 0; e < 3; ++e)
      out.push_back(num::exp(log_probability(world, policy, std::vector<EdgeId>{e})));
    return out;
  };
  using testing::DoubleNear;
  using testing::ElementsAre;
  EXPECT_THAT(probabilities({0, 1, 2}, 4),
              ElementsAre(DoubleNear(0.0625, 1e-10), DoubleNear(0.4197530864, 1e-10),
                          DoubleNear(0.5177469136, 1e-10)));
  EXPECT_THAT(probabilities({0, 1, 2}, 25),
              ElementsAre(DoubleNear(0.0000000298, 1e-10), DoubleNear(0.0104825662, 1e-10),
                          DoubleNear(0.9895174040, 1e-10)));
  EXPECT_THAT(probabilities({0, 1, 1}, 4),
              ElementsAre(DoubleNear(0.0625, 1e-12), DoubleNear(0.625, 1e-12), DoubleNear(0.3125, 1e-12)));
  EXPECT_NEAR(kl_to_reference(world, best_of_n(world, {0, 1, 2}, {}, 4)), 0.5536592475, 1e-10);
  EXPECT_NEAR(kl_to_reference(world, best_of_n(world, {0, 1, 2}, {}, 25)), 1.7262855237, 1e-10);
}

// Scores that differ by no more than their error are equal.
TEST(BestOfNLaw, TiesAreTiesUpToTheErrorOfTheScore) {
  const World world = custom_world(
      {.graph = prefix_tree(std::array{3}), .reward = {0, 1, 2}, .reference = {1.0 / 2, 1.0 / 3, 1.0 / 6}});
  const std::vector<double> nearly{0, 1, 1 + 1e-9}, error{0, 1e-9, 0};
  const auto second = [&](std::span<const double> of_score) {
    return num::exp(log_probability(world, best_of_n(world, nearly, of_score, 4), std::vector<EdgeId>{1}));
  };
  EXPECT_NEAR(second(error), 0.625, 1e-12);
  EXPECT_NEAR(second({}), 0.4197530864, 1e-9);
}

TEST(BestOfNLaw, TooManyScoresAreRefusedByNumber) {
  const World world = test::world({{"family", "walk"}, {"horizon", integer(14)}});
  Philox4x64 engine = test::test_stream(5);
  try {
    best_of_n(world, test::random_normals(engine, world.graph.edges(), 1), {}, 4);
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("4782969"), testing::HasSubstr("262144")));
  }
  // Ends are few at any horizon.
  const World longer = test::world({{"family", "walk"}, {"horizon", integer(200)}, {"truth", "terminal"}});
  const PolicyLaw policy = best_of_n(longer, longer.reward, {}, 16);
  ASSERT_NE(on_edges(policy), nullptr);
  EXPECT_TRUE(all_finite(policy));
  EXPECT_LE(kl_to_reference(longer, policy), std::log(16) - 15.0 / 16);
  EXPECT_GT(expected_reward(longer, policy), expected_reward(longer, EdgePolicy(longer.log_reference)));
}

TEST(BestOfNLaw, ScoresThatAreNotFiniteMakeNoPolicy) {
  const World world = custom_world({.graph = prefix_tree(std::array{2}), .reward = {0, 1}});
  EXPECT_FALSE(all_finite(best_of_n(world, {0, std::nan("")}, {}, 4)));
}

}  // namespace
}  // namespace twostage
