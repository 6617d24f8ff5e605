// Second stages in rounds: closed forms and known answers over all policies and in a class that is too small.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/algorithm/learner.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/hand_made.hpp"
#include "tests/support/three_arms.hpp"
#include "tests/support/two_tokens.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;
using test::population;
using test::two_tokens;
using Values = std::vector<double>;
using Option = std::pair<std::string, Value>;

ArmSpec arm(const std::string& algorithm, const Settings& policy, std::int64_t rounds,
            std::initializer_list<Option> options = {}) {
  ArmSpec out = test::reward_arm(algorithm, model_class("dense"), penalty("none"));
  out.policy = policy;
  out.options = test::settings(options);
  out.course = test::settings({{"kind", "rounds"}, {"steps", rounds}});
  return out;
}

ArmResult fit(const ArmSpec& spec, const World& world) {
  validate_arm(spec, world);
  return run_arm(spec, {world, population(world), RandomSource(11, "tests"), 0, true});
}

void expect_probabilities(const ArmResult& result, const Values& known, double accuracy,
                          const std::string& what) {
  for (std::size_t k = 0; k < known.size(); ++k)
    EXPECT_NEAR(std::exp(result.log_policy()[k]), known[k], accuracy) << what << ", " << k;
}

// The plan of r in one round, and of t r in t.
TEST(Rounds, OfWeightedRegressionPlan) {
  const World world = test::three_arms();
  expect_probabilities(fit(arm("rm+rwr", model_class("tabular"), 1), world),
                       {0.1895660357, 0.3435292735, 0.4669046908}, 1e-8, "one round");
  Values twice(3);
  double total = 0;
  for (std::size_t k = 0; k < 3; ++k)
    total += twice[k] = test::kThreeReference[k] * std::exp(2.0 * static_cast<double>(k));
  for (double& p : twice) p /= total;
  expect_probabilities(fit(arm("rm+rwr", model_class("tabular"), 2), world), twice, 1e-8, "two rounds");
  expect_probabilities(fit(arm("rm+rwr", model_class("tabular"), 1, {{"temperature", 0.5}}), world), twice,
                       1e-8, "half the temperature");
}

// Of so many logits no fit is made, as the projection of the plan is the plan.
TEST(Rounds, OfWeightedRegressionPlanWhereFitsWouldTakeLongest) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(14)}, {"degree", integer(1)}});
  const PreferenceData data = test::reference_pairs(world, 80);
  ArmSpec spec = arm("rm+rwr", model_class("tabular"), 2, {{"temperature", 0.7}});
  spec.reward = model_class("degree", 1);
  spec.penalty = penalty("reference-kl", 1);
  validate_arm(spec, world);
  const ArmResult result = run_arm(spec, {world, data, RandomSource(11, "tests"), 0, true});
  EXPECT_TRUE(result.certificate.converged);
  EXPECT_EQ(result.certificate.optimum, Optimum::global);
  std::vector<double> reward = result.edge_reward;
  for (double& r : reward) r *= 2 / 0.7;
  SoftPlan plan;
  soft_plan(world.graph, world.log_reference, reward, world.beta, plan);
  EXPECT_LT(kl_divergence(world.graph, world.rho, result.log_policy(), plan.log_policy), 1e-20);
}

// In a class of products: by forward KL the marginals of the plan, which is worse than the projection.
TEST(Rounds, OfWeightedRegressionKeepTheMarginals) {
  const World world = two_tokens();
  const ArmResult result = fit(arm("rm+rwr", model_class("degree", 1), 1), world);
  expect_probabilities(result, {1 - 0.6563239164, 0.6563239164, 1 - 0.2757819153, 0.2757819153}, 1e-8, "rwr");
  EXPECT_NEAR(soft_return(world, result.log_policy()), 0.8782042873, 1e-9);
  ArmSpec project = test::reward_arm("rm+project", model_class("dense"), penalty("none"));
  project.policy = model_class("degree", 1);
  EXPECT_NEAR(soft_return(world, fit(project, world).log_policy()), 0.9114075131, 1e-9);
}

// Two rounds of the best of four are the best of sixteen.
TEST(Rounds, OfTheBestOfNMultiply) {
  const World world = test::three_arms();
  expect_probabilities(fit(arm("rm+raft", model_class("tabular"), 2), world),
                       {0.0000152588, 0.0540726341, 0.9459121071}, 1e-8, "4, 4");
  expect_probabilities(fit(arm("rm+raft", model_class("tabular"), 1, {{"n", integer(16)}}), world),
                       {0.0000152588, 0.0540726341, 0.9459121071}, 1e-8, "16");
}

