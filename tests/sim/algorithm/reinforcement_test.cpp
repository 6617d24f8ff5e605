// The second stage step by step: where exact courses lead, what budgets and statuses they report, and that
// sampled ones depend on their addresses alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "sim/algorithm/learner.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/world/custom.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/hand_made.hpp"
#include "tests/support/three_arms.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;

ArmSpec arm(const std::string& algorithm, const Settings& reward, const Settings& policy, std::int64_t steps,
            double rate, std::initializer_list<std::pair<std::string, Value>> options = {},
            const Settings& with = penalty("reference-kl", 2)) {
  ArmSpec out = test::reward_arm(algorithm, reward, with);
  out.policy = policy;
  out.options = test::settings(options);
  out.course = test::settings({{"kind", "gradient"}, {"steps", steps}, {"rate", rate}});
  return out;
}

ArmResult fit(const ArmSpec& spec, const World& world, const PreferenceData& data,
              std::unique_ptr<Learner>* kept = nullptr, std::uint64_t replicate = 0) {
  validate_arm(spec, world);
  return run_arm(spec, {world, data, RandomSource(11, "tests"), replicate, true}, kept);
}

World small_tree() {
  return test::world({{"family", "tokens"}, {"horizon", integer(3)}, {"degree", integer(1)}});
}

// With exact expectations and the KL in the reward the course descends beta KL(pi || plan): over all policies
// to the plan, in a class that shares parameters to the projection of the plan.
TEST(Reinforcement, LeadsToThePlanAndToItsProjection) {
  const World world = small_tree();
  const PreferenceData data = test::reference_pairs(world, 60);
  const ArmResult plan =
      fit(test::reward_arm("rm+plan", model_class("degree", 1), penalty("reference-kl", 2)), world, data);
  ArmSpec project = test::reward_arm("rm+project", model_class("degree", 1), penalty("reference-kl", 2));
  project.policy = model_class("degree", 1);
  const ArmResult projected = fit(project, world, data);
  for (const std::string algorithm : {"rm+reinforce", "rm+rloo", "rm+ppo"}) {
    const double rate = algorithm == "rm+ppo" ? 0.1 : 1;  // four steps before it sees what they did to the KL
    const ArmResult whole =
        fit(arm(algorithm, model_class("degree", 1), model_class("tabular"), 100000, rate), world, data);
    EXPECT_EQ(whole.ended, Ended::optimum) << algorithm;
    EXPECT_EQ(whole.certificate.optimum, Optimum::global) << algorithm;
    EXPECT_LT(kl_divergence(world.graph, world.rho, whole.log_policy(), plan.log_policy()), 1e-12);
    EXPECT_EQ(whole.edge_reward, plan.edge_reward);
    EXPECT_EQ(whole.cost.rollouts, 0u);
    EXPECT_EQ(whole.cost.labels, 60u);
    EXPECT_GT(whole.cost.gradient_steps, 10u);
    const ArmResult within =
        fit(arm(algorithm, model_class("degree", 1), model_class("degree", 1), 100000, rate), world, data);
    EXPECT_LT(kl_divergence(world.graph, world.rho, within.log_policy(), projected.log_policy()), 1e-12);
    EXPECT_EQ(within.ended, Ended::optimum) << algorithm;
  }
}

// Three arms whose labels are their population: the reward is r itself up to a constant. GRPO rests at the
// known point, which is not the optimum.
TEST(Reinforcement, OfGroupsRestsElsewhere) {
  const World world = test::three_arms();
  const PreferenceData data = test::three_arms_population();
  const ArmResult result =
      fit(arm("rm+grpo", model_class("dense"), model_class("tabular"), 100000, .5, {}, penalty("none")),
          world, data);
  EXPECT_EQ(result.ended, Ended::optimum);
  EXPECT_EQ(result.certificate.optimum, Optimum::stationary);
  const std::vector<double> known = {.2115087353, .2227609964, .5657302683};
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(std::exp(result.log_policy()[k]), known[k], 1e-8) << k;
}

