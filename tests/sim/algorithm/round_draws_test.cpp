// Rounds whose completions are drawn: on average what they are in expectation, and what they use up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/algorithm/learner.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/three_arms.hpp"
#include "tests/support/two_tokens.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;
using testing::HasSubstr;
using Options = std::vector<std::pair<std::string, Value>>;

const RandomSource& source() {
  static const RandomSource of_tests(11, "tests");
  return of_tests;
}

ArmSpec arm(const std::string& algorithm, const Options& options, std::int64_t rounds = 1) {
  ArmSpec out = test::reward_arm(algorithm, model_class("dense"), penalty("none"));
  out.policy = model_class("tabular");
  for (const auto& [name, value] : options) out.options.set(name, value);
  out.course = test::settings({{"kind", "rounds"}, {"steps", rounds}});
  return out;
}

ArmResult fit(const ArmSpec& spec, const World& world, const PreferenceData& data,
              std::uint64_t replicate = 0, std::unique_ptr<Learner>* kept = nullptr) {
  validate_arm(spec, world, data.size());
  return run_arm(spec, {world, data, source(), replicate, true}, kept);
}

// The three arms with r = (0, .5, 2), by the labels of the population: the fitted reward is the true one.
const std::array<double, 3> kRewards{0, 0.5, 2};

// A round of raft over all policies has its minimum at pi = (c + hold ref) / (1 + hold), c the shares of the
// completions that were kept: they are read off the fit. Shares of a batch of 10 are tenths. On average, at
// n = 3 and this batch, they are F^n - F_-^n.
TEST(RoundDraws, OfRaftKeepTheBestOfEachGroup) {
  const World world = test::three_arms(kRewards);
  const PreferenceData data = test::three_arms_population(kRewards);
  constexpr double hold = 0.5;
  constexpr int n = 3, batch = 10, replicates = 400;
  std::array<double, 3> mean{};
  for (std::uint64_t replicate = 0; replicate < replicates; ++replicate) {
    const ArmResult result =
        fit(arm("rm+raft",
                {{"expectation", "sampled"}, {"n", integer(n)}, {"batch", integer(batch)}, {"hold", hold}}),
            world, data, replicate);
    EXPECT_TRUE(result.certificate.converged);
    EXPECT_EQ(result.cost.rollouts, static_cast<std::uint64_t>(n * batch));
    EXPECT_EQ(result.cost.reward_calls, static_cast<std::uint64_t>(n * batch));
    for (std::size_t y = 0; y < 3; ++y) {
      const double kept =
          batch * (std::exp(result.log_policy()[y]) * (1 + hold) - hold * test::kThreeReference[y]);
      EXPECT_NEAR(kept, std::round(kept), 1e-7);
      mean[y] += kept / (batch * replicates);
    }
  }
  double below = 0;
  for (std::size_t y = 0; y < 3; ++y) {
    const double up_to = below + test::kThreeReference[y];
    const double share = std::pow(up_to, n) - std::pow(below, n);
    // 4000 groups; beyond 5 standard deviations lies less than 6e-7 on either side, of three.
    EXPECT_NEAR(mean[y], share, 5 * std::sqrt(share * (1 - share) / (batch * replicates))) << y;
    below = up_to;
  }
}

// With a hold that outweighs everything the fit answers to the slope of the loss at the reference alone, to
// within 1 / hold: theta on average is theta in expectation, at this batch and n. Each coordinate is off by 6
// of its standard errors, as these replicates show them, with probability 2e-9.
TEST(RoundDraws, AreOnAverageWhatIsExpected) {
  struct Case {
    std::string algorithm;
    Options options;
  };
  const std::vector<Case> cases = {
      {"rm+rwr", {}},
      {"rm+rwr", {{"temperature", 0.5}}},
      {"rm+raft", {{"n", integer(2)}}},
      {"rm+raft", {{"n", integer(5)}}},
      {"rm+online-dpo", {{"n", integer(2)}}},
      {"rm+online-dpo", {{"n", integer(5)}}},
      {"rm+online-dpo", {{"n", integer(3)}, {"labels", "best"}}},
  };
  const World arms = test::three_arms(kRewards), tokens = test::two_tokens();
  constexpr double hold = 1e4;
  constexpr int replicates = 300;
  for (const auto& [world, data] : {std::pair(&arms, test::three_arms_population(kRewards)),
                                    std::pair(&tokens, test::population(tokens))})
    for (const Case& one : cases) {
      Options options = one.options;
      options.emplace_back("hold", hold);
      const ArmResult expected = fit(arm(one.algorithm, options), *world, data);
      const auto reference = world->log_reference;
      options.emplace_back("expectation", "sampled");
      options.emplace_back("batch", integer(8));
      std::vector<double> mean(reference.size(), 0.0), square(reference.size(), 0.0);
      for (std::uint64_t replicate = 0; replicate < replicates; ++replicate) {
        const ArmResult drawn = fit(arm(one.algorithm, options), *world, data, replicate);
        for (std::size_t e = 0; e < mean.size(); ++e) {
          const double moved = hold * (drawn.log_policy()[e] - reference[e]);
          mean[e] += moved / replicates;
          square[e] += moved * moved / replicates;
        }
      }
      for (std::size_t e = 0; e < mean.size(); ++e) {
        const double error = std::sqrt((square[e] - mean[e] * mean[e]) / replicates);
        const double moves = hold * (expected.log_policy()[e] - reference[e]);
        EXPECT_GT(error, 0);
        EXPECT_NEAR(mean[e], moves, 6 * error + 1e-3)
            << one.algorithm << ", " << one.options.size() << " options, edge " << e;
      }
    }
}