TEST(Rounds, OfRebelAddUp) {
  const World world = test::three_arms();
  expect_probabilities(fit(arm("rm+rebel", model_class("tabular"), 1), world),
                       {0.4156983145, 0.3558448010, 0.2284568845}, 1e-8, "one");
  expect_probabilities(fit(arm("rm+rebel", model_class("tabular"), 4), world),
                       {0.1895660357, 0.3435292735, 0.4669046908}, 1e-8, "four");
  expect_probabilities(fit(arm("rm+rebel", model_class("tabular"), 1, {{"eta", 1.0}}), world),
                       {0.1895660357, 0.3435292735, 0.4669046908}, 1e-8, "at once");
}

// With several tokens, too: pi_ref exp(t eta r / beta).
TEST(Rounds, OfRebelArePlansOfMoreAndMoreReward) {
  const World world = test::world({{"family", "walk"}, {"horizon", integer(3)}, {"beta", 0.6}});
  const PreferenceData data = test::reference_pairs(world, 80);
  const auto run = [&](ArmSpec spec) {
    spec.reward = model_class("terminal");
    spec.penalty = penalty("reference-kl", 1);
    return run_arm(spec, {world, data, RandomSource(11, "tests"), 0, true});
  };
  const ArmResult plan = run(test::reward_arm("rm+plan", {}, {}));
  const ArmResult four = run(arm("rm+rebel", model_class("tabular"), 4));
  EXPECT_LT(kl_divergence(world.graph, world.rho, four.log_policy(), plan.log_policy()), 1e-12);
  EXPECT_EQ(four.ended, Ended::budget);
  EXPECT_EQ(four.certificate.optimum, Optimum::global) << "of the last round";
}

// Theorem 2.3: labelled by chance, pairs of the policy's own completions teach it nothing but the reward that
// labels, whatever n is, and a policy that has that reward stays.
TEST(Rounds, OfOnlineDpoByChanceComeToThePlan) {
  const World world = test::three_arms();
  for (const int n : {2, 4, 25})
    for (const int rounds : {1, 3})
      expect_probabilities(
          fit(arm("rm+online-dpo", model_class("tabular"), rounds, {{"n", integer(n)}}), world),
          {0.1895660357, 0.3435292735, 0.4669046908}, n == 25 ? 1e-4 : 1e-8, std::to_string(n));
}

// Where the best is always preferred only the hold keeps a policy, and it forgets the reward: its middle arm
// stays at its prior.
TEST(Rounds, OfOnlineDpoByTheBestAreHeldAlone) {
  struct Known {
    int n;
    double hold;
    Values policy;
  };
  const std::vector<Known> table = {
      {2, .1, {.0710631080, .3933027081, .5356341839}},   {2, .01, {.0025856056, .1177061092, .8797082852}},
      {2, .001, {.0000327657, .0145956518, .9853715825}}, {4, .1, {.0522484398, .4609205642, .4868309959}},
      {4, .01, {.0032775771, .2036941021, .7930283208}},  {4, .001, {.0000571417, .0315871746, .9683556837}},
      {25, .1, {.0752566937, .3465886940, .5781546123}},  {25, .01, {.0092098150, .3513371125, .6394530725}},
      {25, .001, {.0009428072, .3520108965, .6470462963}}};
  for (const Known& known : table) {
    const ArmResult result = fit(arm("rm+online-dpo", model_class("tabular"), 1,
                                     {{"labels", "best"}, {"hold", known.hold}, {"n", integer(known.n)}}),
                                 test::three_arms());
    expect_probabilities(result, known.policy, 1e-7,
                         std::to_string(known.n) + ", " + std::to_string(known.hold));
  }
}

// A class that cannot have the reward: on-policy pairs move it, round by round, to where it is nearly as good
// as the projection, and far better than offline dpo.
TEST(Rounds, OfOnlineDpoInASmallClassComeToRest) {
  const World world = two_tokens();
  const ArmResult result = fit(arm("rm+online-dpo", model_class("degree", 1), 60), world);
  const Values known = {1.4177175805, -1.1777507136};  // log-odds less those of the reference
  const auto log_odds = [&](std::size_t zero) {
    return result.log_policy()[zero + 1] - result.log_policy()[zero] - std::log(.4 / .6);
  };
  EXPECT_NEAR(log_odds(0), known[0], 1e-7);
  EXPECT_NEAR(log_odds(2), known[1], 1e-7);
  EXPECT_NEAR(soft_return(world, result.log_policy()), 0.9105486099, 1e-9);
  const ArmResult offline = run_arm(test::policy_arm("dpo", model_class("degree", 1), penalty("none")),
                                    {world, population(world), RandomSource(11, "tests"), 0, false});
  EXPECT_NEAR(soft_return(world, offline.log_policy()), 0.8160770024, 1e-8);
}

