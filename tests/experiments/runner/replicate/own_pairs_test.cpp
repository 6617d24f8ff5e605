// Arms whose pairs are drawn by a sampler of their own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <map>

#include "experiments/runner/commands/predict/outlooks.hpp"
#include "experiments/runner/replicate/check_points.hpp"
#include "experiments/runner/replicate/footprint.hpp"
#include "experiments/runner/replicate/shared_work.hpp"
#include "experiments/runner/replicate/strand.hpp"
#include "experiments/runner/replicate/whole_replicate.hpp"
#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/result/result_table.hpp"
#include "tests/support/result_tables.hpp"
#include "tests/support/studies.hpp"

namespace twostage {
namespace {

using test::kRoom;
using test::table_of;

const char* const kTabular = "policy = { class = \"tabular\" }";
const char* const kNarrow = "{ kind = \"tempered\", tilt = 2.0 }";

// dpo learns from narrow pairs, the reward from those of the reference.
Study apart(const std::vector<Argument>& arguments = {}, const std::string& own = kNarrow) {
  const std::string text = test::edited(kTabular, std::string(kTabular) + "\nsampler = " + own);
  return parse_study("small", text, "small.toml", "smoke", arguments);
}

// Both learn from the same ones.
Study alike(const std::string& sampler, const std::vector<Argument>& arguments = {}) {
  const std::string text = test::edited("batch = 2", "batch = 2\nsampler = " + sampler);
  return parse_study("small", text, "small.toml", "smoke", arguments);
}

using Bits = std::map<std::string, std::vector<std::uint64_t>>;

// Of one arm of two, all numbers of its own; `arm` < 0: of all, those between arms included.
Bits bits(const Dataset& table, int arm) {
  Bits out;
  for (const Variable& variable : table.variables) {
    const auto* numbers = std::get_if<std::vector<double>>(&variable.data);
    if (!numbers) continue;
    if (arm >= 0 && variable.dimensions.back() != "arm") continue;
    for (std::size_t i = 0; i < numbers->size(); ++i)
      if (arm < 0 || i % 2 == static_cast<std::size_t>(arm))
        out[variable.name].push_back(std::bit_cast<std::uint64_t>((*numbers)[i]));
  }
  return out;
}

// The promise of the addresses: fits, metrics of pairs and predictions, to the bit.
TEST(OwnPairs, AreThoseOfAStudyWithThatSampler) {
  const std::vector<Argument> more = {{"measures", "adjusted_regret"}};
  const Dataset mixed = table_of(apart(more), true);
  const Dataset wide = table_of(test::small_study(more), true), narrow = table_of(alike(kNarrow, more), true);
  EXPECT_EQ(bits(mixed, 0), bits(wide, 0));
  EXPECT_EQ(bits(mixed, 1), bits(narrow, 1));
  EXPECT_NE(bits(mixed, 1), bits(wide, 1));
  for (const char* name : {"regret", "rm_log_likelihood", "predicted_regret", "kappa", "adjusted_regret"}) {
    EXPECT_EQ(bits(mixed, 1).at(name), bits(narrow, 1).at(name)) << name;
    EXPECT_NE(bits(mixed, 1).at(name), bits(wide, 1).at(name)) << name;
  }
}

TEST(OwnPairs, OneSamplerStatedTwiceIsOne) {
  EXPECT_EQ(bits(table_of(apart({}, "{ kind = \"reference\" }"), true), -1),
            bits(table_of(test::small_study(), true), -1));
}

TEST(OwnPairs, ResultsDependOnNothingElse) {
  const Study study = apart();
  const Bits alone = bits(table_of(study, false), -1);
  EXPECT_EQ(bits(table_of(study, true), -1), alone);
  SharedWork shared(study, batches_of(study), kRoom);
  EXPECT_EQ(bits(table_of(study, true, &shared), -1), alone);
  // Along an axis of the study's sampler, too, where an arm with its own is fitted once.
  const std::vector<Argument> axis = {{"sampler.kind", "reference,uniform,optimal"}};
  const Study three = apart(axis);
  SharedWork once(three, batches_of(three), kRoom);
  EXPECT_EQ(bits(table_of(three, true, &once), -1), bits(table_of(three, false), -1));
  EXPECT_EQ(once.made(), once.due());
  SharedWork twice(alike("{ kind = \"reference\" }", axis), batches_of(three), kRoom);
  EXPECT_LT(once.due(), twice.due());
}

// Their law by going through all pairs of completions, with labels: each count within five standard
// deviations (2 * 64 counts, less than 1e-4 together).
TEST(OwnPairs, HaveTheLawOfTheirSampler) {
  constexpr int pairs = 40'000;
  const WholeReplicate replicate =
      run_whole_replicate(apart({{"pairs", std::to_string(pairs)}, {"degree", "1"}}), 0, 2, kRoom);
  ASSERT_EQ(replicate.own_data.size(), 1u);
  const World& world = replicate.world();
  std::map<std::vector<EdgeId>, double> law;
  double total = 0;
  std::vector<std::vector<EdgeId>> paths = {{}};
  for (int h = 0; h < world.graph.horizon(); ++h) {
    std::vector<std::vector<EdgeId>> longer;
    for (const auto& path : paths)
      for (int a = 0; a < 2; ++a) {
        longer.push_back(path);
        longer.back().push_back(world.graph.edge(path.empty() ? 0 : world.graph.successor(path.back()), a));
      }
    paths = std::move(longer);
  }
  const auto reward = [&](std::span<const EdgeId> path) { return path_sum(world.reward, path); };
  for (const auto& path : paths)
    total += law[path] = std::exp(path_sum(world.log_reference, path) + 2 * reward(path) / world.beta);
  const auto counts_of = [&](const PreferenceData& data) {
    std::map<std::pair<std::vector<EdgeId>, std::vector<EdgeId>>, double> out;
    for (std::size_t i = 0; i < data.size(); ++i) {
      const auto chosen = data.chosen_path(i), rejected = data.rejected_path(i);
      ++out[{{chosen.begin(), chosen.end()}, {rejected.begin(), rejected.end()}}];
    }
    return out;
  };
  auto counts = counts_of(replicate.own_data.at("dpo"));
  auto of_others = counts_of(replicate.data);
  double farthest_of_others = 0;
  for (const auto& y : paths)
    for (const auto& z : paths) {
      // Either of the two may have been drawn first.
      const double p = 2 * law[y] / total * law[z] / total / (1 + std::exp(reward(z) - reward(y)));
      const double sd = std::sqrt(pairs * p * (1 - p));
      EXPECT_NEAR((counts[{y, z}]), pairs * p, 5 * sd + 1);
      farthest_of_others = std::fmax(farthest_of_others, std::fabs(of_others[{y, z}] - pairs * p) / sd);
    }
  EXPECT_GT(farthest_of_others, 20);
}

TEST(OwnPairs, OfFewerAreTheBeginningOfMore) {
  const auto data = [](const char* pairs) {
    return run_whole_replicate(apart({{"pairs", pairs}, {"degree", "1"}}), 0, 2, kRoom).own_data.at("dpo");
  };
  EXPECT_EQ(data("40").prefix(20).chosen, data("20").chosen);
  EXPECT_EQ(data("40").prefix(20).rejected, data("20").rejected);
}

TEST(OwnPairs, HaveKeysOfTheirOwn) {
  const Study moved = apart({{"sampler.kind", "optimal"}, {"arms.dpo.sampler.tilt", "1,3"}});
  EXPECT_EQ(moved.points(), 2 * test::small_study().points());
  for (std::size_t point = 0; point < moved.points(); ++point) {
    const Recipe recipe = recipe_at(moved, point);
    EXPECT_EQ(recipe.sampler.text("kind"), "optimal");
    EXPECT_EQ(sampler_of(recipe, recipe.arms[0]), recipe.sampler);
    EXPECT_EQ(sampler_of(recipe, recipe.arms[1]).text("kind"), "tempered");
    EXPECT_NE(sampler_of(recipe, recipe.arms[1]).real("tilt"), 2);
  }
  // What all others are drawn from leaves it alone.
  const Study wide = apart({{"sampler.kind", "tempered"}, {"sampler.tilt", "0.25"}});
  const Recipe recipe = recipe_at(wide, 0);
  EXPECT_EQ(recipe.sampler.real("tilt"), 0.25);
  EXPECT_EQ(recipe.arms[1].sampler.real("tilt"), 2);
  const std::string text = configuration_text(apart());
  EXPECT_THAT(text, testing::HasSubstr("sampler = { kind = \"tempered\", tilt = 2.0 }"));
  EXPECT_EQ(configuration_text(parse_study("small", text, "copy", "", {})), text);
}

TEST(OwnPairs, TakeMemoryOfTheirOwn) {
  EXPECT_EQ(data_bytes(recipe_at(apart(), 0)), 2 * data_bytes(recipe_at(test::small_study(), 0)));
}

TEST(OwnPairs, TheoryForeseesThem) {
  const std::vector<Argument> one = {{"degree", "1"}, {"pairs", "40"}};
  const Outlooks mixed(apart(one), 0, 2), wide(test::small_study(one), 0, 2),
      narrow(alike(kNarrow, one), 0, 2);
  const auto pairs = [](const Outlooks& outlooks, std::size_t arm) {
    return outlooks.pairs_needed(arm, 0.01).pairs;
  };
  EXPECT_EQ(pairs(mixed, 0), pairs(wide, 0));
  EXPECT_EQ(pairs(mixed, 1), pairs(narrow, 1));
  EXPECT_NE(pairs(mixed, 1), pairs(wide, 1));
  EXPECT_TRUE(mixed.one_sampler());
  EXPECT_FALSE(Outlooks(apart(one, "{ kind = \"policy-guided\" }"), 0, 1).one_sampler());
}

TEST(OwnPairs, RefusalsNameTheNearestChoice) {
  const auto refusal = [](const auto& make) -> std::string {
    try {
      const Study study = make();
      recipe_at(study, 0);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(refusal([] { return apart({}, "{ kind = \"temperd\" }"); }),
              testing::HasSubstr("did you mean 'tempered'"));
  EXPECT_THAT(refusal([] { return apart({}, "{ kind = \"tempered\", tilt = 9.0 }"); }),
              testing::HasSubstr("tilt"));
  EXPECT_THAT(refusal([] { return apart({}, "{ kind = \"given\", comparisons = [0, 1, 3, 2] }"); }),
              testing::AllOf(testing::HasSubstr("the pairs of one arm cannot be given"),
                             testing::HasSubstr("'reference'")));
  const std::string given =
      test::edited("batch = 2", "batch = 2\nsampler = { kind = \"given\", comparisons = [0, 1, 3, 2] }");
  const std::string both = std::string(given).replace(given.find(kTabular), std::string(kTabular).size(),
                                                      std::string(kTabular) + "\nsampler = " + kNarrow);
  EXPECT_THAT(refusal([&] { return parse_study("small", both, "small.toml", "smoke", {}); }),
              testing::HasSubstr("the pairs of this study are given, for all arms"));
}

}  // namespace
}  // namespace twostage
