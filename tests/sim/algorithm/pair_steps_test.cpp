// Online steps (spin, iterative-dpo, xpo with the courses gradient and adam): against the steps of losses
// that are theirs at the reference, where they lead, and that what they draw depends on its address alone.
#include <gtest/gtest.h>

#include <cmath>

#include "sim/algorithm/learner.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/hand_made.hpp"
#include "tests/support/three_arms.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;
using test::three_arms;
using test::three_arms_population;
using Options = std::initializer_list<std::pair<std::string, Value>>;

ArmSpec arm(const std::string& algorithm, Options options, const Settings& with = penalty("none")) {
  ArmSpec out = test::policy_arm(algorithm, model_class("tabular"), with);
  out.options = test::settings(options);
  return out;
}

ArmSpec in_steps(ArmSpec spec, const std::string& kind, double rate, std::int64_t steps) {
  spec.course = test::settings({{"kind", kind}, {"rate", rate}, {"steps", steps}});
  return spec;
}

ArmResult fit(const ArmSpec& spec, const World& world, const PreferenceData& data,
              std::unique_ptr<Learner>* kept = nullptr) {
  static const RandomSource source(11, "tests");
  validate_arm(spec, world);
  return run_arm(spec, {world, data, source, 0, true}, kept);
}

// From the reference, pairs of the reference labelled by the truth in expectation are the population of
// pairs: the first step is that of dpo on it. xpo's second completion is the reference's, and of E_ref log pi
// the slope at the reference is 0. spin's slope there is lambda/2 times that of sft, in every class.
TEST(PairSteps, BeginAsLossesOfThePopulationDo) {
  const World world = three_arms();
  const PreferenceData data = three_arms_population();
  const double rate = 0.3;
  const ArmResult dpo = fit(in_steps(arm("dpo", {}), "gradient", rate, 1), world, data);
  const ArmResult sft = fit(in_steps(arm("sft", {}), "gradient", rate * 0.7 / 2, 1), world, data);
  const auto expect_step = [&](const ArmSpec& spec, const ArmResult& known) {
    const ArmResult one = fit(in_steps(spec, "gradient", rate, 1), world, data);
    ASSERT_EQ(one.theta.size(), known.theta.size());
    for (std::size_t k = 0; k < one.theta.size(); ++k) {
      EXPECT_GT(std::fabs(known.theta[k]), 1e-3);
      EXPECT_NEAR(one.theta[k], known.theta[k], 1e-14) << spec.algorithm;
    }
    EXPECT_EQ(one.ended, Ended::budget) << spec.algorithm;
    EXPECT_FALSE(one.certificate.converged) << spec.algorithm;
    EXPECT_EQ(one.cost.gradient_steps, 1u) << spec.algorithm;
  };
  expect_step(arm("iterative-dpo", {{"keep", "round"}, {"sampler", "reference"}}), dpo);
  expect_step(arm("iterative-dpo", {{"keep", "round"}, {"sampler", "on-policy"}}), dpo);
  expect_step(arm("xpo", {{"keep", "round"}, {"alpha", 0.01}}), dpo);
  expect_step(arm("spin", {{"lambda", 0.7}}), sft);
}

// On the pairs of a sampler that does not move, many steps come to what a round of fits returns.
TEST(PairSteps, ComeToTheFitOfPairsThatStay) {
  const World world = three_arms();
  const PreferenceData data = three_arms_population();
  const ArmSpec spec =
      arm("iterative-dpo", {{"keep", "round"}, {"sampler", "reference"}}, penalty("reference-kl", 0.1));
  ArmSpec rounds = spec;
  rounds.course = test::settings({{"kind", "rounds"}, {"steps", integer(1)}});
  const ArmResult many = fit(in_steps(spec, "gradient", 0.5, 20000), world, data);
  const ArmResult fitted = fit(rounds, world, data);
  for (std::size_t k = 0; k < 3; ++k)
    EXPECT_NEAR(std::exp(many.log_policy()[k]), std::exp(fitted.log_policy()[k]), 1e-9);
}

// Steps ask at addresses of their own round: a longer course begins with the shorter, and Adam takes them as
// well.
TEST(PairSteps, AreAddressed) {
  const World world = three_arms();
  const PreferenceData data = three_arms_population();
  const ArmSpec spec =
      arm("iterative-dpo", {{"expectation", "sampled"}, {"keep", "round"}, {"pairs_per_round", integer(8)}});
  for (const std::string kind : {"gradient", "adam"}) {
    std::unique_ptr<Learner> kept;
    const ArmResult five = fit(in_steps(spec, kind, 0.1, 5), world, data, &kept);
    const ArmResult longer = fit(in_steps(spec, kind, 0.1, 9), world, data, &kept);
    const ArmResult whole = fit(in_steps(spec, kind, 0.1, 9), world, data);
    EXPECT_EQ(longer.theta, whole.theta) << kind;
    EXPECT_NE(five.theta, whole.theta) << kind;
    EXPECT_EQ(whole.cost.labels, 72u);
    EXPECT_EQ(whole.cost.rollouts, 144u);
    EXPECT_EQ(whole.cost.gradient_steps, 9u);
  }
}

// Mixtures count a pair as often as e^(its difference in reward): true rewards that differ too much are
// refused before there are data, and a policy that has gone too far ends the course where it stands, without
// a number that is none, and says why. A run of fewer steps is its beginning.
TEST(PairSteps, OfMixturesStopBeforeTheirWeightsOverflow) {
  const World wide = test::arms_world({0, 800, 3}, 1);
  for (const char* course : {"gradient", "rounds"}) {
    ArmSpec spec = arm("iterative-dpo", {{"sampler", "reward-mixture"}}, penalty("reference-kl", 2));
    spec.course = test::settings({{"kind", course}, {"steps", integer(3)}});
    try {
      validate_arm(spec, wide);
      ADD_FAILURE() << course;
    } catch (const InputError& error) {
      EXPECT_EQ(error.key(), "options.sampler");
      EXPECT_NE(std::string(error.what()).find("valid: true rewards that differ less"), std::string::npos)
          << error.what();
    }
  }
  const World world = three_arms();
  const PreferenceData data = three_arms_population();
  ArmSpec far = arm("iterative-dpo", {{"sampler", "policy-mixture"}}, penalty("reference-kl", 2));
  std::uint64_t taken = 0;
  for (const std::int64_t steps : {1, 2, 20}) {
    const ArmResult result = fit(in_steps(far, "gradient", 1e4, steps), world, data);
    for (const double theta : result.theta) EXPECT_TRUE(std::isfinite(theta));
    for (const double l : result.log_policy()) EXPECT_TRUE(std::isfinite(l));
    EXPECT_FALSE(result.certificate.converged);
    const bool short_of = result.cost.gradient_steps < static_cast<std::uint64_t>(steps);
    EXPECT_EQ(result.ended, short_of ? Ended::failed : Ended::budget) << steps;
    EXPECT_EQ(result.why.empty(), !short_of);
    if (short_of) {
      EXPECT_NE(result.why.find("a lower rate"), std::string::npos) << result.why;
    }
    taken = result.cost.gradient_steps;
  }
  EXPECT_LT(taken, 20u);
  EXPECT_GE(taken, 1u);
}

}  // namespace
}  // namespace twostage
