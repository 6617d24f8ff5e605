// Online DPO in steps and from offline dpo: closed forms of the first steps, what is asked when, and where it
// begins.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/algorithm/learner.hpp"
#include "sim/plan/divergence.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/three_arms.hpp"
#include "tests/support/two_tokens.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;
using test::population;
using Option = std::pair<std::string, Value>;

ArmSpec online(std::int64_t steps, std::initializer_list<Option> options,
               const Settings& policy = model_class("tabular"), double rate = 0.5) {
  ArmSpec out = test::reward_arm("rm+online-dpo", model_class("dense"), penalty("none"));
  out.policy = policy;
  out.options = test::settings(options);
  out.course = test::settings({{"kind", "gradient"}, {"steps", steps}, {"rate", rate}});
  return out;
}

ArmSpec offline(std::int64_t steps, const Settings& policy = model_class("tabular"), double rate = 0.5) {
  ArmSpec out = test::policy_arm("dpo", policy, penalty("none"));
  out.course = test::settings({{"kind", "gradient"}, {"steps", steps}, {"rate", rate}});
  return out;
}

ArmResult fit(const ArmSpec& spec, const World& world) {
  validate_arm(spec, world);
  return run_arm(spec, {world, population(world), RandomSource(11, "tests"), 0, true});
}

// Two draws of the reference p, labelled by chance: a pair of different arms (i, j) comes with probability
// 2 p_i p_j and is won by i with sigma(r_i - r_j), so that the step from 0 adds to the logit of i
//   rate beta / 2 sum_j 2 p_i p_j (sigma(r_i - r_j) - sigma(r_j - r_i)),
// but to that of the first arm, which a tabular class leaves at 0.
// Where the best is always preferred the bracket is the sign of r_i - r_j.
TEST(RoundSteps, BeginAsTheMeanLossSays) {
  const World world = test::three_arms();
  const auto& p = test::kThreeReference;
  const auto& r = test::kThreeRewards;
  for (const std::string labels : {"bt", "best"}) {
    const ArmResult one = fit(online(1, {{"labels", labels}}), world);
    std::vector<double> logit(3, 0.0);
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j) {
        const double gain = r[i] - r[j];
        const double won = labels == "bt" ? std::tanh(gain / 2) : (gain > 0) - (gain < 0);
        logit[i] += 0.5 / 2 * 2 * p[i] * p[j] * won;
      }
    logit[0] = 0;
    double total = 0;
    for (std::size_t i = 0; i < 3; ++i) total += p[i] * std::exp(logit[i]);
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_NEAR(std::exp(one.log_policy()[i]), p[i] * std::exp(logit[i]) / total, 1e-9) << labels << i;
    EXPECT_EQ(one.ended, Ended::budget);
    EXPECT_EQ(one.cost.gradient_steps, 1u);
  }
}

// Theorem 2.3: whoever is asked, and whenever, labels drawn from the reward lead to its plan.
TEST(RoundSteps, ByChanceComeToThePlan) {
  const World world = test::three_arms();
  const ArmResult plan = fit(test::reward_arm("rm+plan", model_class("dense"), penalty("none")), world);
  for (const std::string asked : {"once", "every-step"})
    for (const std::string start : {"reference", "dpo"}) {
      const ArmResult result = fit(
          online(4000, {{"asked", asked}, {"start", start}, {"n", integer(4)}}, model_class("tabular"), 4.0),
          world);
      EXPECT_LT(kl_divergence(world.graph, world.rho, result.log_policy(), plan.log_policy()), 1e-12)
          << asked << start;
    }
}

// A batch that is asked once says the same at every step; policies that have moved say something else.
TEST(RoundSteps, AskOnceOrBeforeEachStep) {
  const World world = test::three_arms();
  const auto after = [&](std::int64_t steps, const std::string& asked) {
    return fit(online(steps, {{"asked", asked}, {"labels", "best"}}), world).log_policy();
  };
  EXPECT_EQ(after(1, "once"), after(1, "every-step"));
  EXPECT_NE(after(2, "once"), after(2, "every-step"));
  // Two steps by hand for the batch of the reference: the weights 2 p_i p_j stay, sigma(-(theta_i - theta_j))
  // takes the place of the half.
  const auto& p = test::kThreeReference;
  std::vector<double> theta(3, 0.0);
  for (int step = 0; step < 2; ++step) {
    std::vector<double> slope(3, 0.0);
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < i; ++j) {
        const double pull = 2 * p[i] * p[j] / (1 + std::exp(theta[i] - theta[j]));
        slope[i] += pull;
        slope[j] -= pull;
      }
    for (std::size_t i = 1; i < 3; ++i) theta[i] += 0.5 * slope[i];
  }
  double total = 0;
  for (std::size_t i = 0; i < 3; ++i) total += p[i] * std::exp(theta[i]);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(std::exp(after(2, "once")[i]), p[i] * std::exp(theta[i]) / total, 1e-9) << i;
}

