// One test for all arms of a class and all numbers of pairs says what a test of each says.
#include "sim/algorithm/existence_record.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/arms.hpp"

namespace twostage {
namespace {

using test::integer;

int tests_made = 0;

KnownExistence counted(const ArmSpec& spec, const ArmInput& input) {
  ++tests_made;
  return algorithms().at("rm+plan").extra.existence(spec, input);
}

const Algorithm kCounted = {.uses_reward = true, .existence = counted};

World tokens() {
  return test::world({{"family", "tokens"}, {"horizon", integer(3)}, {"degree", integer(2)}});
}

ArmSpec arm(const std::string& algorithm, const Settings& fitted) {
  return algorithms().at(algorithm).extra.uses_reward
             ? test::reward_arm(algorithm, fitted, test::penalty("none"))
             : test::policy_arm(algorithm, fitted, test::penalty("none"));
}

// Every outcome occurs: few pairs separate, some leave a direction unseen, many determine the class.
TEST(ExistenceRecord, SaysWhatATestOfEachSays) {
  const World world = tokens();
  const RandomSource source(11, "tests");
  const std::vector<ArmSpec> arms = {
      arm("rm+plan", test::model_class("degree", 1)),     arm("rm+plan", test::model_class("dense")),
      arm("planned-dpo", test::model_class("degree", 1)), arm("dpo", test::model_class("tabular")),
      arm("ipo", test::model_class("tabular")),           arm("sft", test::model_class("tabular"))};
  std::set<Existence> met;
  for (std::uint64_t replicate = 0; replicate < 40; ++replicate) {
    const PreferenceData all = test::reference_pairs(world, 300, replicate);
    ExistenceRecord record;
    for (const std::size_t n : {1u, 3u, 8u, 20u, 60u, 150u, 300u}) {
      const PreferenceData data = all.prefix(n);
      const ArmInput input(world, data, source, replicate);
      for (const ArmSpec& spec : arms) {
        const Algorithm& algorithm = algorithms().at(spec.algorithm).extra;
        const KnownExistence each = algorithm.existence(spec, input);
        const KnownExistence of = record.of(algorithm, spec, input);
        EXPECT_EQ(of.outcome, each.outcome) << spec.algorithm << " " << n << " " << replicate;
        EXPECT_EQ(of.rank, each.rank) << spec.algorithm << " " << n << " " << replicate;
        EXPECT_EQ(ExistenceRecord().of(algorithm, spec, input).outcome, of.outcome);  // whatever came before
        met.insert(of.outcome);
      }
    }
  }
  EXPECT_EQ(met, (std::set{Existence::not_attained, Existence::flat, Existence::unique}));
}

TEST(ExistenceRecord, AsksOnceForAClassAndNeverAgainOnceItIsUnique) {
  const World world = tokens();
  const RandomSource source(11, "tests");
  const PreferenceData all = test::reference_pairs(world, 3000);
  const ArmSpec one = arm("rm+plan", test::model_class("degree", 1));
  ArmSpec other = one;
  other.name = "other";
  other.penalty = test::penalty("reference-kl");
  ExistenceRecord record;
  const auto ask = [&](const ArmSpec& spec, std::size_t pairs) {
    const PreferenceData data = all.prefix(pairs);
    const int before = tests_made;
    record.of(kCounted, spec, ArmInput(world, data, source, 0));
    return tests_made - before;
  };
  EXPECT_EQ(ask(one, 2), 1);  // two pairs never determine three parameters
  EXPECT_EQ(ask(other, 2), 0);
  EXPECT_LE(ask(one, 3000), 11);  // prefixes of 2, 4, ..., 2048 at most
  EXPECT_EQ(ask(other, 3000), 0);
  EXPECT_EQ(ask(one, 2999), 0);
}

// Given comparisons have no order and may count any number of times.
TEST(ExistenceRecord, GivenComparisonsAreTestedWhole) {
  const World world = tokens();
  const RandomSource source(11, "tests");
  PreferenceData data = test::reference_pairs(world, 300);
  data.weight.assign(data.size(), 0.5);
  const int before = tests_made;
  ExistenceRecord().of(kCounted, arm("rm+plan", test::model_class("degree", 1)),
                       ArmInput(world, data, source, 0));
  EXPECT_EQ(tests_made, before + 1);
}

}  // namespace
}  // namespace twostage
