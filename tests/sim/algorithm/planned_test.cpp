// The policy class `planned` under losses that know nothing of planning: each against its loss written out by
// enumeration, against another route to the same optimum, or against the equations of its optimum.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "sim/algorithm/learner.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/distribution.hpp"
#include "tests/support/gradients.hpp"
#include "tests/support/hand_made.hpp"

namespace twostage {
namespace {

using test::Distribution;
using test::integer;
using test::model_class;
using test::penalty;
using test::policy_arm;
using test::reward_arm;

ArmSpec planned_arm(const std::string& algorithm, const Settings& rewards, const Settings& with) {
  return policy_arm(algorithm, plans_of(rewards), with);
}

ArmResult fit(const ArmSpec& arm, const World& world, const PreferenceData& data) {
  return run_arm(arm, {world, data, RandomSource(11, "tests"), 0, true});
}

double gap(const World& world, const ArmResult& a, const ArmResult& b) {
  return policy_gap(world.graph, world.rho, a.log_policy(), b.log_policy());
}

World walk(int prompts = 1) {
  return test::world({{"family", "walk"},
                      {"horizon", integer(3)},
                      {"prompts", integer(prompts)},
                      {"reference", "random"},
                      {"truth", "terminal"},
                      {"beta", 0.8}});
}

World tokens(const char* reference = "random") {
  return test::world({{"family", "tokens"},
                      {"horizon", integer(3)},
                      {"degree", integer(2)},
                      {"prompts", integer(2)},
                      {"reference", reference},
                      {"beta", 1.3}});
}

// Theorem 3.1, with the class said as a class: dpo over plans is the fit of the rewards they plan for.
TEST(Planned, DpoOverPlansIsRewardThenPlan) {
  for (const World& world : {walk(2), tokens()})
    for (const char* name : {"terminal", "dense", "degree"})
      for (const char* kind : {"reference-kl", "variance", "ridge"}) {
        if (std::string(name) == "degree" && !world.basis) continue;
        const PreferenceData data = test::reference_pairs(world, 150);
        const ArmResult two = fit(reward_arm("rm+plan", model_class(name), penalty(kind)), world, data);
        const ArmResult one = fit(planned_arm("dpo", model_class(name), penalty(kind)), world, data);
        EXPECT_LT(gap(world, one, two), 1e-8) << world.family << ' ' << name << ' ' << kind;
        EXPECT_TRUE(one.certificate.converged);
        EXPECT_EQ(one.certificate.optimum, Optimum::global);
        EXPECT_EQ(one.rank, two.rank);
        EXPECT_EQ(one.raw_parameters, two.raw_parameters);
        // They even share their coordinates.
        for (std::size_t k = 0; k < one.theta.size(); ++k)
          EXPECT_NEAR(one.theta[k], two.theta[k], 1e-6 * (1 + std::fabs(two.theta[k])));
      }
}

TEST(Planned, PlannedDpoIsItsShortName) {
  const World world = tokens();
  const PreferenceData data = test::reference_pairs(world, 80);
  for (const char* kind : {"reference-kl", "none", "pooled-variance"}) {
    const ArmResult named =
        fit(reward_arm("planned-dpo", model_class("degree", 2), penalty(kind)), world, data);
    const ArmResult composed = fit(planned_arm("dpo", model_class("degree", 2), penalty(kind)), world, data);
    EXPECT_EQ(named.theta, composed.theta) << kind;
    EXPECT_EQ(named.log_policy(), composed.log_policy()) << kind;
    EXPECT_EQ(named.existence, composed.existence) << kind;
    EXPECT_EQ(named.certificate.optimum, composed.certificate.optimum) << kind;
  }
}

// A margin of f beta log pi/pi_ref is f times that of the reward: fitted at beta_factor f, without penalty,
// it is the estimate divided by f.
TEST(Planned, AnotherBetaScalesTheReward) {
  const World world = test::arms_world({0, 0, 0}, 0.7);
  const PreferenceData data =
      test::compare_arms({{0, 1, 9}, {1, 0, 2}, {1, 2, 5}, {2, 1, 4}, {2, 0, 3}, {0, 2, 3}});
  ArmSpec arm = planned_arm("dpo", model_class("dense"), penalty("none"));
  const ArmResult plain = fit(arm, world, data);
  arm.options.set("beta_factor", 2.5);
  const ArmResult scaled = fit(arm, world, data);
  ASSERT_EQ(plain.existence, Existence::unique);
  EXPECT_EQ(scaled.existence, Existence::unique);
  EXPECT_EQ(scaled.certificate.optimum, Optimum::global);
  for (std::size_t k = 0; k < plain.theta.size(); ++k)
    EXPECT_NEAR(2.5 * scaled.theta[k], plain.theta[k], 1e-6 * (1 + std::fabs(plain.theta[k])));
}

// The sum of (h - 1/(2 tau))^2 over pairs, h the difference of log pi/pi_ref, written out.
double squares(const World& world, const PreferenceData& data, const Distribution& pi, double tau) {
  const Distribution ref = test::reference(world);
  const auto ratio = [&](std::span<const EdgeId> path) { return pi.log_of(path) - ref.log_of(path); };
  double loss = 0;
  for (std::size_t i = 0; i < data.size(); ++i)
    loss += std::pow(ratio(data.chosen_path(i)) - ratio(data.rejected_path(i)) - 1 / (2 * tau), 2);
  return loss;
}

// ipo over the plans of a class, which nobody has written: theta moves the edge rewards, P_pi is
// P_ref exp(r / beta) normalised over completions.
TEST(Planned, IpoMinimisesItsLossWrittenOut) {
  const World world = walk();
  const PreferenceData data = test::reference_pairs(world, 60);
  constexpr double tau = 0.3, lambda = 2;
  for (const char* name : {"terminal", "dense"}) {
    ArmSpec arm = planned_arm("ipo", model_class(name), penalty("reference-kl", lambda));
    arm.options.set("tau", tau);
    const ArmResult result = fit(arm, world, data);
    ASSERT_TRUE(result.certificate.converged);
    EXPECT_EQ(result.certificate.optimum, Optimum::global);
    const auto rewards = make_linear_model(model_class(name), world, Role::reward);
    const auto objective = [&](const std::vector<double>& theta) {
      std::vector<double> reward(world.graph.edges());
      rewards->scores(theta, reward);
      const Distribution pi = test::plan(world, reward);
      return squares(world, data, pi, tau) + lambda * test::reference(world).kl(pi);
    };
    std::vector<double> theta = result.theta;
    const double least = objective(theta);
    EXPECT_NEAR(result.certificate.objective, least, 1e-9 * (1 + least));
    for (std::size_t k = 0; k < theta.size(); ++k) {
      const double at = theta[k];
      theta[k] = at + test::kStep;
      const double up = objective(theta);
      theta[k] = at - test::kStep;
      const double down = objective(theta);
      theta[k] = at;
      // Rounding of the loss, about 400 and so 400 eps, over 2 h = 2e-5 is 5e-9.
      EXPECT_NEAR((up - down) / (2 * test::kStep), 0, 1e-6) << name << ' ' << k;
    }
    const std::vector<double> away = test::normal_vector(theta.size(), 3, 0.3);
    for (std::size_t k = 0; k < theta.size(); ++k) theta[k] += away[k];
    EXPECT_GT(objective(theta), least + 1e-3);
  }
}

// Every policy is the plan of a dense reward. Two minimisers that share no objective, saddle-free Newton in
// logits and a descent through the planner, have to meet; without penalty also where the data leave the
// policy open.
TEST(Planned, OverAllRewardsEveryLossIsThatOverAllPolicies) {
  for (const World& world : {walk(), tokens("uniform")})  // prompts that share logits need one reference
    for (const char* algorithm : {"dpo", "ipo", "sft"})
      for (const char* kind : {"reference-kl", "none"}) {
        const bool tested =
            std::string(algorithm) != "sft";  // its choices are tested for tabular logits alone
        if (!tested && std::string(kind) == "none") continue;
        const PreferenceData data = test::reference_pairs(world, 400);
        const ArmResult logits =
            fit(policy_arm(algorithm, model_class("tabular"), penalty(kind)), world, data);
        const ArmResult plans = fit(planned_arm(algorithm, model_class("dense"), penalty(kind)), world, data);
        if (tested) {
          EXPECT_EQ(plans.existence, logits.existence) << algorithm << ' ' << kind;
        }
        if (std::string(kind) == "none" && logits.existence == Existence::not_attained) continue;
        EXPECT_EQ(plans.certificate.optimum, Optimum::global) << algorithm << ' ' << kind;
        EXPECT_LT(gap(world, plans, logits), 1e-7) << world.family << ' ' << algorithm << ' ' << kind;
      }
}

// w (h - t)^2 + l (h + t)^2 is least at h = t (w - l) / (w + l), t = 1 / (2 tau).
TEST(Planned, IpoHasItsKnownAnswerForTwoCompletions) {
  const World world = test::arms_world({0, 0}, 0.3);
  ArmSpec arm = planned_arm("ipo", model_class("dense"), penalty("none"));
  arm.options.set("tau", 0.25);
  const ArmResult result = fit(arm, world, test::compare_arms({{0, 1, 17}, {1, 0, 5}}));
  EXPECT_EQ(result.existence, Existence::unique);
  EXPECT_NEAR(result.log_policy()[0] - result.log_policy()[1], 2 * 12.0 / 22, 1e-9);
}

// Plans of a linear class are an exponential family over completions: at the maximum of the likelihood of the
// chosen completions, with the penalty as lambda completions of the reference, the expected features agree,
//   sum_i psi(xi+_i) + lambda E_ref psi = (n + lambda) E_pi psi.
// Of a terminal reward they are the probabilities of the ends.
TEST(Planned, SftMatchesTheMomentsOfTheChosen) {
  const World world = walk();
  const PreferenceData data = test::reference_pairs(world, 200);
  constexpr double lambda = 3;
  const ArmResult result =
      fit(planned_arm("sft", model_class("terminal"), penalty("reference-kl", lambda)), world, data);
  EXPECT_EQ(result.certificate.optimum, Optimum::global);
  EXPECT_EQ(result.existence, Existence::no_exact_test) << "nobody has written one";
  const auto ends = [&](std::span<const double> log_policy) {
    std::map<StateId, double> mass;
    for (const auto& path : test::completions(world.graph))
      mass[world.graph.successor(path.back())] += std::exp(test::sum_along(log_policy, path));
    return mass;
  };
  std::map<StateId, double> chosen;
  for (std::size_t i = 0; i < data.size(); ++i) ++chosen[world.graph.successor(data.chosen_path(i).back())];
  auto reference = ends(world.log_reference), fitted = ends(result.log_policy());
  for (const auto& [end, mass] : fitted)
    EXPECT_NEAR(chosen[end] + lambda * reference[end], (200 + lambda) * mass, 1e-7) << end;
}

// Whether there is an estimate without penalty is not tested there, so it is not fitted.
TEST(Planned, SftNeedsAPenalty) {
  const World world = walk();
  const auto refusal = [&](const ArmSpec& arm) -> std::string {
    try {
      validate_arm(arm, world);
    } catch (const InputError& error) {
      return error.key() + ": " + error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal(planned_arm("sft", model_class("terminal"), penalty("ridge"))), "");
  EXPECT_EQ(refusal(policy_arm("sft", model_class("tabular"), penalty("none"))), "");
  EXPECT_THAT(refusal(planned_arm("sft", model_class("terminal"), penalty("none"))),
              testing::AllOf(testing::StartsWith("penalty.kind: "), testing::HasSubstr("class 'planned'"),
                             testing::HasSubstr("valid: a penalty")));
}

TEST(Planned, ProvesNothingWhereAPenaltyMixesPrompts) {
  const World world = tokens();
  const PreferenceData data = test::reference_pairs(world, 100);
  for (const char* algorithm : {"dpo", "ipo", "sft"}) {
    const ArmResult result =
        fit(planned_arm(algorithm, model_class("degree", 2), penalty("pooled-variance")), world, data);
    EXPECT_TRUE(result.certificate.converged) << algorithm;
    EXPECT_EQ(result.certificate.optimum, Optimum::stationary) << algorithm;
    EXPECT_EQ(result.certificate.starts, 3) << algorithm;
  }
}

// Whether there is an estimate is a matter of the rewards: separated pairs have none, one comparison leaves
// most of the class open, and then the member is that of the two stages.
TEST(Planned, ExistenceIsThatOfItsRewards) {
  const World world = test::arms_world({0, 0, 0}, 0.7);
  const auto both = [&](const PreferenceData& data) {
    const ArmResult two = fit(reward_arm("rm+plan", model_class("dense"), penalty("none")), world, data);
    const ArmResult one = fit(planned_arm("dpo", model_class("dense"), penalty("none")), world, data);
    EXPECT_EQ(one.existence, two.existence);
    EXPECT_EQ(one.certificate.converged, two.certificate.converged);
    if (one.certificate.converged) {
      EXPECT_LT(gap(world, one, two), 1e-8);
    }
    return one;
  };
  EXPECT_EQ(both(test::compare_arms({{0, 1, 3}, {1, 2, 2}})).existence, Existence::not_attained);
  EXPECT_EQ(both(test::compare_arms({{0, 1, 3}, {1, 0, 2}})).existence, Existence::flat);
  EXPECT_EQ(both(test::compare_arms({{0, 1, 3}, {1, 0, 2}, {1, 2, 1}, {2, 0, 1}})).existence,
            Existence::unique);
  // The squares of ipo are attained where the likelihood is not.
  const ArmResult squares = fit(planned_arm("ipo", model_class("dense"), penalty("none")), world,
                                test::compare_arms({{0, 1, 3}, {1, 2, 2}}));
  EXPECT_EQ(squares.existence, Existence::unique);
  EXPECT_TRUE(squares.certificate.converged);
}

TEST(Planned, ACourseLeadsToTheExactFit) {
  const World world = walk();
  const PreferenceData data = test::reference_pairs(world, 80);
  for (const char* algorithm : {"dpo", "ipo", "sft"}) {
    ArmSpec arm = planned_arm(algorithm, model_class("terminal"), penalty("reference-kl", 2));
    const ArmResult exact = fit(arm, world, data);
    arm.course.set("kind", std::string("gradient"));
    arm.course.set("rate", std::string(algorithm) == "ipo" ? 0.5 : 1.5);  // its curvature is 2 / beta^2
    arm.course.set("steps", std::int64_t{0});
    const ArmResult start = fit(arm, world, data);
    for (std::size_t e = 0; e < start.log_policy().size(); ++e)
      EXPECT_NEAR(start.log_policy()[e], world.log_reference[e], 1e-13) << algorithm;
    arm.course.set("steps", std::int64_t{300000});
    const ArmResult walked = fit(arm, world, data);
    EXPECT_EQ(walked.ended, Ended::optimum) << algorithm;
    EXPECT_LT(gap(world, walked, exact), 1e-7) << algorithm;
  }
}

// dpo over plans is a case of theory's plan route, by the reward class alone; another loss is none.
TEST(Planned, TheoryKnowsItByItsRewards) {
  const Settings rewards = resolve_class(model_class("degree", 2));
  const ArmSpec arm = planned_arm("dpo", rewards, penalty("reference-kl"));
  const TheoryRoute route = algorithms().at("dpo").extra.theory(arm);
  EXPECT_EQ(route.kind, TheoryRoute::Kind::plan);
  EXPECT_EQ(route.fitted, rewards);
  const ArmSpec named = reward_arm("planned-dpo", rewards, penalty("reference-kl"));
  EXPECT_EQ(algorithms().at("planned-dpo").extra.theory(named).fitted, rewards);
  const ArmSpec ipo = planned_arm("ipo", rewards, penalty("reference-kl"));
  EXPECT_EQ(algorithms().at("ipo").extra.theory(ipo).kind, TheoryRoute::Kind::none);
}

// Projected onto the plans of its own class of rewards, the plan stays where it is.
TEST(Planned, ProjectionOntoPlansOfTheSameRewardsIsThePlan) {
  const World world = walk();
  const PreferenceData data = test::reference_pairs(world, 100);
  ArmSpec arm = reward_arm("rm+project", model_class("terminal"), penalty("reference-kl"));
  const ArmResult plan = fit(reward_arm("rm+plan", model_class("terminal"), arm.penalty), world, data);
  arm.policy = plans_of(model_class("terminal"));
  const ArmResult projected = fit(arm, world, data);
  EXPECT_LT(gap(world, projected, plan), 1e-6);
  EXPECT_LT(projected.certificate.objective, 1e-12);
}

// What penalises coordinates is refused, and tuning scores the loss at hand.
TEST(Planned, PenaltiesOfCoordinatesAndTuning) {
  const World world = walk();
  const PreferenceData data = test::reference_pairs(world, 60);
  Settings l1 = penalty("l1");
  EXPECT_THROW(fit(planned_arm("dpo", model_class("terminal"), l1), world, data), InputError);
  Settings tuned = penalty("reference-kl");
  tuned.set("tune", true);
  const ArmResult two = fit(reward_arm("rm+plan", model_class("terminal"), tuned), world, data);
  const ArmResult one = fit(planned_arm("dpo", model_class("terminal"), tuned), world, data);
  EXPECT_EQ(one.penalty_strength, two.penalty_strength);
  EXPECT_LT(gap(world, one, two), 1e-8);
}

}  // namespace
}  // namespace twostage