// From dpo: no step leaves dpo's policy, its steps are counted, and those that follow go on from there.
TEST(RoundSteps, FromDpoBeginWhereItEnds) {
  const World world = test::two_tokens();
  for (const Settings& policy : {model_class("tabular"), model_class("degree", 1)}) {
    const ArmResult eight = fit(offline(8, policy), world);
    const ArmResult none = fit(online(0, {{"start", "dpo"}, {"dpo_steps", integer(8)}}, policy), world);
    EXPECT_EQ(none.log_policy(), eight.log_policy());
    EXPECT_EQ(none.cost.gradient_steps, 8u);
    const ArmResult more = fit(online(3, {{"start", "dpo"}, {"dpo_steps", integer(8)}}, policy), world);
    EXPECT_NE(more.log_policy(), eight.log_policy());
    EXPECT_EQ(more.cost.gradient_steps, 11u);

    ArmSpec optimum = offline(0, policy);
    optimum.course = {};
    EXPECT_EQ(fit(online(0, {{"start", "dpo"}}, policy), world).log_policy(),
              fit(optimum, world).log_policy());
    ArmSpec rounds = online(0, {{"start", "dpo"}}, policy);
    rounds.course = test::settings({{"kind", "rounds"}, {"steps", integer(0)}});
    EXPECT_EQ(fit(rounds, world).log_policy(), fit(optimum, world).log_policy());
  }
}

// Held by the penalty, a batch weighs as many pairs as the data have: lambda over their number for each.
TEST(RoundSteps, AreHeldByTheirPenaltyAsTheDataAre) {
  const World world = test::two_tokens();
  const PreferenceData data = population(world);
  double pairs = 0;
  for (const double weight : data.weight) pairs += weight;
  ArmSpec by_penalty = online(1, {{"labels", "best"}, {"held_by", "penalty"}, {"n", integer(4)}});
  by_penalty.penalty = test::settings({{"kind", "reference-kl"}, {"lambda", 2.5}});
  ArmSpec by_hold = by_penalty;
  by_hold.options =
      test::settings({{"labels", "best"}, {"hold", 2.5 / std::fmax(pairs, 1)}, {"n", integer(4)}});
  for (const std::string kind : {"gradient", "rounds"}) {
    for (ArmSpec* spec : {&by_penalty, &by_hold})
      spec->course = test::settings({{"kind", kind}, {"steps", integer(3)}});
    EXPECT_EQ(fit(by_penalty, world).log_policy(), fit(by_hold, world).log_policy()) << kind;
  }
}

TEST(RoundSteps, RefuseWhatMeansNothing) {
  const World world = test::three_arms();
  const auto refusal = [&](const ArmSpec& spec) -> std::string {
    try {
      validate_arm(spec, world);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  using testing::HasSubstr;
  EXPECT_EQ(refusal(online(8, {{"labels", "best"}})), "") << "a number of steps is an end";
  EXPECT_THAT(refusal(online(8, {{"dpo_steps", integer(8)}})),
              HasSubstr("no effect where start is reference"));
  ArmSpec rounds = online(1, {{"start", "dpo"}, {"dpo_steps", integer(8)}});
  rounds.course = test::settings({{"kind", "rounds"}, {"steps", integer(1)}});
  EXPECT_THAT(refusal(rounds), HasSubstr("valid: 0"));
  rounds.options = test::settings({{"asked", "once"}});
  EXPECT_THAT(refusal(rounds), HasSubstr("'gradient' or 'adam'"));
  ArmSpec held = online(8, {{"held_by", "penalty"}});
  EXPECT_THAT(refusal(held), HasSubstr("'reference-kl' or 'variance'")) << "without a penalty";
  held.penalty = penalty("reference-kl");
  EXPECT_EQ(refusal(held), "");
  held.options = test::settings({{"held_by", "penalty"}, {"hold", 0.1}});
  EXPECT_THAT(refusal(held), HasSubstr("no effect where held_by is penalty"));
  ArmSpec sparse = online(8, {{"start", "dpo"}});
  sparse.penalty = penalty("l1");
  EXPECT_THAT(refusal(sparse), HasSubstr("l1"));
}

}  // namespace
}  // namespace twostage
