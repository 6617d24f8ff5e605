// What of preferences no reward gives: its mean and its size by enumeration of completions, the circle of
// three, and what a cycle leaves as it was.
#include "sim/world/cycle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/refused_worlds.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::completions;
using test::expect_refused;
using test::integer;
using test::settings;
using test::sum_along;
using testing::HasSubstr;

// Families with three completions a prompt at least, prompts alike or not.
std::vector<Settings> families() {
  return {settings({{"family", "bandit"}, {"arms", integer(5)}, {"reference", "random"}}),
          settings({{"family", "tokens"},
                    {"horizon", integer(3)},
                    {"prompts", integer(2)},
                    {"reference", "random"},
                    {"reference_spread", 2.0}}),
          settings({{"family", "tokens"},
                    {"horizon", integer(2)},
                    {"prompts", integer(3)},
                    {"held_out", integer(2)},
                    {"shared_truth", false}}),
          settings({{"family", "walk"}, {"horizon", integer(3)}, {"reference", "random"}}),
          settings({{"family", "two-token"}}),
          settings({{"family", "summary"}, {"prompts", integer(2)}, {"horizon", integer(2)}}),
          settings({{"family", "maze"}, {"prompts", integer(2)}, {"horizon", integer(4)}})};
}

World with(Settings given, double strength) {
  given.set("intransitivity", strength);
  return make_world(resolve_world(given), test::world_seed(3), 1e9);
}

double share(const World& world, const test::Path& path) {
  return std::exp(sum_along(world.log_reference, path));
}

// The reference sees no completion ahead by the cycle, and a root mean square as stated.
TEST(Cycles, HaveNoScalarPartAndTheSizeThatIsStated) {
  for (const Settings& family : families()) {
    const World world = with(family, 1.5);
    ASSERT_NE(world.cycle, nullptr);
    for (std::size_t p = 0; p < world.graph.prompts(); ++p) {
      const auto all = completions(world.graph, p);
      double square = 0;
      for (const test::Path& y : all) {
        double mean = 0;
        for (const test::Path& z : all) {
          const double k = turn(world.cycle->point(y), world.cycle->point(z));
          EXPECT_EQ(k, -turn(world.cycle->point(z), world.cycle->point(y)));
          mean += share(world, z) * k;
          square += share(world, y) * share(world, z) * k * k;
        }
        EXPECT_NEAR(mean, 0, 1e-12) << world.family;
      }
      EXPECT_NEAR(square, 1.5 * 1.5, 1e-11) << world.family;
    }
  }
}

TEST(Cycles, LeaveEverythingElseAsItWas) {
  for (const Settings& family : families()) {
    const World plain = make_world(resolve_world(family), test::world_seed(3), 1e9);
    const World none = with(family, 0), some = with(family, 1), twice = with(family, 2);
    EXPECT_EQ(plain.cycle, nullptr);
    EXPECT_EQ(none.cycle, nullptr);
    EXPECT_EQ(some.reward, plain.reward);
    EXPECT_EQ(some.log_reference, plain.log_reference);
    EXPECT_EQ(some.rho, plain.rho);
    const auto all = completions(some.graph);
    EXPECT_NEAR(turn(twice.cycle->point(all[0]), twice.cycle->point(all[2])),
                2 * turn(some.cycle->point(all[0]), some.cycle->point(all[2])), 1e-12);
  }
}

TEST(Cycles, AreSharedWithTheTruth) {
  const auto world = [](bool shared) {
    return with(settings({{"family", "tokens"},
                          {"horizon", integer(2)},
                          {"prompts", integer(2)},
                          {"shared_truth", shared}}),
                1);
  };
  for (const bool shared : {true, false}) {
    const World w = world(shared);
    const auto first = completions(w.graph, 0), second = completions(w.graph, 1);
    const double one = turn(w.cycle->point(first[0]), w.cycle->point(first[1]));
    const double other = turn(w.cycle->point(second[0]), w.cycle->point(second[1]));
    EXPECT_EQ(one == other, shared);
  }
}

// Functions of three points with mean zero are a plane, and areas in it are one number: each beats the next
// by as much. E K^2 = 6 k^2 / 9 = s^2, so k = s sqrt(3 / 2).
TEST(Cycles, OfThreeEqualChoicesAreRockPaperScissors) {
  const World world = with(settings({{"family", "bandit"}, {"arms", integer(3)}}), 2);
  const auto k = [&](EdgeId y, EdgeId z) {
    return turn(world.cycle->point(std::array{y}), world.cycle->point(std::array{z}));
  };
  EXPECT_NEAR(std::fabs(k(0, 1)), 2 * std::sqrt(1.5), 1e-12);
  EXPECT_NEAR(k(1, 2), k(0, 1), 1e-12);
  EXPECT_NEAR(k(2, 0), k(0, 1), 1e-12);
}

TEST(Cycles, OfAGivenWorldAreAsTheyAreGiven) {
  const World world = test::world({{"family", "given"},
                                   {"actions", std::vector<double>{3}},
                                   {"reward", std::vector<double>{0, 0, 0}},
                                   {"cycle", std::vector<double>{1, 0, -0.5, 0.5, -0.5, -0.5}}});
  ASSERT_NE(world.cycle, nullptr);
  EXPECT_EQ(turn(world.cycle->point(std::array{EdgeId{0}}), world.cycle->point(std::array{EdgeId{1}})), 0.5);
  EXPECT_EQ(turn(world.cycle->point(std::array{EdgeId{1}}), world.cycle->point(std::array{EdgeId{2}})), 0.5);
  EXPECT_EQ(turn(world.cycle->point(std::array{EdgeId{2}}), world.cycle->point(std::array{EdgeId{0}})), 0.5);
}

TEST(Cycles, ThatCannotBeAreRefused) {
  expect_refused(settings({{"family", "bandit"}, {"arms", integer(2)}, {"intransitivity", 1.0}}),
                 "intransitivity", "two make no cycle; valid: intransitivity = 0, or more tokens");
  expect_refused(settings({{"family", "walk"}, {"intransitivity", -1.0}}), "intransitivity", "0 to 100");
  expect_refused(settings({{"family", "walk"}, {"intransitive", 1.0}}), "intransitive", "'intransitivity'");
  const auto given = [](std::vector<double> cycle) {
    return settings({{"family", "given"},
                     {"actions", std::vector<double>{3}},
                     {"reward", std::vector<double>{0, 0, 0}},
                     {"cycle", std::move(cycle)}});
  };
  expect_refused(given({1, 0, 1}), "cycle", "has 3 numbers; it needs two in each row");
  expect_refused(given({1, 0, 1, 2}), "cycle", "has 2 rows; valid: one for each completion (3)");
  EXPECT_THROW(Cycle({1, 2}, {1}), std::invalid_argument);
  EXPECT_EQ(make_world(resolve_world(given({0, 0, 0, 0, 0, 0})), test::world_seed(), 1e9).cycle, nullptr)
      << "all at the origin: preferences are Bradley and Terry's";
}

}  // namespace
}  // namespace twostage