// Equal rewards: the best and the worst are the first two draws, either label as likely, so that the slope
// at the reference vanishes; and raft keeps the reference on average.
TEST(RoundDraws, OfEqualRewardsTeachNothing) {
  const std::array<double, 3> equal{1, 1, 1};
  const World world = test::three_arms(equal);
  const PreferenceData data = test::three_arms_population(equal);
  for (const std::string labels : {"bt", "best"}) {
    const ArmResult result =
        fit(arm("rm+online-dpo",
                {{"expectation", "sampled"}, {"labels", labels}, {"n", integer(4)}, {"hold", 0.1}}),
            world, data);
    for (std::size_t y = 0; y < 3; ++y)
      EXPECT_NEAR(result.log_policy()[y], world.log_reference[y], 1e-8) << labels;
  }
}

// Labelled by chance, few pairs hold the policy to the reward where they are, and the hold keeps it
// elsewhere: an arm that was not drawn moves with the normaliser alone. Of two arms that met the log-odds are
// the reward's.
TEST(RoundDraws, OfFewPairsTeachWhereTheyAre) {
  const World world = test::three_arms(kRewards);
  const PreferenceData data = test::three_arms_population(kRewards);
  int seen = 0;
  for (std::uint64_t replicate = 0; replicate < 200; ++replicate) {
    const ArmResult result =
        fit(arm("rm+online-dpo", {{"expectation", "sampled"}, {"batch", integer(1)}, {"hold", 1e-4}}), world,
            data, replicate);
    std::array<double, 3> odds{};  // log pi/pi_ref
    for (std::size_t y = 0; y < 3; ++y) odds[y] = result.log_policy()[y] - world.log_reference[y];
    for (const auto& [y, z, other] : {std::tuple(0, 1, 2), std::tuple(1, 2, 0), std::tuple(0, 2, 1)}) {
      const auto a = static_cast<std::size_t>(y), b = static_cast<std::size_t>(z),
                 c = static_cast<std::size_t>(other);
      if (std::fabs(odds[a] - odds[b] - (kRewards[a] - kRewards[b])) > 1e-3) continue;
      ++seen;
      // Held by KL(ref || pi), what is not seen keeps the reference's probability.
      EXPECT_NEAR(odds[c], 0, 1e-4);
    }
  }
  EXPECT_GT(seen, 50);
}

TEST(RoundDraws, AreAddressed) {
  const World world = test::two_tokens();
  const PreferenceData data = test::population(world);
  for (const std::string algorithm : {"rm+rwr", "rm+raft", "rm+online-dpo"}) {
    const Options options{{"expectation", "sampled"}, {"batch", integer(20)}, {"hold", 0.1}};
    std::unique_ptr<Learner> kept;
    const ArmResult one = fit(arm(algorithm, options, 1), world, data, 3, &kept);
    const ArmResult gone_on = fit(arm(algorithm, options, 3), world, data, 3, &kept);
    EXPECT_EQ(fit(arm(algorithm, options, 1), world, data, 3).log_policy(), one.log_policy()) << algorithm;
    EXPECT_EQ(fit(arm(algorithm, options, 3), world, data, 3).log_policy(), gone_on.log_policy())
        << algorithm;
    EXPECT_NE(fit(arm(algorithm, options, 1), world, data, 4).log_policy(), one.log_policy()) << algorithm;
    const std::uint64_t group = algorithm == "rm+rwr" ? 1 : algorithm == "rm+raft" ? 4 : 2;
    EXPECT_EQ(one.cost.rollouts, 20 * group) << algorithm;
    EXPECT_EQ(gone_on.cost.rollouts, 3 * 20 * group) << algorithm;
    EXPECT_EQ(gone_on.cost.reward_calls, 3 * 20 * group) << algorithm;
    EXPECT_EQ(fit(arm(algorithm, {}, 3), world, data).cost.rollouts, 0u) << algorithm;
  }
}

std::string refusal(const ArmSpec& spec, const World& world) {
  try {
    validate_arm(spec, world);
  } catch (const InputError& error) {
    return error.key() + ": " + error.what();
  }
  return "";
}

TEST(RoundDraws, RefuseWhatMeansNothing) {
  const World world = test::three_arms();
  const World large = test::world({{"family", "tokens"}, {"horizon", integer(18)}, {"degree", integer(1)}});
  for (const std::string algorithm : {"rm+rwr", "rm+raft", "rm+online-dpo"}) {
    EXPECT_THAT(refusal(arm(algorithm, {{"expectation", "sampled"}}), world), HasSubstr("options.hold"));
    EXPECT_THAT(refusal(arm(algorithm, {{"batch", integer(8)}}), world),
                HasSubstr("options.batch: arm '" + algorithm +
                          "': 'batch' has no effect where expectation is exact"));
    ArmSpec drawn = arm(algorithm, {{"expectation", "sampled"}, {"hold", 0.1}});
    drawn.reward = model_class("degree", 1);
    drawn.policy = model_class("degree", 1);
    EXPECT_EQ(refusal(drawn, large), "") << "completions need not be listed";
  }
  for (const std::string algorithm : {"rm+raft", "rm+online-dpo"})
    EXPECT_THAT(
        refusal(arm(algorithm, {{"expectation", "sampled"}, {"hold", 0.1}, {"n", integer(1025)}}), world),
        HasSubstr("options.batch"));
}

}  // namespace
}  // namespace twostage