TEST(Rounds, RefuseWhatMeansNothing) {
  const World world = test::three_arms();
  const auto refusal = [&](const ArmSpec& spec, const World& in) -> std::string {
    try {
      validate_arm(spec, in);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  using testing::HasSubstr;
  EXPECT_THAT(refusal(arm("rm+online-dpo", model_class("tabular"), 1, {{"labels", "best"}}), world),
              HasSubstr("hold"));
  EXPECT_THAT(
      refusal(arm("rm+online-dpo", model_class("tabular"), 1, {{"labels", "best"}, {"hold", 1e-300}}), world),
      HasSubstr("from 1e-09"));
  EXPECT_THAT(refusal(arm("rm+online-dpo", model_class("tabular"), 1, {{"n", integer(1)}}), world),
              HasSubstr("n"));
  ArmSpec climbing = arm("rm+rwr", model_class("tabular"), 1);
  climbing.course = test::settings({{"kind", "gradient"}, {"steps", integer(3)}});
  EXPECT_THAT(refusal(climbing, world), HasSubstr("valid: rounds"));
  ArmSpec in_rounds = arm("rm+rloo", model_class("tabular"), 1);
  EXPECT_THAT(refusal(in_rounds, world), HasSubstr("valid: gradient, adam"));
  ArmSpec without = arm("rm+raft", model_class("tabular"), 1);
  without.course = {};
  EXPECT_THAT(refusal(without, world), HasSubstr("kind = \"rounds\""));
  const World large = test::world({{"family", "tokens"}, {"horizon", integer(12)}});
  EXPECT_THAT(refusal(arm("rm+online-dpo", model_class("tabular"), 1), large),
              HasSubstr("pairs of completions"));
  const World wide = test::world(
      {{"family", "bandit"}, {"arms", integer(20)}, {"prompts", integer(4096)}});  // few pairs, but 81920
  EXPECT_THAT(refusal(arm("rm+online-dpo", model_class("tabular"), 1), wide), HasSubstr("65536"));
}

// Completions that a saturated policy no longer says, as far as numbers go, are no pairs: rounds go on.
TEST(Rounds, OfOnlineDpoOutliveWhatIsNoLongerSaid) {
  const World world = test::arms_world({0, 1, 2, 3}, 1e-3);
  const ArmResult result = fit(arm("rm+online-dpo", model_class("tabular"), 3), world);
  EXPECT_LT(result.log_policy()[0], -1000);
  EXPECT_TRUE(result.certificate.converged);
  EXPECT_EQ(result.ended, Ended::budget);
}

// Whoever asks to stop need not wait for the end of a round.
TEST(Rounds, AreGivenUpWithinARound) {
  const World world = test::three_arms();
  const PreferenceData data = population(world);
  for (const std::string algorithm : {"rm+rwr", "rm+raft", "rm+rebel", "rm+online-dpo"}) {
    const RandomSource source(11, "tests");  // the input refers to it
    ArmInput input{world, data, source, 0, true};
    int asked = 0;
    input.stop = [&] { return ++asked > 3; };
    EXPECT_THROW(run_arm(arm(algorithm, model_class("tabular"), 1), input), Stopped) << algorithm;
  }
}

// A hold as strong as can be said leaves the reference, and its rounds have minima.
TEST(Rounds, ComeToTheirMinimumUnderAnyHold) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(3)}, {"headroom", 0.5}});
  for (const auto& [algorithm, knob] :
       {std::pair("rm+rwr", "hold"), {"rm+raft", "hold"}, {"rm+online-dpo", "hold"}})
    for (const double hold : {1e4, 1e6}) {
      const ArmResult result = fit(arm(algorithm, model_class("tabular"), 3, {{knob, hold}}), world);
      EXPECT_TRUE(result.certificate.converged) << algorithm << " " << hold;
      EXPECT_EQ(result.ended, Ended::budget) << algorithm;
      EXPECT_LT(kl_divergence(world.graph, world.rho, result.log_policy(), world.log_reference), 1e-6);
    }
}

}  // namespace
}  // namespace twostage
