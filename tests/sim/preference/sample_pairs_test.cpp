#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/preference/pair_drawer.hpp"
#include "sim/random/draw.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::integer;
using test::world;

const RandomSource& source() {
  static const RandomSource s(20250301, "pairs");
  return s;
}

PreferenceData pairs_of(const World& w, std::size_t n, std::uint64_t replicate = 0,
                        std::uint64_t instance = 0) {
  return sample_pairs(w, w.log_reference, n, source(), replicate, instance);
}

test::Path path_of(std::span<const EdgeId> path) {
  return {path.begin(), path.end()};
}

// Upper quantile of chi-square with k degrees of freedom at a normal deviate z (Wilson and Hilferty 1931;
// within one per cent for k >= 5 and z <= 5).
double chi_square_quantile(double k, double z) {
  const double c = 2 / (9 * k);
  return k * std::pow(1 - c + z * std::sqrt(c), 3);
}

TEST(SamplePairs, BothCompletionsArePathsOfOnePrompt) {
  for (const auto& name : test::drawn_families()) {
    const World w = world({{"family", name}, {"prompts", integer(3)}, {"reference", "random"}});
    const PreferenceData data = pairs_of(w, 50);
    ASSERT_EQ(data.size(), 50u);
    for (std::size_t i = 0; i < data.size(); ++i) {
      EXPECT_EQ(w.graph.source(data.chosen_path(i)[0]), w.graph.source(data.rejected_path(i)[0]));
      for (const auto path : {data.chosen_path(i), data.rejected_path(i)}) {
        EXPECT_LT(w.graph.source(path[0]), static_cast<StateId>(w.graph.prompts()));
        for (std::size_t h = 0; h + 1 < path.size(); ++h)
          ASSERT_EQ(w.graph.successor(path[h]), w.graph.source(path[h + 1]));
      }
    }
  }
}

TEST(SamplePairs, FewerPairsAreAPrefix) {
  const World w = world({{"family", "walk"}, {"prompts", integer(2)}});
  const PreferenceData many = pairs_of(w, 400);
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{100}}) {
    const PreferenceData few = pairs_of(w, n);
    EXPECT_EQ(few.size(), n);
    EXPECT_EQ(few.chosen, many.prefix(n).chosen);
    EXPECT_EQ(few.rejected, many.prefix(n).rejected);
    EXPECT_EQ(few.horizon, many.prefix(n).horizon);
  }
  EXPECT_THROW(many.prefix(401), std::invalid_argument);
}

// One uniform after the other, each searched for among the running sums: what the blocks of extend() come to.
PreferenceData pairs_by_definition(const World& w, const std::vector<double>& log_first,
                                   const std::vector<double>& log_second, std::size_t n) {
  const auto pick = [](const std::vector<double>& probability, double uniform) {
    double sum = 0;
    std::size_t last = 0;
    for (std::size_t i = 0; i < probability.size(); ++i) {
      if (probability[i] > 0) last = i;
      if ((sum += probability[i]) > uniform) return i;
    }
    return last;
  };
  const auto H = static_cast<std::size_t>(w.graph.horizon());
  PreferenceData out{H, {}, {}};
  for (std::size_t i = 0; i < n; ++i) {
    Philox4x64 engine = source().stream(Purpose::data, 4, 2, i);
    auto s = static_cast<StateId>(pick(w.rho, draw_uniform(engine)));
    auto t = s;
    const double label = draw_uniform(engine);
    std::vector<EdgeId> first, second;
    double difference = 0;
    for (std::size_t h = 0; h < H; ++h) {
      for (auto [state, log_policy, path] :
           {std::tuple(&s, &log_first, &first), std::tuple(&t, &log_second, &second)}) {
        const EdgeRange edges = w.graph.leaving(*state);
        std::vector<double> probability;
        for (EdgeId e = edges.begin; e < edges.end; ++e)
          probability.push_back(num::exp((*log_policy)[static_cast<std::size_t>(e)]));
        path->push_back(edges.begin + static_cast<EdgeId>(pick(probability, draw_uniform(engine))));
        *state = w.graph.successor(path->back());
      }
      difference += w.reward[static_cast<std::size_t>(first.back())] -
                    w.reward[static_cast<std::size_t>(second.back())];
    }
    const bool wins = label < num::sigmoid(difference);
    out.chosen.insert(out.chosen.end(), (wins ? first : second).begin(), (wins ? first : second).end());
    out.rejected.insert(out.rejected.end(), (wins ? second : first).begin(), (wins ? second : first).end());
  }
  return out;
}