// Nothing holds it: it goes to the best arm and never says that it has arrived.
TEST(Reinforcement, WithoutAKlEndsByItsBudgetAlone) {
  const World world = test::three_arms();
  for (const std::string algorithm : {"rm+reinforce", "rm+grpo", "rm+ppo"}) {
    const ArmResult result =
        fit(arm(algorithm, model_class("dense"), model_class("tabular"), 3000, 1e3, {{"kl", "none"}}), world,
            test::three_arms_population());
    EXPECT_EQ(result.ended, Ended::budget) << algorithm;
    EXPECT_FALSE(result.certificate.converged) << algorithm;
    EXPECT_GT(std::exp(result.log_policy()[2]), 0.99) << algorithm;
  }
}

// A step so long that actions are no longer taken leaves a gradient of nothing, which is no optimum.
TEST(Reinforcement, BeyondReachIsNotArrived) {
  const World world = test::three_arms();
  const ArmResult result = fit(arm("rm+reinforce", model_class("dense"), model_class("tabular"), 50, 1e6),
                               world, test::three_arms_population());
  EXPECT_NE(result.ended, Ended::optimum);
  EXPECT_FALSE(result.certificate.converged);
}

// The same of a step that goes just so far that nothing is left of the gradient, in worlds with an ordinary
// beta and with a small one: two arms of which one is left, which is not the plan of (0, 1), and the second
// of three, which is not the best.
TEST(Reinforcement, OutOfSightIsNotArrived) {
  const auto course = [](const std::string& algorithm, const World& world, double rate,
                         std::initializer_list<std::pair<std::string, Value>> options) {
    PreferenceData data;  // as often as it is expected
    data.horizon = 1;
    for (std::size_t y = 0; y < world.graph.edges(); ++y)
      for (std::size_t z = 0; z < world.graph.edges(); ++z) {
        data.chosen.push_back(static_cast<EdgeId>(y));
        data.rejected.push_back(static_cast<EdgeId>(z));
        data.weight.push_back(1 / (1 + std::exp(world.reward[z] - world.reward[y])));
      }
    return fit(
        arm(algorithm, model_class("dense"), model_class("tabular"), 1, rate, options, penalty("none")),
        world, data);
  };
  const World two = test::arms_world({0, 1}, 1);
  const World three = custom_world({.graph = prefix_tree(std::array{3}),
                                    .reward = {0, 1, 1.1},
                                    .reference = {.15, .8, .05},
                                    .beta = 1e-3});
  for (const ArmResult& result :
       {course("rm+reinforce", two, 124, {}), course("rm+ppo", two, 124, {{"epochs", integer(1)}}),
        course("rm+reinforce", three, 1e3, {}), course("rm+grpo", three, 1e3, {{"kl", "k2-loss"}})}) {
    EXPECT_LT(result.certificate.gradient_norm, 2e-12);
    EXPECT_EQ(result.ended, Ended::budget);
    EXPECT_FALSE(result.certificate.converged);
    EXPECT_EQ(result.certificate.optimum, Optimum::none);
  }
  // Far out, but the plan: the rest of the reward over beta is 100.
  const ArmResult plan = course("rm+reinforce", test::arms_world({0, 1}, .01), 400, {});
  EXPECT_EQ(plan.certificate.optimum, Optimum::global);
  EXPECT_EQ(plan.ended, Ended::optimum);
}

// Whoever asks to stop need not wait for the end of a step.
TEST(Reinforcement, IsGivenUpWithinAStep) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(3)}, {"prompts", integer(5)}});
  const PreferenceData data = test::reference_pairs(world, 40);
  for (const auto& [algorithm, expectation] :
       {std::pair("rm+reinforce", "sampled"), std::pair("rm+ppo", "sampled"),
        std::pair("rm+grpo", "exact")}) {
    const RandomSource source(11, "tests");  // the input refers to it
    ArmInput input{world, data, source, 0, true};
    int asked = 0;
    input.stop = [&] { return ++asked > 3; };
    EXPECT_THROW(run_arm(arm(algorithm, model_class("degree", 1), model_class("tabular"), 1, .1,
                             {{"expectation", std::string(expectation)}}),
                         input),
                 Stopped)
        << algorithm;
  }
}

