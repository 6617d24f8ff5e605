// Batches cover every cell once; shards divide them; a configuration's difference is told key by key.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "experiments/runner/batch_file.hpp"
#include "experiments/runner/configuration_diff.hpp"
#include "experiments/runner/result_table.hpp"
#include "tests/support/studies.hpp"

namespace twostage {
namespace {

using test::small_study;

std::set<std::pair<std::size_t, std::int64_t>> cells(const std::vector<Batch>& batches) {
  std::set<std::pair<std::size_t, std::int64_t>> out;
  for (const Batch& batch : batches)
    for (std::int64_t i = 0; i < batch.count; ++i)
      EXPECT_TRUE(out.insert({batch.point, batch.first + i}).second) << "a cell twice";
  return out;
}

TEST(Batches, CoverEveryCellOnceWithDistinctNumbers) {
  const Study study = small_study();  // 4 points x 5 replicates in batches of 2
  const auto all = batches_of(study);
  EXPECT_EQ(all.size(), 12u);
  EXPECT_EQ(cells(all).size(), 20u);
  std::set<std::int64_t> ids;
  for (const Batch& batch : all) ids.insert(batch_id(study, batch));
  EXPECT_EQ(ids.size(), all.size());
}

TEST(Batches, ShardsAreAPartitionAndEachHasItsPartOfEveryPoint) {
  const Study study = small_study({{"replicates", "12"}});
  const auto all = batches_of(study);
  for (const int n : {1, 2, 3, 4}) {
    std::set<std::pair<std::size_t, std::int64_t>> together;
    for (int k = 1; k <= n; ++k) {
      const auto mine = cells(shard_of(all, study, k, n));
      std::set<std::size_t> points;
      for (const auto& [point, replicate] : mine) points.insert(point);
      EXPECT_EQ(points.size(), study.points()) << k << "/" << n;
      for (const auto& cell : mine) EXPECT_TRUE(together.insert(cell).second);
    }
    EXPECT_EQ(together, cells(all));
  }
}

TEST(ConfigurationDiff, NamesTheKeysThatDiffer) {
  const std::string a = configuration_text(small_study());
  EXPECT_EQ(configuration_difference(a, a), "");
  const std::string b = configuration_text(small_study({{"pairs", "30"}, {"beta", "2"}}));
  const std::string difference = configuration_difference(a, b);
  EXPECT_THAT(difference, testing::HasSubstr("axes.pairs is [20, 40] there and [30] here"));
  EXPECT_THAT(difference, testing::HasSubstr("world.beta is 1 there and 2 here"));
}

TEST(Comments, StaySortedWithoutRepeats) {
  Variable variable{"x", {}, std::vector<double>{}, {}};
  add_comment(variable, "b");
  add_comment(variable, "a\nb");
  EXPECT_EQ(std::get<std::string>(variable.attributes["comment"]), "a\nb");
}

}  // namespace
}  // namespace twostage