TEST(SamplePairs, AreThoseOfOneUniformAfterTheOther) {
  for (const auto& name : test::drawn_families()) {
    const World w = world({{"family", name}, {"prompts", integer(3)}, {"reference", "random"}});
    SoftPlan plan;
    soft_plan(w.graph, w.log_reference, w.reward, w.beta, plan);
    const PreferenceData expected = pairs_by_definition(w, w.log_reference, plan.log_policy, 300);
    const PreferenceData data = sample_pairs(w, w.log_reference, plan.log_policy, 300, source(), 4, 2);
    EXPECT_EQ(data.chosen, expected.chosen) << name;
    EXPECT_EQ(data.rejected, expected.rejected) << name;
    // In pieces that are no whole blocks.
    const PairDrawer drawer(w, w.log_reference, plan.log_policy);
    PreferenceData grown = drawer.none();
    for (const std::size_t n : {1u, 63u, 64u, 70u, 200u, 300u}) drawer.extend(grown, n, source(), 4, 2);
    EXPECT_EQ(grown.chosen, expected.chosen) << name;
    EXPECT_EQ(grown.rejected, expected.rejected) << name;
  }
}

TEST(SamplePairs, AreTheSameForAnyNumberOfActions) {
  for (const int alphabet : {2, 3, 4, 5, 9}) {
    const World w = world({{"family", "tokens"},
                           {"alphabet", integer(alphabet)},
                           {"horizon", integer(2)},
                           {"reference", "random"}});
    // Some actions cannot happen, the last ones of their states among them.
    std::vector<double> other(w.graph.edges());
    for (std::size_t e = 0; e < other.size(); ++e)
      other[e] = w.graph.action(static_cast<EdgeId>(e)) % 2 == 0 ? std::log(2.0 / (alphabet + 1)) : -INFINITY;
    const PreferenceData data = sample_pairs(w, w.log_reference, other, 500, source(), 4, 2);
    const PreferenceData expected = pairs_by_definition(w, w.log_reference, other, 500);
    EXPECT_EQ(data.chosen, expected.chosen) << alphabet;
    EXPECT_EQ(data.rejected, expected.rejected) << alphabet;
  }
}

TEST(SamplePairs, ReplicateAndInstanceNameTheDraws) {
  const World w = world({{"family", "walk"}});
  EXPECT_EQ(pairs_of(w, 50, 1, 2).chosen, pairs_of(w, 50, 1, 2).chosen);
  EXPECT_NE(pairs_of(w, 50, 1, 2).chosen, pairs_of(w, 50, 2, 2).chosen);
  EXPECT_NE(pairs_of(w, 50, 1, 2).chosen, pairs_of(w, 50, 1, 3).chosen);
}

// With a flat reward the label is a fair coin that depends on its own uniform alone, so the tokens of a
// longer completion begin as those of the shorter one, chosen and rejected alike.
TEST(SamplePairs, ALongerHorizonExtendsTheCompletions) {
  const auto actions = [](int horizon) {
    const World w =
        world({{"family", "tokens"}, {"horizon", integer(horizon)}, {"scale", 0.0}, {"prompts", integer(2)}});
    const PreferenceData data = pairs_of(w, 60);
    std::vector<std::vector<int>> out;
    for (std::size_t i = 0; i < data.size(); ++i)
      for (const auto path : {data.chosen_path(i), data.rejected_path(i)}) {
        out.push_back({w.graph.source(path[0])});
        for (std::size_t h = 0; h < 3; ++h) out.back().push_back(w.graph.action(path[h]));
      }
    return out;
  };
  EXPECT_EQ(actions(3), actions(6));
}