// More steps begin with fewer, bit by bit, for every estimator; another replicate has other draws; the exact
// course has none.
TEST(Reinforcement, SampledCoursesAreAddressed) {
  const World world = small_tree();
  const PreferenceData data = test::reference_pairs(world, 40);
  for (const std::string algorithm : {"rm+reinforce", "rm+rloo", "rm+grpo", "rm+ppo"}) {
    const auto of = [&](std::int64_t steps, const std::string& expectation) {
      ArmSpec out = arm(algorithm, model_class("degree", 1), model_class("tabular"), steps, .2,
                        {{"expectation", expectation}});
      if (expectation == "sampled") out.options.set("batch", integer(3));
      return out;
    };
    std::unique_ptr<Learner> kept;
    for (const std::int64_t steps : {0, 1, 2, 5, 21}) {
      const ArmResult gone_on = fit(of(steps, "sampled"), world, data, &kept);
      const ArmResult at_once = fit(of(steps, "sampled"), world, data);
      EXPECT_EQ(gone_on.log_policy(), at_once.log_policy()) << algorithm << ", " << steps;
      EXPECT_EQ(gone_on.cost.rollouts, at_once.cost.rollouts) << algorithm << ", " << steps;
      EXPECT_EQ(gone_on.ended, Ended::budget);
      EXPECT_EQ(gone_on.cost.rollouts, gone_on.cost.reward_calls);
    }
    const std::uint64_t a_step = algorithm == "rm+rloo" ? 3 * 4 : algorithm == "rm+grpo" ? 3 * 8 : 3;
    const std::uint64_t askings = algorithm == "rm+ppo" ? 6 : 21;  // 4 epochs each
    EXPECT_EQ(kept->result().cost.rollouts, askings * a_step) << algorithm;
    const ArmSpec sampled = of(5, "sampled"), exact = of(5, "exact");
    EXPECT_NE(fit(sampled, world, data).log_policy(), fit(sampled, world, data, nullptr, 1).log_policy());
    EXPECT_EQ(fit(exact, world, data).log_policy(), fit(exact, world, data, nullptr, 1).log_policy());
  }
}

// What is climbed in expectation is climbed from samples, too: after the same steps a large batch is near.
TEST(Reinforcement, OfLargeBatchesIsNearTheExactCourse) {
  const World world = small_tree();
  const PreferenceData data = test::reference_pairs(world, 40);
  for (const std::string algorithm : {"rm+reinforce", "rm+rloo", "rm+grpo", "rm+ppo"}) {
    const auto of = [&](const std::string& expectation) {
      ArmSpec spec = arm(algorithm, model_class("degree", 1), model_class("tabular"), 20, .5,
                         {{"expectation", expectation}});
      if (expectation == "sampled") spec.options.set("batch", integer(4000));
      return fit(spec, world, data);
    };
    const ArmResult exact = of("exact"), sampled = of("sampled");
    // Estimates are off by some .02 a step in a policy that has moved by one: a KL of about .02^2 / 2.
    EXPECT_LT(kl_divergence(world.graph, world.rho, sampled.log_policy(), exact.log_policy()), 2e-3)
        << algorithm;
    EXPECT_GT(kl_divergence(world.graph, world.rho, exact.log_policy(), world.log_reference), 2e-2)
        << algorithm;
  }
}

// Adam by hand: m and v forget by .9 and .999; the first step is rate times the sign of the gradient.
TEST(Reinforcement, ByAdamTakesItsSteps) {
  const World world = test::three_arms();
  ArmSpec spec =
      arm("rm+reinforce", model_class("dense"), model_class("tabular"), 1, .01, {}, penalty("none"));
  spec.course.set("kind", std::string("adam"));
  const auto logits = [&](std::int64_t steps) {
    spec.course.set("steps", steps);
    std::vector<double> out = fit(spec, world, test::three_arms_population()).log_policy();
    for (std::size_t k = 0; k < 3; ++k) out[k] -= world.log_reference[k];
    return out;
  };
  // The class has a logit each of the second and the third arm, both of which gain at first.
  const std::vector<double> one = logits(1);
  EXPECT_NEAR(one[1] - one[0], 0.01, 1e-7);
  EXPECT_NEAR(one[2] - one[1], 0, 1e-7);
  // The recursion written out: p (A - E A) is the gradient, A = r - beta log pi/pi_ref.
  std::vector<double> theta(3, 0.0), m(3, 0.0), v(3, 0.0);
  for (int t = 1; t <= 25; ++t) {
    double total = 0, mean = 0;
    std::vector<double> p(3), a(3);
    for (std::size_t k = 0; k < 3; ++k) total += p[k] = test::kThreeReference[k] * std::exp(theta[k]);
    for (std::size_t k = 0; k < 3; ++k) {
      p[k] /= total;
      a[k] = test::kThreeRewards[k] - std::log(p[k] / test::kThreeReference[k]);
      mean += p[k] * a[k];
    }
    for (std::size_t k = 1; k < 3; ++k) {
      const double g = -p[k] * (a[k] - mean);
      m[k] = .9 * m[k] + .1 * g;
      v[k] = .999 * v[k] + .001 * g * g;
      theta[k] -= .01 * m[k] / (1 - std::pow(.9, t)) / (std::sqrt(v[k] / (1 - std::pow(.999, t))) + 1e-8);
    }
  }
  const std::vector<double> many = logits(25);
  EXPECT_NEAR(many[1] - many[0], theta[1] - theta[0], 1e-7);  // the reward is fitted to 1e-9 or so
  EXPECT_NEAR(many[2] - many[1], theta[2] - theta[1], 1e-7);
}

