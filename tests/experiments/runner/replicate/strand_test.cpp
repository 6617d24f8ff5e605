// Cells are pure functions of (study, point, replicate): how they are batched, and what ran before, changes
// no bit. What goes wrong in one arm is marked there and nowhere else, and survives the trip to disk.
#include "experiments/runner/replicate/strand.hpp"
#include "experiments/runner/replicate/point.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "experiments/runner/replicate/arm_record.hpp"
#include "experiments/runner/replicate/forecaster.hpp"
#include "experiments/runner/result/batch_file.hpp"
#include "experiments/runner/result/result_table.hpp"
#include "results/file/store_error.hpp"
#include "tests/support/process.hpp"
#include "tests/support/studies.hpp"

namespace twostage {
namespace {

using test::small_study;

constexpr double kRoom = 1e9;  // bytes

std::vector<std::uint64_t> bits(const std::vector<double>& values) {
  std::vector<std::uint64_t> out;
  for (const double value : values) out.push_back(std::bit_cast<std::uint64_t>(value));
  return out;
}

PreferenceData data_of(const Point& point, std::uint64_t replicate) {
  const Setting setting(point, replicate);
  GrowingData growing(setting, setting.pairs, replicate);
  growing.grow_to(point);
  return growing.data();
}

// The table of a study whose batches are run as given.
std::vector<std::uint64_t> regrets(const Study& study, const std::vector<Batch>& batches) {
  const Columns columns = columns_of(study);
  ResultTable table(study, columns, kRoom);
  for (const Batch& batch : batches) table.add(*run_batch(study, columns, batch, kRoom));
  return bits(std::get<std::vector<double>>(table.take().variable("regret").data));
}

TEST(Strand, DoesNotDependOnItsBatch) {
  for (const char* instance : {"replicate", "fixed"}) {
    const Study study = small_study({{"instance", instance}, {"degree", "1"}, {"pairs", "20"}});
    const auto together = regrets(study, {{0, 0, 5}});
    EXPECT_EQ(together, regrets(study, {{0, 3, 2}, {0, 0, 1}, {0, 1, 2}})) << instance;
  }
}

// A strand draws its data once and reads prefixes: bit for bit what each of its batches is alone, in any
// order and cut anywhere, also where some of its fits are there already.
TEST(Strand, AStrandIsItsBatches) {
  const Study study =
      small_study({{"degree", "1,3"}, {"pairs", "40,10,160,20"}, {"penalty.kind", "reference-kl"}});
  const Columns columns = columns_of(study);
  std::vector<Batch> all;
  for (std::size_t point = 0; point < study.points(); ++point) all.push_back({point, 1, 3});
  const auto table_of = [&](const std::vector<Strand>& strands) {
    ResultTable table(study, columns, kRoom);
    for (const Strand& strand : strands) {
      const auto results = run_strand(study, columns, strand, kRoom);
      EXPECT_EQ(results->size(), strand.size());
      for (const BatchResult& result : *results) table.add(result);
    }
    return bits(std::get<std::vector<double>>(table.take().variable("regret").data));
  };
  std::vector<Strand> alone;
  for (const Batch& batch : all) alone.push_back({batch});
  const auto expected = table_of(alone);
  const std::vector<Strand> whole = strands_of(study, all, 1);
  ASSERT_EQ(whole.size(), 2u) << "one for each degree";
  EXPECT_EQ(whole[0].size(), 4u);
  EXPECT_EQ(table_of(whole), expected);
  const std::vector<Strand> halves = strands_of(study, all, 4);
  ASSERT_EQ(halves.size(), 4u) << "so that four threads have one each";
  EXPECT_EQ(table_of(halves), expected);
}

TEST(Strand, StrandsHoldEveryBatchOnceAndNothingButPairsDiffers) {
  const Study study = small_study({{"degree", "1,2,3"}, {"pairs", "20,40"}});
  const std::vector<Batch> all = {{0, 0, 2}, {1, 0, 2}, {2, 0, 2}, {3, 0, 2},
                                  {4, 2, 2}, {5, 4, 1}, {4, 4, 1}};
  const std::vector<Strand> strands = strands_of(study, all, 1);
  ASSERT_EQ(strands.size(), 4u);  // degrees 1 and 2; the second two replicates of degree 3; its last one
  std::size_t batches = 0;
  for (const Strand& strand : strands)
    for (const Batch& batch : strand) {
      ++batches;
      EXPECT_EQ(batch.first, strand.front().first);
      EXPECT_EQ(batch.count, strand.front().count);
      EXPECT_EQ(batch.point / 2, strand.front().point / 2);
    }
  EXPECT_EQ(batches, all.size());
}

TEST(Strand, AFixedWorldIsSharedAndAReplicatesOwnIsNot) {
  const Study fixed = small_study({{"instance", "fixed"}});
  const Study own = small_study({{"instance", "replicate"}});
  EXPECT_EQ(Point(fixed, 0, kRoom).make(0).reward, Point(fixed, 0, kRoom).make(1).reward);
  EXPECT_NE(Point(own, 0, kRoom).make(0).reward, Point(own, 0, kRoom).make(1).reward);
}

TEST(Strand, ArmsAndSizesShareTheirData) {
  const Study study = small_study({{"degree", "1"}});
  const Point few(study, 0, kRoom);   // pairs = 20
  const Point many(study, 1, kRoom);  // pairs = 40
  const World world = few.make(2);
  EXPECT_EQ(data_of(few, 2).chosen, data_of(many, 2).prefix(20).chosen);
  EXPECT_EQ(world.reward, many.make(2).reward);
}

// The sampler changes what is drawn, and a tilt of zero is the reference to the bit.
TEST(Strand, DrawsItsPairsFromTheStudysSampler) {
  const auto chosen = [](const std::vector<Argument>& sampler) {
    std::vector<Argument> arguments = {{"degree", "1"}, {"pairs", "200"}};
    arguments.insert(arguments.end(), sampler.begin(), sampler.end());
    const Study study = small_study(arguments);
    const Point point(study, 0, kRoom);
    return data_of(point, 2).chosen;
  };
  const auto reference = chosen({});
  EXPECT_EQ(reference, chosen({{"sampler.kind", "tempered"}, {"sampler.tilt", "0"}}));
  EXPECT_NE(reference, chosen({{"sampler.kind", "optimal"}}));
  EXPECT_EQ(chosen({{"sampler.kind", "optimal"}}),
            chosen({{"sampler.kind", "tempered"}, {"sampler.tilt", "1"}}));
  const Study study = small_study({{"sampler.kind", "reference,optimal"}, {"degree", "1"}, {"pairs", "200"}});
  EXPECT_NE(regrets(study, {{0, 0, 2}}), regrets(study, {{1, 0, 2}}));
}

TEST(Strand, AnErrorInOneArmIsItsStatusAndMessage) {
  const Study study = small_study();
  const Point point(study, 0, kRoom);
  const World world = point.make(0);
  const PreferenceData data = data_of(point, 0);
  const RandomSource source = point.source();
  ArmSpec broken = point.recipe().arms[0];
  broken.reward.set("degree", std::int64_t{99});
  const ArmOutcome outcome = run_outcome(broken, {world, data, source, 0});
  EXPECT_EQ(outcome.status, ArmStatus::failed);
  EXPECT_THAT(outcome.error, testing::HasSubstr("degree"));
  EXPECT_EQ(run_outcome(point.recipe().arms[0], {world, data, source, 0}).status, ArmStatus::ok);
}

// Without a penalty one pair has no maximum-likelihood estimate: its likelihood rises for ever.
TEST(Strand, AnEstimateThatDoesNotExistIsNotConverged) {
  const Study study = small_study({{"penalty.kind", "none"}, {"pairs", "1"}, {"degree", "1"}, {"seed", "3"}});
  const Columns columns = columns_of(study);
  const BatchResult result = *run_batch(study, columns, {0, 0, 5}, kRoom);
  EXPECT_TRUE(result.errors.empty());
  EXPECT_GT(std::ranges::count(result.status, static_cast<std::uint8_t>(ArmStatus::not_converged)), 0);
}

// In a cold world the optimum takes one completion almost surely, the covariance of the regret is zero but
// for rounding, and its eigenvalues are of either sign: weights of a law of the regret that there is not. The
// prediction may be missing; what is measured is not.
TEST(Strand, APredictionThatFailsCostsNoMeasurement) {
  const Study study = parse_study("cold", R"(title = "Cold"
question = "Does a prediction that fails cost a measurement?"
source = "tests"
world = { family = "two-token", instance = "fixed", beta = 0.003, actions = 6, scale = 0.2 }
penalty = { kind = "none" }
pairs = 1000
[[arms]]
name = "dpo"
algorithm = "dpo"
policy = { class = "first-token" }
[axes]
number = [0, 1, 2, 3]
[replicates]
smoke = 3
)",
                                  "cold.toml", "smoke", {});
  const Columns columns = columns_of(study);
  const auto regime =
      std::ranges::find(columns.arm, "regime", [](const auto* column) { return column->name; });
  ASSERT_NE(regime, columns.arm.end());
  for (std::size_t point = 0; point < study.points(); ++point) {
    const BatchResult result = *run_batch(study, columns, {point, 0, 3}, kRoom);
    EXPECT_TRUE(result.errors.empty()) << result.errors[0].message;
    const auto column = static_cast<std::size_t>(regime - columns.arm.begin());
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NE(result.status[i], static_cast<std::uint8_t>(ArmStatus::failed));
      EXPECT_GT(result.arm_values[column * 3 + i], 0) << "within";
    }
  }
}