// Rewards that differ by a factor: the unordered pairs stay, labels move.
TEST(SamplePairs, TheTruthMovesLabelsOnly) {
  const World weak = world({{"family", "tokens"}, {"scale", 0.5}});
  const World strong = world({{"family", "tokens"}, {"scale", 5.0}});
  const PreferenceData a = pairs_of(weak, 300);
  const PreferenceData b = pairs_of(strong, 300);
  int flips = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto [low_a, high_a] = std::minmax({path_of(a.chosen_path(i)), path_of(a.rejected_path(i))});
    const auto [low_b, high_b] = std::minmax({path_of(b.chosen_path(i)), path_of(b.rejected_path(i))});
    EXPECT_EQ(low_a, low_b);
    EXPECT_EQ(high_a, high_b);
    flips += path_of(a.chosen_path(i)) != path_of(b.chosen_path(i));
  }
  EXPECT_GT(flips, 0);
  // Preferring what is better is the likelier the stronger the reward.
  const auto correct = [](const World& w, const PreferenceData& data) {
    int count = 0;
    for (std::size_t i = 0; i < data.size(); ++i)
      count += path_sum(w.reward, data.chosen_path(i)) > path_sum(w.reward, data.rejected_path(i));
    return count;
  };
  EXPECT_GT(correct(strong, b), correct(weak, a));
}

// Chi-square over the comparisons of a bandit with 4 arms, P(i > j) = sigmoid(r_i - r_j).
TEST(SamplePairs, LabelsFollowBradleyTerry) {
  const World w = world({{"family", "bandit"}, {"arms", integer(4)}, {"scale", 1.0}});
  const PreferenceData data = pairs_of(w, 20000);
  std::map<std::pair<EdgeId, EdgeId>, std::pair<double, double>> wins;  // of the lower arm, of the higher
  for (std::size_t i = 0; i < data.size(); ++i) {
    const EdgeId c = data.chosen[i];
    const EdgeId r = data.rejected[i];
    if (c == r) continue;
    auto& cell = wins[std::minmax(c, r)];
    (c < r ? cell.first : cell.second) += 1;
  }
  ASSERT_EQ(wins.size(), 6u);
  double statistic = 0;
  for (const auto& [arms, count] : wins) {
    const double n = count.first + count.second;
    const double p = 1 / (1 + std::exp(w.reward[static_cast<std::size_t>(arms.second)] -
                                       w.reward[static_cast<std::size_t>(arms.first)]));
    statistic += (count.first - n * p) * (count.first - n * p) / (n * p * (1 - p));
  }
  // Six independent comparisons; false-alarm rate 1e-5 (z = 4.265).
  EXPECT_LT(statistic, chi_square_quantile(6, 4.265));
}

// Completions of both slots and prompts follow the sampler, which need not be the reference: chi-square over
// prompt x completion, expected mass from the product of probabilities.
TEST(SamplePairs, CompletionsFollowTheSampler) {
  for (const auto& name : {"tokens", "walk"}) {
    const World w = world({{"family", name},
                           {"horizon", integer(3)},
                           {"prompts", integer(3)},
                           {"reference", "random"},
                           {"prompt_weights", "random"}});
    SoftPlan plan;
    soft_plan(w.graph, w.log_reference, w.reward, w.beta, plan);
    const std::size_t n = 20000;
    const PreferenceData data = sample_pairs(w, plan.log_policy, n, source(), 5, 0);
    std::map<test::Path, double> count;
    for (std::size_t i = 0; i < n; ++i) {
      count[path_of(data.chosen_path(i))] += 1;
      count[path_of(data.rejected_path(i))] += 1;
    }
    // Two completions of a pair share their prompt, so each prompt is tested apart, given its own count.
    for (std::size_t p = 0; p < 3; ++p) {
      double total = 0;
      for (const auto& path : test::completions(w.graph, p)) total += count[path];
      double statistic = 0;
      double cells = 0;
      double rest_expected = 0;
      double rest_seen = 0;
      for (const auto& path : test::completions(w.graph, p)) {
        const double expected = total * std::exp(test::sum_along(plan.log_policy, path));
        if (expected < 10) {  // too rare for the chi-square limit: one cell together
          rest_expected += expected;
          rest_seen += count[path];
          continue;
        }
        statistic += (count[path] - expected) * (count[path] - expected) / expected;
        ++cells;
      }
      if (rest_expected >= 10) {
        statistic += (rest_seen - rest_expected) * (rest_seen - rest_expected) / rest_expected;
        ++cells;
      }
      ASSERT_GE(cells, 5);
      EXPECT_LT(statistic, chi_square_quantile(cells - 1, 4.265)) << name << ", prompt " << p;  // rate 1e-5
      const double sd = std::sqrt(static_cast<double>(n) * w.rho[p] * (1 - w.rho[p]));
      EXPECT_NEAR(total / 2, static_cast<double>(n) * w.rho[p], 4.42 * sd);  // rate 1e-5
    }
  }
}

