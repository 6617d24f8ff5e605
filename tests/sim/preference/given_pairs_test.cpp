// Comparisons as a study writes them down.
#include "sim/preference/given_pairs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "sim/world/custom.hpp"

namespace twostage {
namespace {

using ::testing::HasSubstr;
using Reals = std::vector<double>;

// Two prompts of 2 x 3 completions each: 0 .. 5 and 6 .. 11. Edges: 4 in layer 0, then 6 a prompt from 4 on.
World world() {
  return custom_world({.graph = forest(prefix_tree(std::array{2, 3}), 2), .reward = Reals(16, 0.0)});
}

Settings sampler(Reals comparisons) {
  Settings settings;
  settings.set("kind", "given");
  settings.set("comparisons", std::move(comparisons));
  return settings;
}

TEST(GivenPairs, RowsBecomePairsWithWeights) {
  // Completion 5 of prompt 0 is (1, 2): edges 1 and 4 + 5. Completion 7 is prompt 1's (0, 1): edges 2 and 11.
  const PreferenceData data = given_pairs(sampler({5, 0, 3, 1, 7, 6, 0.25, 0.75}), world(), 5);
  ASSERT_EQ(data.size(), 4u);
  EXPECT_EQ(data.weight, (Reals{3, 1, 0.25, 0.75}));
  EXPECT_THAT(data.chosen_path(0), ::testing::ElementsAre(1, 9));
  EXPECT_THAT(data.rejected_path(0), ::testing::ElementsAre(0, 4));
  EXPECT_THAT(data.chosen_path(1), ::testing::ElementsAre(0, 4));
  EXPECT_THAT(data.chosen_path(2), ::testing::ElementsAre(2, 11));
  const PairTable table = tabulate(data);
  ASSERT_EQ(table.rows(), 2u);
  EXPECT_EQ(table.wins, (Reals{3, 0.25}));
  EXPECT_EQ(table.losses, (Reals{1, 0.75}));
}

TEST(GivenPairs, PairsMultiplyTheCounts) {
  EXPECT_EQ(given_pairs(sampler({0, 1, 2, 1}), world(), 9).weight, (Reals{6, 3}));
}

TEST(GivenPairs, MistakesAreNamed) {
  const auto refused = [](Reals rows, std::size_t pairs, const std::string& text) {
    try {
      given_pairs(sampler(std::move(rows)), world(), pairs);
      ADD_FAILURE() << "accepted; expected: " << text;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr(text));
    }
  };
  refused({}, 1, "rows of four numbers");
  refused({0, 1, 2}, 1, "rows of four numbers");
  refused({0, 12, 1, 0}, 1, "row 0 names completion 12; valid: 0 to 11");
  refused({0, 0.5, 1, 0}, 1, "names completion 0.5");
  refused({0, 6, 1, 0}, 1, "two prompts");
  refused({0, 1, 0, 0}, 1, "neither wins nor losses");
  refused({0, 1, 2, 1}, 4, "no multiple of the 3 comparisons given; valid: pairs = 3");
  // These shares sum to 100.00000000000001.
  refused({0, 1, 0.2689414213699951, 0.7310585786300049, 1, 2, 0.8807970779778824, 0.1192029220221176,  //
           0, 2, 71.64374070574048, 26.35625929425952},
          1, "no multiple of the 100 comparisons given; valid: pairs = 100 ");
  // What is said to be valid is.
  refused({0, 1, 0.1, 0.05, 1, 2, 0.15, 0.1}, 1,
          "the 0.4 comparisons given; valid: pairs = 2 for each of them 5 times");
  EXPECT_EQ(given_pairs(sampler({0, 1, 0.1, 0.05, 1, 2, 0.15, 0.1}), world(), 2).weight.size(), 4u);
  refused({0, 1, 0.75, 0.75}, 2, "valid: pairs = 3 for each of them 2 times");
  refused({0, 1, 0.7071067811865476, 0.5}, 1, "let wins and losses add up to a whole number");
}

}  // namespace
}  // namespace twostage