TEST(Forecaster, AnArmThatCannotBeMadeHasNoPredictionButAReason) {
  const Study study = small_study();
  const Point point(study, 0, kRoom);
  const World world = point.make(0);
  std::vector<ArmSpec> arms = point.recipe().arms;
  arms[0].reward.set("class", std::string("no-such-class"));
  const PairPolicies pairs{world.log_reference, world.log_reference};
  Forecaster forecaster(arms, world, pairs);
  const Prediction prediction = forecaster.predictor(0).at(1000, kEffortForMany);
  EXPECT_EQ(prediction.regime, Regime::no_theory);
  EXPECT_TRUE(std::isnan(prediction.regret));
  EXPECT_THAT(prediction.reason, testing::HasSubstr("no-such-class"));
  EXPECT_FALSE(forecaster.sampler(0, world.log_reference));
  EXPECT_TRUE(std::isfinite(forecaster.predictor(1).at(1000).regret));
}

TEST(Strand, ABatchIsBrokenOffBetweenReplicates) {
  const Study study = small_study();
  const Columns columns = columns_of(study);
  int asked = 0;
  const auto stop = [&] { return ++asked == 3; };
  EXPECT_FALSE(run_batch(study, columns, {0, 0, 5}, kRoom, nullptr, stop));
  EXPECT_EQ(asked, 3);
  EXPECT_TRUE(run_batch(study, columns, {0, 0, 2}, kRoom, nullptr, [] { return false; }));
}

