// Courses: gradient descent step by step, against recursions written out by hand, and what becomes of
// budgets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/algorithm/learner.hpp"
#include "sim/plan/divergence.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/hand_made.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;
using test::policy_arm;

ArmSpec with_course(ArmSpec arm, std::int64_t steps, double rate) {
  arm.course.set("kind", std::string("gradient"));
  arm.course.set("steps", steps);
  arm.course.set("rate", rate);
  return arm;
}

ArmSpec course_of(const std::string& algorithm, std::int64_t steps, double rate,
                  const Settings& with = penalty("none")) {
  return with_course(policy_arm(algorithm, model_class("tabular"), with), steps, rate);
}

ArmResult fit(const ArmSpec& arm, const World& world, const PreferenceData& data,
              std::unique_ptr<Learner>* kept = nullptr) {
  return run_arm(arm, {world, data, RandomSource(11, "tests"), 0, true}, kept);
}

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

// Two arms with logits (0, t), the first preferred w times, the second l times: h = log pi/pi_ref (first) -
// (second) = -t, and the gradients of the sums in t are
//   dpo  beta (w sigmoid(-beta h) - l sigmoid(beta h))        since d(-beta h)/dt = beta
//   ipo  -2 (w (h - 1) + l (h + 1))                           at tau = 1/2
//   sft  (w + l) pi(second) - l
TEST(Course, OfTwoArmsIsTheRecursionByHand) {
  constexpr double beta = 0.3, w = 17, l = 5, rate = 0.7;
  const World world = test::arms_world({0, 0}, beta);
  const PreferenceData data = test::compare_arms({{0, 1, 17}, {1, 0, 5}});
  const std::map<std::string, std::function<double(double)>> gradients = {
      {"dpo", [](double t) { return beta * (w * sigmoid(beta * t) - l * sigmoid(-beta * t)); }},
      {"ipo", [](double t) { return -2 * (w * (-t - 1) + l * (-t + 1)); }},
      {"sft", [](double t) { return (w + l) * sigmoid(t) - l; }}};
  for (const auto& [algorithm, gradient] : gradients)
    for (const int steps : {0, 1, 2, 7, 40}) {
      const double step_length = algorithm == "ipo" ? 0.1 : rate;  // below 1: 2 / (its curvature 2)
      double t = 0;
      for (int k = 0; k < steps; ++k) t -= step_length / (w + l) * gradient(t);
      const ArmResult result = fit(course_of(algorithm, steps, step_length), world, data);
      EXPECT_NEAR(result.log_policy()[1] - result.log_policy()[0], t, 1e-12) << algorithm << ", " << steps;
      EXPECT_EQ(result.cost.gradient_steps, static_cast<std::uint64_t>(steps)) << algorithm;
      EXPECT_EQ(result.cost.labels, 22u);
      EXPECT_EQ(result.ended, Ended::budget) << algorithm << ", " << steps;
    }
}

TEST(Course, NoStepIsTheReference) {
  const World world = test::world({{"family", "walk"}, {"horizon", integer(3)}, {"reference", "random"}});
  const ArmResult result = fit(course_of("dpo", 0, 1), world, test::reference_pairs(world, 30));
  for (std::size_t e = 0; e < result.log_policy().size(); ++e)
    EXPECT_NEAR(result.log_policy()[e], world.log_reference[e], 1e-14);
}

// In a tree and in a class that shares parameters, long courses come to the exact fit: it is the same
// objective.
TEST(Course, LeadsToTheExactFit) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(2)}, {"degree", integer(2)}});
  const PreferenceData data = test::reference_pairs(world, 80);
  for (const std::string algorithm : {"dpo", "ipo", "sft"})
    for (const Settings& policy : {model_class("tabular"), model_class("degree", 2)}) {
      const ArmSpec exact = policy_arm(algorithm, policy, penalty("reference-kl", 2));
      const ArmResult fitted = fit(exact, world, data);
      const ArmResult walked = fit(with_course(exact, 200000, 0.3), world, data);
      EXPECT_EQ(walked.ended, Ended::optimum) << algorithm;
      EXPECT_LT(walked.cost.gradient_steps, 200000u) << algorithm;
      EXPECT_NEAR(walked.certificate.objective, fitted.certificate.objective, 1e-9) << algorithm;
      for (std::size_t e = 0; e < walked.log_policy().size(); ++e)
        EXPECT_NEAR(walked.log_policy()[e], fitted.log_policy()[e], 1e-6) << algorithm;
      EXPECT_EQ(fitted.ended, Ended::optimum);
    }
}

// A learner that is gone on with has the bits of one that went there at once.
TEST(Course, OfMoreStepsBeginsWithThatOfFewer) {
  const World world = test::world({{"family", "walk"}, {"horizon", integer(3)}});
  const PreferenceData data = test::reference_pairs(world, 50);
  std::unique_ptr<Learner> kept;
  for (const std::int64_t steps : {0, 1, 3, 3, 16, 100}) {
    const ArmSpec arm = course_of("dpo", steps, 0.5, penalty("reference-kl", 1));
    const ArmResult gone_on = fit(arm, world, data, &kept);
    const ArmResult at_once = fit(arm, world, data);
    EXPECT_EQ(gone_on.theta, at_once.theta) << steps;
    EXPECT_EQ(gone_on.log_policy(), at_once.log_policy()) << steps;
    EXPECT_EQ(gone_on.certificate.objective, at_once.certificate.objective) << steps;
    EXPECT_EQ(kept->steps(), static_cast<std::uint64_t>(steps));
  }
}

