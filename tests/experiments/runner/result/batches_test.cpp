// Batches cover every cell once; shards divide them; a configuration's difference is told key by key.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "experiments/runner/result/batch_file.hpp"
#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/result/result_table.hpp"
#include "experiments/runner/study/configuration_diff.hpp"
#include "results/file/store_error.hpp"
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

// A result in which every point of the small study has 5 replicates whose regrets are 1, 3, 1, 3, 1 at point
// 2, so that the relative error is sqrt(1.2 / 5) / 1.8 = 0.272, and 2 elsewhere.
Dataset first_stage(const Study& study) {
  ResultTable table(study, columns_of(study), 1e9);
  for (const Batch& batch : batches_of(study)) {
    BatchResult result = empty_batch(study, columns_of(study), batch);
    std::ranges::fill(result.status, std::uint8_t{0});
    for (std::int64_t i = 0; i < batch.count; ++i)
      for (std::size_t k = 0; k < 2; ++k)
        for (std::size_t column = 0; column < columns_of(study).arm.size(); ++column)
          result
              .arm_values[(column * static_cast<std::size_t>(batch.count) + static_cast<std::size_t>(i)) * 2 +
                          k] = batch.point != 2             ? 2
                               : (batch.first + i) % 2 == 0 ? 1
                                                            : 3;
    table.add(result);
  }
  return table.take();
}

Study precise_study(const std::string& relative, const std::string& cap = "100") {
  return small_study(
      {{"precision.of", "[\"regret['dpo']\"]"}, {"precision.relative", relative}, {"precision.cap", cap}});
}

TEST(Batches, APrecisionAddsWholeBatchesWhereTheFirstStageAsksForThem) {
  // 5 * (0.272 / 0.15)^2 = 16.5: six batches of two beyond the first five.
  const Study study = precise_study("0.15");
  const auto due = replicates_due(study, first_stage(study));
  EXPECT_EQ(due, (std::vector<std::int64_t>{5, 5, 17, 5}));
  const auto further = further_batches(study, due);
  ASSERT_EQ(further.size(), 6u);
  std::set<std::int64_t> ids;
  for (const Batch& batch : batches_of(study)) ids.insert(batch_id(study, batch));
  for (std::size_t i = 0; i < further.size(); ++i) {
    EXPECT_EQ(further[i].point, 2u);
    EXPECT_EQ(further[i].first, 5 + 2 * static_cast<std::int64_t>(i));
    EXPECT_EQ(further[i].count, 2);
    EXPECT_TRUE(ids.insert(batch_id(study, further[i])).second) << "a number twice";
  }
  // The cap need be no whole batch.
  const Study capped = precise_study("0.15", "8");
  const auto few = further_batches(capped, replicates_due(capped, first_stage(capped)));
  ASSERT_EQ(few.size(), 2u);
  EXPECT_EQ(few[1].count, 1);
  EXPECT_TRUE(further_batches(study, {5, 5, 5, 5}).empty());
}

TEST(Batches, APointThatIsElsewhereIsNotJudged) {
  const Study study = precise_study("0.15");
  Dataset data = first_stage(study);
  auto& status = std::get<std::vector<std::uint8_t>>(data.variables[0].data);
  status[(2 * 5 + 3) * 2] = static_cast<std::uint8_t>(ArmStatus::not_run);
  EXPECT_EQ(replicates_due(study, data), (std::vector<std::int64_t>{5, 5, 5, 5}));
  EXPECT_EQ(count_missing(study, data, "r.h5"), 1u);
}

TEST(Batches, WithAPrecisionShardsAreWholePoints) {
  const Study study = precise_study("0.15");
  auto all = batches_of(study);
  std::ranges::copy(further_batches(study, {9, 5, 17, 6}), std::back_inserter(all));
  std::set<std::pair<std::size_t, std::int64_t>> together;
  for (int k = 1; k <= 3; ++k)
    for (const auto& [point, replicate] : cells(shard_of(all, study, k, 3))) {
      EXPECT_EQ(point % 3, static_cast<std::size_t>(k - 1));
      EXPECT_TRUE(together.insert({point, replicate}).second);
    }
  EXPECT_EQ(together, cells(all));
}

TEST(Batches, WhatIsDueAndWhatIsNotIsCounted) {
  const Study study = precise_study("0.15");
  Dataset data = first_stage(study);
  EXPECT_EQ(count_missing(study, data, "r.h5"), 12u * 2);
  widen(data, 17);
  EXPECT_EQ(count_missing(study, data, "r.h5"), 12u * 2);
  auto& status = std::get<std::vector<std::uint8_t>>(data.variables[0].data);
  for (std::size_t i = (2 * 17 + 5) * 2; i < 3 * 17 * 2; ++i) status[i] = 0;
  EXPECT_EQ(count_missing(study, data, "r.h5"), 0u);
  status[(1 * 17 + 6) * 2] = 0;
  EXPECT_THROW(count_missing(study, data, "r.h5"), StoreError);
}

TEST(ResultTable, WidensWithRoomThatIsNotRun) {
  const Study study = small_study();
  Dataset data = first_stage(study);
  const Dataset before = data;
  widen(data, 7);
  EXPECT_EQ(data.dimension("replicate").size(), 7u);
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(data.dimension("replicate").coordinate)[6], 6);
  const auto& old = std::get<std::vector<double>>(before.variable("regret").data);
  const auto& now = std::get<std::vector<double>>(data.variable("regret").data);
  const auto& status = std::get<std::vector<std::uint8_t>>(data.variable("status").data);
  ASSERT_EQ(now.size(), 4u * 7 * 2);
  for (std::size_t point = 0; point < 4; ++point)
    for (std::size_t r = 0; r < 7; ++r)
      for (std::size_t arm = 0; arm < 2; ++arm) {
        const std::size_t i = (point * 7 + r) * 2 + arm;
        EXPECT_EQ(status[i], r < 5 ? 0 : 255);
        if (r < 5)
          EXPECT_EQ(now[i], old[(point * 5 + r) * 2 + arm]);
        else
          EXPECT_TRUE(std::isnan(now[i]));
      }
  EXPECT_EQ(std::get<std::vector<double>>(data.variable("policy_gap").data).size(), 4u * 7 * 2 * 2);
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
