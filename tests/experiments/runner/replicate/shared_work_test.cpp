// Sharing fits between points saves work and changes no bit.
#include "experiments/runner/replicate/shared_work.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <bit>

#include "experiments/runner/result/batches.hpp"
#include "experiments/runner/result/result_table.hpp"
#include "experiments/runner/run/scheduler.hpp"
#include "tests/support/studies.hpp"

namespace twostage {
namespace {

constexpr double kRoom = 1e9;  // bytes

// Three reward classes across three policy classes, in one world.
Study crossed(std::vector<Argument> more = {}) {
  std::vector<Argument> arguments = {{"degree", "2"},
                                     {"pairs", "40"},
                                     {"instance", "fixed"},
                                     {"arms.rm+plan.reward.degree", "1,2,3"},
                                     {"arms.dpo.policy.class", "degree"},
                                     {"arms.dpo.policy.degree", "1,2,3"}};
  for (const Argument& argument : more)
    std::erase_if(arguments, [&](const Argument& a) { return a.key == argument.key; });
  arguments.insert(arguments.end(), more.begin(), more.end());
  return test::small_study(arguments);
}

std::vector<std::uint64_t> bits(const Dataset& data) {
  std::vector<std::uint64_t> out;
  for (const Variable& variable : data.variables)
    if (const auto* values = std::get_if<std::vector<double>>(&variable.data))
      for (const double value : *values) out.push_back(std::bit_cast<std::uint64_t>(value));
  return out;
}

Dataset table_of(const Study& study, SharedWork* shared, int threads = 1) {
  const Columns columns = columns_of(study);
  ResultTable table(study, columns, kRoom);
  run_strands(
      strands_of(study, batches_of(study), 8), {threads, {}, {}},
      [&](const Strand& strand) { return run_strand(study, columns, strand, kRoom, shared); },
      [&](const BatchResult& result) { table.add(result); });
  return table.take();
}

TEST(SharedWork, MakesEachFitOnceAndChangesNoBit) {
  const Study study = crossed();
  const auto apart = bits(table_of(study, nullptr));
  for (const int threads : {1, 3}) {
    SharedWork shared(study, batches_of(study), kRoom);
    EXPECT_EQ(shared.due(), 6u * 5u);  // of 9 points x 2 arms x 5 replicates
    EXPECT_EQ(bits(table_of(study, &shared, threads)), apart);
    EXPECT_EQ(shared.made(), shared.due());
    EXPECT_EQ(shared.predictions_due(), 6u);
    EXPECT_EQ(shared.predictions_made(), shared.predictions_due());
    EXPECT_EQ(shared.pairs_made(), 5u);  // one a replicate
  }
}

// Pairs that grow along a strand are left to it, and those of different worlds are different pairs.
TEST(SharedWork, SharesPairsOfOneSizeInOneWorld) {
  for (const Argument& axis : std::vector<Argument>{{"pairs", "40,80"}, {"reference_spread", "0.5,1"}}) {
    const Study study = crossed({{"reference", "random"}, axis});
    SharedWork shared(study, batches_of(study), kRoom);
    EXPECT_EQ(bits(table_of(study, &shared, 2)), bits(table_of(study, nullptr))) << axis.key;
    EXPECT_EQ(shared.pairs_made(), axis.key == "pairs" ? 0u : 2u * 5u) << axis.key;
  }
}

TEST(SharedWork, MakesAgainWhatThereIsNoRoomFor) {
  const Study study = crossed();
  SharedWork shared(study, batches_of(study), 0);
  EXPECT_EQ(bits(table_of(study, &shared)), bits(table_of(study, nullptr)));
  EXPECT_EQ(shared.made(), 9u * 2u * 5u);
  EXPECT_EQ(shared.pairs_made(), 1u);  // which shows that they do not fit
}

// What an arm's fit depends on tells points apart: world, pairs, sampler, penalty, and its own settings.
TEST(SharedWork, SharesNothingThatDiffers) {
  for (const Argument& axis : std::vector<Argument>{{"pairs", "40,80"},
                                                    {"reference_spread", "0.5,1"},
                                                    {"beta", "1,2"},
                                                    {"sampler.kind", "reference,uniform"},
                                                    {"penalty.lambda", "1,4"}}) {
    const Study study = crossed({{"reference", "random"}, axis});
    const SharedWork shared(study, batches_of(study), kRoom);
    EXPECT_EQ(shared.due(), 2u * 6u * 5u) << axis.key;
  }
}

// Of every replicate its own fit, in a fixed world too.
TEST(SharedWork, KeepsReplicatesApart) {
  const Study study = crossed();
  SharedWork shared(study, batches_of(study), kRoom);
  const Batch batch{0, 0, 2};
  std::atomic<int> made = 0;
  const auto make = [&] {
    ArmRecord record;
    record.values = {static_cast<double>(++made)};
    return record;
  };
  EXPECT_EQ(shared.record(batch, 0, 0, make)->values[0], 1);
  EXPECT_EQ(shared.record(batch, 0, 1, make)->values[0], 2);
  EXPECT_EQ(shared.record({1, 0, 2}, 0, 0, make)->values[0], 1);  // the same reward at the next point
}

}  // namespace
}  // namespace twostage