// Comparisons that count more than once are as many labels, for courses and exact fits alike.
TEST(Course, CountsLabelsAsOftenAsTheyCount) {
  const World world = test::arms_world({0, 0}, 1);
  PreferenceData data = test::compare_arms({{0, 1, 1}, {1, 0, 1}});
  data.weight = {17, 5};
  EXPECT_EQ(fit(course_of("dpo", 3, 0.5), world, data).cost.labels, 22u);
  EXPECT_EQ(fit(policy_arm("dpo", model_class("tabular"), penalty("none")), world, data).cost.labels, 22u);
}

// Counts need not be whole numbers, as in the folds of given comparisons: the mean is over the sum of the
// counts. A first step is rate times the mean slope, beta (w / 2 - l / 2) / (w + l).
TEST(Course, TakesTheMeanOverThePairsAsOftenAsTheyCount) {
  constexpr double beta = 0.4, w = 0.25, l = 0.1;
  const World world = test::arms_world({0, 0}, beta);
  PreferenceData data = test::compare_arms({{0, 1, 1}, {1, 0, 1}});
  data.weight = {w, l};
  const ArmResult result = fit(course_of("dpo", 1, 2.0), world, data);
  EXPECT_NEAR(result.log_policy()[0] - result.log_policy()[1], 2.0 * beta * (w - l) / 2 / (w + l), 1e-15);
}

// The steps of all courses that a strength is chosen by are used up, too: one for each strength and fold.
TEST(Course, CountsTheStepsOfItsTries) {
  const World world = test::arms_world({0, 0, 0}, 1);
  Settings tuned = penalty("reference-kl");
  tuned.set("tune", true);
  tuned.set("folds", integer(3));
  tuned.set("grid", std::vector<double>{1, 2});
  const PreferenceData data = test::compare_arms({{0, 1, 7}, {1, 2, 6}, {2, 0, 4}});
  const ArmResult result = fit(course_of("dpo", 5, 0.1, tuned), world, data);
  EXPECT_EQ(result.cost.gradient_steps, 5u * (1 + 2 * 3));
  EXPECT_EQ(result.cost.labels, 17u) << "which are the same in all of them";
}

// Where a pair adds little to a derivative, a small gradient is no optimum. That of w wins and l losses is at
// t = logit(w / (w + l)) / beta, here 1.2 million.
TEST(Course, IsAtItsOptimumByTheScaleOfItsSlopes) {
  constexpr double beta = 1e-6, w = 17, l = 5;
  const World world = test::arms_world({0, 0}, 1e-3);
  ArmSpec arm = course_of("dpo", 1'000'000, 1e9);
  arm.options.set("beta_factor", beta / 1e-3);
  const ArmResult result = fit(arm, world, test::compare_arms({{0, 1, 17}, {1, 0, 5}}));
  ASSERT_EQ(result.ended, Ended::optimum);
  EXPECT_NEAR(result.log_policy()[0] - result.log_policy()[1], std::log(w / l) / beta, 1e-3);
}

TEST(Course, IsGivenUpWhenAsked) {
  const World world = test::arms_world({0, 0}, 1);
  const PreferenceData data = test::compare_arms({{0, 1, 3}});
  Settings tuned = penalty("reference-kl");
  tuned.set("tune", true);
  for (const Settings& with : {penalty("none"), tuned}) {
    const RandomSource source(11, "tests");  // the input refers to it
    ArmInput input{world, data, source, 0, true};
    int asked = 0;
    input.stop = [&] { return ++asked > 10; };
    EXPECT_THROW(run_arm(course_of("dpo", 1'000'000'000, 1e-9, with), input), Stopped);
    EXPECT_EQ(asked, 11);
  }
}

// Separable data: the likelihood has no minimum, and however small the gradient gets, only the budget ends
// the course.
TEST(Course, WithoutAMinimumOnlyTheBudgetEndsIt) {
  const World world = test::arms_world({0, 0}, 1);
  const PreferenceData data = test::compare_arms({{0, 1, 9}});
  const ArmResult far = fit(course_of("dpo", 1000, 1e9), world, data);
  EXPECT_EQ(far.existence, Existence::not_attained);
  EXPECT_EQ(far.ended, Ended::budget);
  EXPECT_FALSE(far.certificate.converged);
  EXPECT_EQ(fit(policy_arm("dpo", model_class("tabular"), penalty("none")), world, data).ended,
            Ended::not_attained);
}

// A rate beyond 2 over the curvature makes squares grow until they are no numbers: that is a failure, not a
// budget.
TEST(Course, ThatLeavesTheNumbersFails) {
  const World world = test::arms_world({0, 0}, 1);
  const ArmResult result = fit(course_of("ipo", 100000, 10), world, test::compare_arms({{0, 1, 3}}));
  EXPECT_EQ(result.ended, Ended::failed);
  EXPECT_FALSE(result.certificate.converged);
}

TEST(Course, IsRefusedWhereThereIsNone) {
  const World world = test::arms_world({0, 0}, 1);
  ArmSpec arm = test::reward_arm("rm+plan", model_class("dense"), penalty("none"));
  try {
    fit(with_course(arm, 1, 1), world, test::compare_arms({{0, 1, 3}}));
    FAIL() << "rm+plan took a course";
  } catch (const InputError& error) {
    EXPECT_THAT(
        error.what(),
        testing::HasSubstr(
            "'rm+plan' is fitted to its optimum and has no course; valid: dpo, ipo, planned-dpo, sft"));
  }
  EXPECT_THROW(fit(course_of("dpo", -1, 1), world, test::compare_arms({{0, 1, 3}})), InputError);
  EXPECT_THROW(fit(course_of("dpo", 1, 0), world, test::compare_arms({{0, 1, 3}})), InputError);
}

}  // namespace
}  // namespace twostage