TEST(ResultTable, CellsThatNeverRanSaySo) {
  const Study study = small_study();
  const Columns columns = columns_of(study);
  ResultTable table(study, columns, kRoom);
  table.add(*run_batch(study, columns, {1, 2, 2}, kRoom));
  const Dataset data = table.take();
  const auto& status = std::get<std::vector<std::uint8_t>>(data.variable("status").data);
  const auto& regret = std::get<std::vector<double>>(data.variable("regret").data);
  for (std::size_t i = 0; i < status.size(); ++i) {
    const bool ran = i / 2 == 1 * 5 + 2 || i / 2 == 1 * 5 + 3;  // cells of two arms
    EXPECT_EQ(status[i], ran ? 0 : 255) << i;
    EXPECT_EQ(std::isnan(regret[i]), !ran) << i;
  }
}

TEST(ResultTable, RefusesWhatDoesNotFitInMemory) {
  const Study study = small_study({{"replicates", "500000"}});
  EXPECT_THROW(ResultTable(study, columns_of(study), 1e6), InputError);
}

// What is kept is what it would be among all the others, in batch files too.
TEST(Strand, KeepsWhatItsStudyAsksFor) {
  const Study all = small_study();
  Study few = all;
  few.keep = {"kappa", "parameter_count"};
  const Columns columns = columns_of(few);
  ASSERT_EQ(columns.arm.size(), 3u);
  EXPECT_TRUE(columns.pair.empty());
  const BatchResult result = *run_batch(few, columns, {0, 0, 2}, kRoom);
  const test::ScratchFolder folder;
  const std::string hash = batch_hash(few, columns);
  EXPECT_NE(hash, batch_hash(all, columns_of(all)));
  save_batch(folder.path(), few, hash, result);
  ResultTable kept(few, columns, kRoom), whole(all, columns_of(all), kRoom);
  kept.add(*load_batch(folder.path(), few, columns, hash, result.batch));
  whole.add(*run_batch(all, columns_of(all), {0, 0, 2}, kRoom));
  const Dataset here = kept.take(), there = whole.take();
  EXPECT_FALSE(here.has_variable("policy_gap"));
  for (const char* name : {"regret", "kappa", "parameter_count"})
    EXPECT_EQ(bits(std::get<std::vector<double>>(here.variable(name).data)),
              bits(std::get<std::vector<double>>(there.variable(name).data)))
        << name;
}

