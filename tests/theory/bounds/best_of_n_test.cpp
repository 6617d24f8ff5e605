#include "theory/bounds/best_of_n.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "sim/plan/sweeps.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

BestOfN of_scores(const std::vector<double>& reference, const std::vector<double>& score, double n) {
  return best_of_n(reference, score, score, n);
}

// Four atoms with ties, n = 3: all 4^3 draws, the kept one at random among the best.
TEST(BestOfN, EnumeratedDraws) {
  const std::vector<double> p{0.1, 0.4, 0.3, 0.2};
  const std::vector<double> score{2, 1, 2, -1};
  const std::vector<double> gold{5, 0, 1, 7};
  std::vector<double> kept(4, 0.0);
  for (int a = 0; a < 4; ++a)
    for (int b = 0; b < 4; ++b)
      for (int c = 0; c < 4; ++c) {
        const int draw[3] = {a, b, c};
        const double best = std::max({score[a], score[b], score[c]});
        const auto ties = std::count_if(draw, draw + 3, [&](int y) { return score[y] == best; });
        for (const int y : draw)
          if (score[y] == best) kept[y] += p[a] * p[b] * p[c] / static_cast<double>(ties);
      }
  const BestOfN best = best_of_n(p, score, gold, 3);
  // Against one draw of the reference, by definition.
  double wins = 0, kl = 0, gain = 0;
  for (int y = 0; y < 4; ++y) {
    EXPECT_NEAR(best.probability[y], kept[y], 1e-15);
    for (int z = 0; z < 4; ++z)
      wins += kept[y] * p[z] * (score[y] > score[z] ? 1 : score[y] == score[z] ? 0.5 : 0);
    kl += kept[y] * std::log(kept[y] / p[y]);
    gain += (kept[y] - p[y]) * gold[y];
  }
  EXPECT_NEAR(best.win_rate, wins, 1e-15);
  EXPECT_NEAR(best.kl, kl, 1e-15);
  EXPECT_NEAR(best.reward_gain, gain, 1e-14);
}

// K equal atoms: q_i = (i/K)^n - ((i-1)/K)^n and KL = sum q_i log(K q_i); n = 64, K = 4 gives 1.38629417
// where the formula for atomless scores says 3.17450808.
TEST(BestOfN, EqualAtoms) {
  const BestOfN best = of_scores({0.25, 0.25, 0.25, 0.25}, {3, 0, 2, 1}, 64);
  EXPECT_NEAR(best.kl, 1.38629417, 5e-9);
  EXPECT_NEAR(best_of_n_kl_bound(64), 3.17450808, 5e-9);
  EXPECT_NEAR(best.probability[0], 1 - std::pow(0.75, 64), 1e-15);
  EXPECT_NEAR(best.probability[1] / std::pow(0.25, 64), 1, 1e-13);
}