// The strength of the penalty is chosen by the reward: no try takes a step.
TEST(Reinforcement, IsTunedByItsRewardAlone) {
  const World world = small_tree();
  const PreferenceData data = test::reference_pairs(world, 40);
  Settings tuned = penalty("reference-kl");
  tuned.set("tune", true);
  const ArmResult result = fit(arm("rm+rloo", model_class("degree", 1), model_class("tabular"), 7, .1,
                                   {{"expectation", "sampled"}}, tuned),
                               world, data);
  EXPECT_EQ(result.cost.gradient_steps, 7u);
  EXPECT_EQ(result.cost.rollouts, 7u * 16 * 4);
  const ArmResult plan = fit(test::reward_arm("rm+plan", model_class("degree", 1), tuned), world, data);
  EXPECT_EQ(result.penalty_strength, plan.penalty_strength);
}

TEST(Reinforcement, RefusesWhatMeansNothing) {
  const World world = small_tree();
  const auto refusal = [&](const std::string& algorithm,
                           std::initializer_list<std::pair<std::string, Value>> options,
                           std::int64_t steps = 10) -> std::string {
    try {
      validate_arm(arm(algorithm, model_class("degree", 1), model_class("tabular"), steps, 1, options),
                   world);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  using testing::HasSubstr;
  EXPECT_THAT(refusal("rm+rloo", {{"group", integer(1)}}), HasSubstr("group"));
  EXPECT_THAT(refusal("rm+grpo", {{"group", integer(1)}}), HasSubstr("nothing is compared"));
  EXPECT_THAT(refusal("rm+grpo", {{"group", integer(0)}, {"expectation", "sampled"}}),
              HasSubstr("cannot be drawn"));
  EXPECT_THAT(refusal("rm+grpo", {{"kl", "reward"}}), HasSubstr("k3-loss"));
  EXPECT_EQ(refusal("rm+grpo", {{"kl", "reward"}, {"std", "none"}}), "");
  EXPECT_THAT(refusal("rm+grpo", {{"group", integer(512)}}), HasSubstr("smaller group"));
  // Found before there are data even where simple fractions for a reward would tie.
  const World deep = test::world({{"family", "tokens"}, {"horizon", integer(11)}, {"degree", integer(1)}});
  EXPECT_THROW(validate_arm(arm("rm+grpo", model_class("degree", 1), model_class("tabular"), 1, 1,
                                {{"group", integer(2)}}),
                            deep),
               InputError);
  EXPECT_THAT(
      refusal("rm+rloo", {{"group", integer(1024)}, {"batch", integer(65)}, {"expectation", "sampled"}}),
      HasSubstr("65536"));
  EXPECT_THAT(refusal("rm+reinforce", {{"expectation", "sampled"}}, 1'000'000'000), HasSubstr("16777216"));
  EXPECT_EQ(refusal("rm+reinforce", {}, 1'000'000'000), "");
  EXPECT_THAT(refusal("rm+ppo", {{"critic", "fitted"}}), HasSubstr("critic = \"exact\""));
  EXPECT_EQ(refusal("rm+ppo", {{"critic", "fitted"}, {"expectation", "sampled"}}), "");
  ArmSpec without = arm("rm+ppo", model_class("degree", 1), model_class("tabular"), 10, 1);
  without.course = {};
  EXPECT_THROW(validate_arm(without, world), InputError);
}

}  // namespace
}  // namespace twostage