// Two policies without a completion in common: each pair has one completion of each, with the frequencies of
// its policy (chi-square, 5 degrees of freedom, false-alarm rate 1e-5 each).
TEST(SamplePairs, EachCompletionFollowsItsOwnPolicy) {
  const World w = world({{"family", "bandit"}, {"arms", integer(12)}});
  constexpr double never = -std::numeric_limits<double>::infinity();
  std::vector<double> first(12, never), second(12, never);
  for (std::size_t a = 0; a < 6; ++a) {
    first[a] = std::log(static_cast<double>(a + 1) / 21);  // 1 + ... + 6 = 21
    second[6 + a] = std::log(1.0 / 6);
  }
  const std::size_t n = 6000;
  const PreferenceData data = sample_pairs(w, first, second, n, source(), 0, 0);
  std::vector<double> count(12);
  for (std::size_t i = 0; i < n; ++i) {
    EXPECT_NE(data.chosen[i] < 6, data.rejected[i] < 6);
    ++count[static_cast<std::size_t>(data.chosen[i])];
    ++count[static_cast<std::size_t>(data.rejected[i])];
  }
  for (const std::size_t begin : {std::size_t{0}, std::size_t{6}}) {
    double statistic = 0;
    for (std::size_t a = begin; a < begin + 6; ++a) {
      const double expected = static_cast<double>(n) * std::exp(begin == 0 ? first[a] : second[a]);
      statistic += (count[a] - expected) * (count[a] - expected) / expected;
    }
    EXPECT_LT(statistic, chi_square_quantile(5, 4.265));
  }
}

// Equal policies in two arrays draw what one policy draws, and a change of the second leaves the first
// completion of every pair.
TEST(SamplePairs, TheSecondPolicyMovesTheSecondCompletionOnly) {
  const World w = world({{"family", "tokens"}, {"scale", 0.0}});  // labels are a fair coin that none moves
  const std::vector<double> copy = w.log_reference;
  std::vector<double> other = w.log_reference;
  for (std::size_t e = 0; e < other.size(); ++e) other[e] = std::log(e % 2 == 0 ? 0.9 : 0.1);
  const PreferenceData one = pairs_of(w, 300);
  const PreferenceData same = sample_pairs(w, w.log_reference, copy, 300, source(), 0, 0);
  EXPECT_EQ(one.chosen, same.chosen);
  EXPECT_EQ(one.rejected, same.rejected);
  const PreferenceData moved = sample_pairs(w, w.log_reference, other, 300, source(), 0, 0);
  std::size_t first_chosen = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    const bool chosen_stays = path_of(moved.chosen_path(i)) == path_of(one.chosen_path(i));
    const bool rejected_stays = path_of(moved.rejected_path(i)) == path_of(one.rejected_path(i));
    EXPECT_TRUE(chosen_stays || rejected_stays) << i;
    first_chosen += chosen_stays && !rejected_stays;
  }
  EXPECT_GT(first_chosen, 50u);
  EXPECT_NE(moved.chosen, one.chosen);
}

// What cannot happen is not drawn, not even where the probabilities add up to less than one (as rounding
// makes them, here exaggerated): the last action that can happen takes the rest.
TEST(SamplePairs, ImpossibleActionsAreNeverDrawn) {
  const World w = world({{"family", "bandit"}, {"arms", integer(12)}});
  std::vector<double> sampler(12, std::log(0.09));
  sampler[5] = sampler[11] = -std::numeric_limits<double>::infinity();
  const PreferenceData data = sample_pairs(w, sampler, 5000, source(), 0, 0);
  for (const auto& side : {data.chosen, data.rejected})
    for (const EdgeId e : side) EXPECT_TRUE(e != 5 && e != 11);
}

TEST(SamplePairs, RefusesASamplerOfAnotherGraph) {
  const World w = world({{"family", "bandit"}});
  EXPECT_THROW(sample_pairs(w, std::vector<double>(3), 1, source(), 0, 0), std::invalid_argument);
  EXPECT_THROW(sample_pairs(w, w.log_reference, std::vector<double>(3), 1, source(), 0, 0),
               std::invalid_argument);
}

}  // namespace
}  // namespace twostage