// Below the atomless KL and win rate; as K grows, up to them with an error of order n / K.
TEST(BestOfN, AtomlessLimit) {
  double before_kl = 0;
  double before_win = 0;
  for (const std::size_t k : {10u, 100u, 1000u, 100'000u}) {
    std::vector<double> score(k);
    std::iota(score.begin(), score.end(), 0.0);
    const BestOfN best = of_scores(std::vector<double>(k, 1.0 / static_cast<double>(k)), score, 16);
    EXPECT_LT(best.kl, best_of_n_kl_bound(16));
    EXPECT_LT(best.win_rate, best_of_n_atomless_win_rate(16));
    EXPECT_GT(best.kl, before_kl);
    EXPECT_GT(best.win_rate, before_win);
    before_kl = best.kl;
    before_win = best.win_rate;
  }
  EXPECT_NEAR(before_kl, best_of_n_kl_bound(16), 1e-3);
  EXPECT_NEAR(before_win, best_of_n_atomless_win_rate(16), 1e-3);
}

// n = 1 is the reference; a flat score keeps it; as n grows everything goes to the best, KL = -log p_best.
TEST(BestOfN, Limits) {
  const std::vector<double> p{1e-9, 0.4, 0.6 - 1e-9};
  const BestOfN one = of_scores(p, {3, 2, 1}, 1);
  EXPECT_NEAR(one.kl, 0, 1e-15);
  EXPECT_NEAR(one.win_rate, 0.5, 1e-15);
  const BestOfN flat = of_scores(p, {1, 1, 1}, 1000);
  EXPECT_EQ(flat.probability, p);
  EXPECT_EQ(flat.win_rate, 0.5);
  const BestOfN all = of_scores(p, {3, 2, 1}, 1e12);
  EXPECT_NEAR(all.probability[0], 1, 1e-12);
  EXPECT_NEAR(all.kl, -std::log(1e-9), 1e-9);
  // Rare and best: 1 - (1 - 1e-9)^n = n 1e-9 - n (n - 1) 1e-18 / 2 + ...
  EXPECT_NEAR(of_scores(p, {3, 2, 1}, 100).probability[0] / (1e-7 - 4950e-18), 1, 1e-12);
  EXPECT_THROW(of_scores(p, {1, 2}, 3), std::invalid_argument);
  EXPECT_THROW(of_scores(p, {1, 2, 3}, 0.5), std::invalid_argument);
}

// A bandit is its own alphabet; prompts are averaged.
TEST(BestOfN, InAWorld) {
  Settings given;
  given.set("family", std::string("tokens"));
  given.set("horizon", std::int64_t{3});
  given.set("prompts", std::int64_t{2});
  const World world = make_world(resolve_world(given), {RandomSource(7, "theory-test"), 0}, 1e9);
  const BestOfN best = best_of_n(world, world.reward, 8);
  EXPECT_EQ(best.probability.size(), 16u);
  EXPECT_NEAR(std::accumulate(best.probability.begin(), best.probability.end(), 0.0), 2, 1e-14);
  EXPECT_DOUBLE_EQ(best.score_gain, best.reward_gain);
  EXPECT_GT(best.reward_gain, 0);
  EXPECT_LT(best.kl, best_of_n_kl_bound(8));
  // A score of -infinity is the lowest, and leaves the others as they are.
  std::vector<double> barred = world.reward;
  barred[0] = -std::numeric_limits<double>::infinity();
  const BestOfN without = best_of_n(world, barred, 64);
  EXPECT_LT(without.probability[0], 1e-12);
  EXPECT_GT(without.reward_gain, 0);
  std::vector<double> worst = world.reward;
  for (double& r : worst) r = -r;
  EXPECT_LT(best_of_n(world, worst, 8).reward_gain, 0);
}

// Along a path beta log pi*/pi_ref telescopes to r* - V(s0): a score that orders the completions of a prompt,
// ties included, as the reward does, but whose ties are broken by the rounding of its sums. The position of a
// walk of 4 steps in {-1, 0, 1} takes 9 values.
TEST(BestOfN, ScoresEqualUpToRoundingAreTies) {
  for (const double beta : {0.3, 1.0, 20.0}) {
    const World world = test::world({{"family", std::string("walk")},
                                     {"horizon", test::integer(4)},
                                     {"truth", std::string("terminal")},
                                     {"prompts", test::integer(2)},
                                     {"beta", beta}});
    SoftPlan optimum;
    soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
    std::vector<double> implicit = optimum.log_policy;
    for (std::size_t e = 0; e < implicit.size(); ++e)
      implicit[e] = world.beta * (implicit[e] - world.log_reference[e]);
    for (const double n : {2.0, 64.0}) {
      const BestOfN by_reward = best_of_n(world, world.reward, n);
      const BestOfN by_policy = best_of_n(world, implicit, n);
      ASSERT_EQ(by_policy.probability.size(), by_reward.probability.size());
      for (std::size_t i = 0; i < by_reward.probability.size(); ++i)
        EXPECT_NEAR(by_policy.probability[i], by_reward.probability[i], 1e-10);
      EXPECT_NEAR(by_policy.kl, by_reward.kl, 1e-10);
      EXPECT_NEAR(by_policy.win_rate, by_reward.win_rate, 1e-10);
      EXPECT_NEAR(by_policy.reward_gain, by_reward.reward_gain, 1e-10);
      EXPECT_NEAR(by_policy.score_gain, by_reward.score_gain, 1e-10);
    }
  }
}

// Computed elsewhere for three arms and 25 draws.
TEST(BestOfN, KnownAnswersOfThreeArms) {
  const std::vector<double> reference = {1.0 / 2, 1.0 / 3, 1.0 / 6}, score = {0, 1, 2};
  const BestOfN of = best_of_n(reference, score, score, 25);
  EXPECT_NEAR(of.kl, 1.7262855237, 1e-10);
  EXPECT_NEAR(best_of_n_kl_bound(25), 2.2588758249, 1e-10);  // log 25 - 24/25
  EXPECT_NEAR(of.win_rate, 0.9140460052, 1e-10);
}

}  // namespace
}  // namespace twostage