class BatchFile : public testing::Test {
 protected:
  test::ScratchFolder folder;
  Study study = small_study();
  Columns columns = columns_of(study);
  std::string hash = batch_hash(study, columns);
  BatchResult result = *run_batch(study, columns, {2, 2, 2}, kRoom);
};

TEST_F(BatchFile, ReadsBackEveryNumberAndMessage) {
  result.errors = {{2, 3, "dpo", "went wrong"}};
  result.inexact[1] = "no exact form";
  result.status[3] = static_cast<std::uint8_t>(ArmStatus::failed);
  save_batch(folder.path(), study, hash, result);
  const auto back = load_batch(folder.path(), study, columns, hash, result.batch);
  ASSERT_TRUE(back);
  EXPECT_EQ(bits(back->arm_values), bits(result.arm_values));
  EXPECT_EQ(bits(back->pair_values), bits(result.pair_values));
  EXPECT_EQ(back->status, result.status);
  EXPECT_EQ(back->inexact, result.inexact);
  ASSERT_EQ(back->errors.size(), 1u);
  EXPECT_EQ(back->errors[0].replicate, 3);
  EXPECT_EQ(back->errors[0].arm, "dpo");
  EXPECT_EQ(back->errors[0].message, "went wrong");
  ResultTable table(study, columns, kRoom);
  table.add(*back);
  EXPECT_EQ(table.failed(), 1u);
}

TEST_F(BatchFile, IsRefusedForAnotherConfigurationAndIgnoredForOtherReplicates) {
  save_batch(folder.path(), study, hash, result);
  EXPECT_THROW(load_batch(folder.path(), study, columns, "another", result.batch), StoreError);
  Batch later = result.batch;
  later.first = 0;
  std::filesystem::rename(folder / fmt::format("batch-{}.h5", batch_id(study, result.batch)),
                          folder / fmt::format("batch-{}.h5", batch_id(study, later)));
  EXPECT_FALSE(load_batch(folder.path(), study, columns, hash, later)) << "of other replicates";
  save_batch(folder.path(), study, hash, result);
  Batch shorter = result.batch;
  shorter.count = 1;
  EXPECT_FALSE(load_batch(folder.path(), study, columns, hash, shorter));
}

// One of many minima is not the estimate, and a fit without a minimum has not converged: claims use neither.
// Two arms, one comparison each way: at horizon 3 logits of degree 2 are six, of which one pair sees one.
TEST(Strand, OneOfManyMinimaHasAStatusOfItsOwn) {
  const Study study = small_study({{"penalty.kind", "none"},
                                   {"arms.dpo.policy.class", "degree"},
                                   {"arms.dpo.policy.degree", "2"},
                                   {"degree", "2"}});
  const Point point(study, 0, kRoom);
  const World world = point.make(0);
  PreferenceData one = data_of(point, 0).prefix(1);
  for (std::size_t i = 1; std::ranges::equal(one.chosen, one.rejected); ++i)
    one = data_of(point, i).prefix(1);
  PreferenceData both = one;
  both.chosen.insert(both.chosen.end(), one.rejected.begin(), one.rejected.end());
  both.rejected.insert(both.rejected.end(), one.chosen.begin(), one.chosen.end());
  const RandomSource source = point.source();
  const ArmSpec& dpo = point.recipe().arms[1];
  EXPECT_EQ(run_outcome(dpo, {world, both, source, 0}).status, ArmStatus::not_unique);
  EXPECT_EQ(run_outcome(dpo, {world, one, source, 0}).status, ArmStatus::not_converged);
  // Of the rewards one member is singled out, which is the estimate.
  EXPECT_EQ(run_outcome(point.recipe().arms[0], {world, both, source, 0}).status, ArmStatus::ok);
}

}  // namespace
}  // namespace twostage
