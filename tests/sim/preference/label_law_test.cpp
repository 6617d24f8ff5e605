// The law of labels where no reward gives them: by hand, in the data label by label, and to the annotator.
#include "sim/preference/label_law.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "sim/preference/annotator.hpp"
#include "sim/preference/pair_drawer.hpp"
#include "tests/support/three_arms.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::integer;
using test::sum_along;

constexpr std::array<EdgeId, 1> kRock{0}, kPaper{1}, kScissors{2};

// Each beats the next by log-odds 2.
World rock_paper_scissors() {
  World world = test::three_arms({0, 0, 0});
  world.cycle = std::make_shared<const Cycle>(std::vector{2.0, -1.0, -1.0}, std::vector{0.0, 1.0, -1.0});
  return world;
}

TEST(LabelLaw, AddsTheCycleToTheRewards) {
  World world = rock_paper_scissors();
  world.reward = {0, 0.3, 1};
  const LabelLaw law(world);
  const auto p = [&](auto y, auto z) { return law.probability(law.worth(y), law.worth(z)); };
  EXPECT_NEAR(p(kRock, kPaper), 1 / (1 + std::exp(-(2 - 0.3))), 1e-15);
  EXPECT_NEAR(p(kPaper, kScissors), 1 / (1 + std::exp(-(2 - 0.7))), 1e-15);
  EXPECT_NEAR(p(kScissors, kRock), 1 / (1 + std::exp(-(2 + 1.0))), 1e-15);
  EXPECT_NEAR(p(kRock, kScissors) + p(kScissors, kRock), 1, 1e-15);
  EXPECT_EQ(p(kPaper, kPaper), 0.5);
}

World tokens(double intransitivity) {
  return test::world({{"family", "tokens"},
                      {"horizon", integer(3)},
                      {"prompts", integer(2)},
                      {"reference", "random"},
                      {"intransitivity", intransitivity}});
}

// Pair i keeps its completions and its uniform number, the second word of its stream, whatever the law is.
TEST(LabelLaw, DecidesEachLabelOfTheData) {
  const World plain = tokens(0), turning = tokens(2);
  const RandomSource source(11, "tests");
  const PreferenceData before = sample_pairs(plain, plain.log_reference, 2000, source, 5, 1);
  World nothing = plain;
  std::ranges::fill(nothing.reward, 0.0);
  const PreferenceData even = sample_pairs(nothing, plain.log_reference, 2000, source, 5, 1);
  const PreferenceData after = sample_pairs(turning, turning.log_reference, 2000, source, 5, 1);
  int moved = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    Philox4x64 engine = source.stream(Purpose::data, 5, 1, i);
    engine();
    const double uniform = static_cast<double>(engine()) * 0x1p-64;
    const test::Path chosen(before.chosen_path(i).begin(), before.chosen_path(i).end());
    const test::Path rejected(before.rejected_path(i).begin(), before.rejected_path(i).end());
    // `even` prefers the first where the uniform number is below 1/2.
    const bool chosen_was_first = (uniform < 0.5) == std::ranges::equal(even.chosen_path(i), chosen);
    const test::Path& first = chosen_was_first ? chosen : rejected;
    const test::Path& second = chosen_was_first ? rejected : chosen;
    const double by_cycle = sum_along(turning.cycle->u(), first) * sum_along(turning.cycle->v(), second) -
                            sum_along(turning.cycle->v(), first) * sum_along(turning.cycle->u(), second);
    const double of_first =
        1 / (1 + std::exp(-(sum_along(plain.reward, first) - sum_along(plain.reward, second) + by_cycle)));
    const test::Path& expected = uniform < of_first ? first : second;
    const test::Path now(after.chosen_path(i).begin(), after.chosen_path(i).end());
    EXPECT_EQ(now, expected) << "pair " << i;
    moved += now == chosen ? 0 : 1;
  }
  EXPECT_GT(moved, 100);
}

TEST(LabelLaw, OfAShorterSampleIsItsBeginning) {
  const World world = tokens(2);
  const RandomSource source(11, "tests");
  const PreferenceData all = sample_pairs(world, world.log_reference, 400, source, 0, 0);
  const PreferenceData some = sample_pairs(world, world.log_reference, 137, source, 0, 0);
  EXPECT_EQ(all.prefix(137).chosen, some.chosen);
  EXPECT_EQ(all.prefix(137).rejected, some.rejected);
}

// How often each of the 64 ordered pairs of a prompt is labelled so. Of 200 000 pairs the share of one is off
// by six standard deviations with a probability of 2e-9, one of all 128 with one of 3e-7.
TEST(LabelLaw, IsTheFrequencyOfLabels) {
  const World world = tokens(1.5);
  const LabelLaw law(world);
  constexpr std::size_t n = 200000;
  const PreferenceData data = sample_pairs(world, world.log_reference, n, RandomSource(11, "tests"), 0, 0);
  std::map<std::pair<test::Path, test::Path>, double> count;
  for (std::size_t i = 0; i < n; ++i)
    count[{{data.chosen_path(i).begin(), data.chosen_path(i).end()},
           {data.rejected_path(i).begin(), data.rejected_path(i).end()}}] += 1;
  for (std::size_t p = 0; p < 2; ++p)
    for (const test::Path& y : test::completions(world.graph, p))
      for (const test::Path& z : test::completions(world.graph, p)) {
        const double meet =
            world.rho[p] * std::exp(sum_along(world.log_reference, y) + sum_along(world.log_reference, z));
        const double expected = 2 * meet * law.probability(law.worth(y), law.worth(z));
        const double share = count[{y, z}] / n;
        EXPECT_NEAR(share, expected, 6 * std::sqrt(expected / n));
      }
}

TEST(LabelLaw, OfManyIsThatOfEach) {
  const World world = rock_paper_scissors();
  const LabelLaw law(world);
  const std::vector<Worth> all = {law.worth(kRock), law.worth(kPaper), law.worth(kScissors)};
  std::vector<double> together(all.size());
  for (const Worth& first : all) {
    law.probabilities(first, all, together);
    for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(together[i], law.probability(first, all[i]));
    for (const Labels labels : {Labels::bt, Labels::best}) {
      const Annotator annotator(world, labels);
      annotator.probabilities_of_first(first, all, together);
      for (std::size_t i = 0; i < all.size(); ++i)
        EXPECT_EQ(together[i], annotator.probability_of_first(first, all[i]));
    }
  }
}

TEST(LabelLaw, IsTheAnnotators) {
  const World world = rock_paper_scissors();
  Annotator by_chance(world, Labels::bt), best(world, Labels::best);
  // sigmoid(2) = .881
  EXPECT_TRUE(by_chance.prefers_first(kRock, kPaper, 0.88));
  EXPECT_FALSE(by_chance.prefers_first(kRock, kPaper, 0.89));
  EXPECT_TRUE(by_chance.prefers_first(kScissors, kRock, 0.88));
  EXPECT_FALSE(by_chance.prefers_first(kRock, kScissors, 0.12));
  for (const auto& [winner, loser] : {std::pair{kRock, kPaper}, {kPaper, kScissors}, {kScissors, kRock}}) {
    EXPECT_TRUE(best.prefers_first(winner, loser, 0.999));
    EXPECT_FALSE(best.prefers_first(loser, winner, 0));
  }
  EXPECT_TRUE(best.prefers_first(kRock, kRock, 0.49));
  EXPECT_FALSE(best.prefers_first(kRock, kRock, 0.5));
}

}  // namespace
}  // namespace twostage
