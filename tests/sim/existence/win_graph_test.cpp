#include "sim/existence/win_graph.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>

#include "sim/existence/existence.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/sequence.hpp"

namespace twostage {
namespace {

using test::integer;
using Entries = std::vector<std::pair<std::string, Value>>;

World world_of(const Entries& entries, double scale) {
  Settings settings;
  for (const auto& [name, value] : entries) settings.set(name, value);
  settings.set("scale", scale);
  return make_world(resolve_world(settings), test::world_seed(), 1e9);
}

// The test by arithmetic proves its answer; this one has to give it wherever it gives any. Few pairs of a
// strong reward are mostly separable or leave a part unseen, many pairs of a weak one are not.
std::map<Existence, int> expect_agreement(const Entries& of_world, const std::string& model_class) {
  std::map<Existence, int> seen;
  for (const double scale : {0.3, 4.0}) {
    const World world = world_of(of_world, scale);
    const auto model = make_linear_model(test::model_class(model_class), world, Role::reward);
    for (std::uint64_t replicate = 0; replicate < 12; ++replicate)
      for (const std::size_t pairs : {0u, 1u, 3u, 10u, 40u, 200u, 1500u}) {
        const PairTable table = tabulate(test::reference_pairs(world, pairs, replicate));
        const auto by_wins = existence_by_wins(*model, world, table);
        if (!by_wins) {
          ADD_FAILURE() << model_class << ": nothing is said, though values are free";
          return {};
        }
        const KnownExistence proved = known(test_existence(*model, table));
        EXPECT_EQ(by_wins->outcome, proved.outcome) << replicate << " " << pairs;
        EXPECT_EQ(by_wins->rank, proved.rank) << replicate << " " << pairs;
        ++seen[by_wins->outcome];
      }
  }
  return seen;
}

TEST(WinGraph, AgreesWithTheTestByArithmeticWhereValuesAreFree) {
  const std::vector<std::pair<Entries, std::string>> free = {
      {{{"family", "bandit"}, {"arms", integer(5)}}, "dense"},
      {{{"family", "bandit"}, {"arms", integer(3)}, {"prompts", integer(3)}, {"shared_classes", false}},
       "dense"},
      {{{"family", "tokens"}, {"horizon", integer(3)}}, "dense"},
      {{{"family", "tokens"},
        {"horizon", integer(2)},
        {"alphabet", integer(3)},
        {"prompts", integer(2)},
        {"shared_classes", false}},
       "dense"},
      {{{"family", "walk"}, {"horizon", integer(4)}}, "terminal"},
      {{{"family", "walk"}, {"horizon", integer(1)}}, "dense"}};
  for (const auto& [world, model_class] : free) {
    const std::map<Existence, int> seen = expect_agreement(world, model_class);
    for (const Existence outcome : {Existence::not_attained, Existence::flat, Existence::unique})
      EXPECT_GT(seen.contains(outcome) ? seen.at(outcome) : 0, 0)
          << model_class << ": no data set came to outcome " << static_cast<int>(outcome);
  }
}

// Where completions share parameters their wins do not decide, and nothing is said.
TEST(WinGraph, SaysNothingWhereValuesAreShared) {
  const std::vector<std::pair<Entries, std::string>> shared = {
      {{{"family", "tokens"}, {"horizon", integer(3)}}, "degree"},
      {{{"family", "walk"}, {"horizon", integer(4)}}, "dense"},
      {{{"family", "walk"}, {"horizon", integer(4)}, {"prompts", integer(2)}, {"shared_classes", true}},
       "terminal"}};
  for (const auto& [of_world, model_class] : shared) {
    const World world = world_of(of_world, 1);
    const auto model = make_linear_model(test::model_class(model_class, model_class == "degree" ? 1 : -1),
                                         world, Role::reward);
    const PairTable table = tabulate(test::reference_pairs(world, 50));
    EXPECT_FALSE(existence_by_wins(*model, world, table)) << model_class;
  }
}

// All 64 sets of wins among three arms, held against a search by hand: the estimate is attained iff everybody
// who is reached reaches back.
TEST(WinGraph, AllTournamentsOfThreeArms) {
  const World world = test::world({{"family", "bandit"}, {"arms", integer(3)}});
  const auto model = make_linear_model(test::model_class("dense"), world, Role::reward);
  constexpr std::array<std::array<std::uint32_t, 2>, 3> pairs = {{{0, 1}, {0, 2}, {1, 2}}};
  for (unsigned wins = 0; wins < 64; ++wins) {
    PairTable table;
    table.horizon = 1;
    table.completions = {0, 1, 2};
    std::array<std::array<bool, 3>, 3> reach = {};
    for (std::size_t k = 0; k < 3; ++k) {
      const auto [i, j] = pairs[k];
      table.first.push_back(i);
      table.second.push_back(j);
      table.wins.push_back(wins >> (2 * k) & 1);
      table.losses.push_back(wins >> (2 * k + 1) & 1);
      reach[i][j] = table.wins.back() > 0;
      reach[j][i] = table.losses.back() > 0;
    }
    for (std::size_t via = 0; via < 3; ++via)
      for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j) reach[i][j] = reach[i][j] || (reach[i][via] && reach[via][j]);
    bool attained = true, unique = true;
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j) {
        if (i == j) continue;
        attained = attained && reach[i][j] == reach[j][i];
        unique = unique && reach[i][j];
      }
    const Existence expected = !attained ? Existence::not_attained
                               : unique  ? Existence::unique
                                         : Existence::flat;
    EXPECT_EQ(existence_by_wins(*model, world, table)->outcome, expected) << wins;
  }
}

// Prompts that are held out have no data, so that a class is never determined by counting all values.
TEST(WinGraph, SaysNothingWherePromptsAreHeldOut) {
  for (const bool shared : {false, true}) {
    const World world = test::world({{"family", "bandit"},
                                     {"arms", integer(3)},
                                     {"prompts", integer(2)},
                                     {"held_out", integer(1)},
                                     {"shared_classes", shared}});
    const auto model = make_linear_model(test::model_class("dense"), world, Role::reward);
    EXPECT_FALSE(existence_by_wins(*model, world, tabulate(test::reference_pairs(world, 50)))) << shared;
  }
}

}  // namespace
}  // namespace twostage
