// Answers that were computed elsewhere, by code that shares nothing with this one (numpy and scipy: analytic
// gradients to a root), for the world of three arms, for two arms of which one wins seven times of ten, for
// two binary tokens, and for the class of Gopalan et al. Others stand beside the algorithm they are of.
#include <gtest/gtest.h>

#include <cmath>

#include "sim/algorithm/direct/points/point_fit.hpp"
#include "sim/algorithm/interactive/annotated_pairs.hpp"
#include "sim/algorithm/rounds/completion_pair_loss.hpp"
#include "sim/completions/top_bottom.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/numerics/reduce.hpp"
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
using test::policy_arm;
using test::three_arms;
using test::three_arms_population;
using test::two_tokens;
using Values = std::vector<double>;
using Options = std::initializer_list<std::pair<std::string, Value>>;

ArmSpec arm(const std::string& algorithm, Options options, const Settings& with = penalty("none")) {
  ArmSpec out = policy_arm(algorithm, model_class("tabular"), with);
  out.options = test::settings(options);
  return out;
}

ArmResult fit(const ArmSpec& spec, const World& world, const PreferenceData& data) {
  validate_arm(spec, world);
  return run_arm(spec, {world, data, RandomSource(11, "tests"), 0, true});
}

void expect_policy(const ArmResult& result, const Values& known, double accuracy = 1e-9) {
  EXPECT_TRUE(result.certificate.converged);
  for (std::size_t y = 0; y < known.size(); ++y)
    EXPECT_NEAR(std::exp(result.log_policy()[y]), known[y], accuracy) << y;
}

// pi ∝ exp(.1, -.2, .3).
Values somewhere() {
  Values out = {0.1, -0.2, 0.3};
  const double all = std::log(std::exp(0.1) + std::exp(-0.2) + std::exp(0.3));
  for (double& x : out) x -= all;
  return out;
}

// One wins seven times of ten: by how much its log-odds change.
double change_of_log_odds(const ArmSpec& spec) {
  const ArmResult result = fit(spec, test::arms_world({0, 0}, 1), test::compare_arms({{0, 1, 7}, {1, 0, 3}}));
  EXPECT_TRUE(result.certificate.converged);
  return result.log_policy()[0] - result.log_policy()[1];
}

TEST(Answers, OfTheOptimum) {
  const World arms = three_arms();
  SoftPlan plan;
  soft_plan(arms.graph, arms.log_reference, arms.reward, 1, plan);
  EXPECT_NEAR(plan.value[0], 0.9698706611, 1e-10);
  EXPECT_NEAR(soft_return(arms, arms.log_reference), 2.0 / 3, 1e-14);
  const World tokens = two_tokens();
  soft_plan(tokens.graph, tokens.log_reference, tokens.reward, 1, plan);
  EXPECT_NEAR(plan.value[0], 1.0803672226, 1e-10);
  const Values known = {0.1222095029, 0.2214665807, 0.6020085818, 0.0543153346};
  const auto paths = test::completions(tokens.graph);
  for (std::size_t k = 0; k < known.size(); ++k)
    EXPECT_NEAR(std::exp(test::sum_along(plan.log_policy, paths[k])), known[k], 1e-10) << k;
}

TEST(Answers, OfDpoAtAPoint) {
  const World world = three_arms();
  DpoLoss loss(world, tabulate(three_arms_population()), 1);
  const Values log_policy = somewhere();
  Values g(3, 0.0);
  EXPECT_NEAR(loss.evaluate(log_policy, g), 0.6240484299, 1e-10);
  const Values known = {0.0841048607, -0.0722661138, -0.0118387469};
  for (std::size_t y = 0; y < 3; ++y)
    EXPECT_NEAR(g[y] - (g[0] + g[1] + g[2]) * std::exp(log_policy[y]), known[y], 1e-10) << y;
}

TEST(Answers, OfSlicAtAPoint) {
  const World world = three_arms();
  ArmResult there;
  there.policy = EdgePolicy(somewhere());
  EXPECT_NEAR(
      algorithms().at("slic").extra.held_out_loss(arm("slic", {}), world, there, three_arms_population()),
      0.8171798183, 1e-10);
}

// The loss at the optimum is that of the truth, whatever beta is.
TEST(Answers, OfDpoAtHalfTheTemperature) {
  const ArmResult one = fit(arm("dpo", {}), three_arms(), three_arms_population()),
                  half = fit(arm("dpo", {{"beta_factor", 0.5}}), three_arms(), three_arms_population());
  expect_policy(one, {0.1895660357, 0.3435292735, 0.4669046908});
  expect_policy(half, {0.0414500543, 0.2041845177, 0.7543654280});
  EXPECT_NEAR(one.certificate.objective, 0.5892031500, 1e-10);
  EXPECT_NEAR(half.certificate.objective, 0.5892031500, 1e-10);
  EXPECT_NEAR(change_of_log_odds(arm("dpo", {{"beta_factor", 0.5}})), 1.6945957208, 1e-9);
}

// Of labels that are flipped one time of ten, plain dpo is too timid.
TEST(Answers, OfDpoOnFlippedLabels) {
  expect_policy(fit(arm("dpo", {}), three_arms(), three_arms_population(test::kThreeRewards, 0.1)),
                {0.2582282149, 0.3666312009, 0.3751405842});
}

TEST(Answers, OfDpoUnderThePenalty) {
  expect_policy(fit(arm("dpo", {}, penalty("reference-kl", 0.1)), three_arms(), three_arms_population()),
                {0.2543037814, 0.3809831472, 0.3647130714});
}

TEST(Answers, OfTwoArms) {
  EXPECT_NEAR(change_of_log_odds(arm("simpo", {{"beta", 1.0}, {"gamma", 0.5}})), 1.0922668194, 1e-9);
  EXPECT_NEAR(change_of_log_odds(arm("rdpo", {{"eps", 0.1}})), 1.0986122887, 1e-9);
  EXPECT_NEAR(change_of_log_odds(arm("exo", {{"eps", 0.1}})), 0.8788898309, 1e-9);
  EXPECT_NEAR(change_of_log_odds(arm("exo", {{"eps", 1e-3}})), 2.7627019115, 1e-9);
}

// z + log z of pi/pi_ref is r - Z over beta, with one Z for all completions.
TEST(Answers, OfTheConstantOfChipo) {
  const World world = three_arms();
  const ArmResult result = fit(arm("chipo", {}), world, three_arms_population());
  for (std::size_t y = 0; y < 3; ++y) {
    const double u = result.log_policy()[y] - world.log_reference[y];
    EXPECT_NEAR(world.reward[y] - (std::exp(u) + u), -0.2650568827, 1e-8) << y;
  }
}

// Arms that lose more often than they win lose all their mass. On the face of the others the loss is
// stationary where these stand, and its point is their KL.
TEST(Answers, OfKtoInTheLimit) {
  const World world = three_arms();
  struct Known {
    double beta;
    Values face;
    double point;
  };
  for (const auto& [beta, face, point] : {Known{0.1, {0.3652492562, 0.6347507438}, 0.8822092204},
                                          Known{1.0, {0.3287837356, 0.6712162644}, 0.9305500018}}) {
    const auto loss = algorithms().at("kto").extra.loss(arm("kto", {{"beta", beta}}), world,
                                                        tabulate(three_arms_population()));
    auto& of_point = dynamic_cast<PointLoss&>(*loss);
    const Values at_the_face = {-700, std::log(face[0]), std::log(face[1])};
    EXPECT_NEAR(of_point.point_of(at_the_face), point, 1e-9);
    of_point.hold(point);
    Values g(3, 0.0);
    loss->evaluate(at_the_face, g);
    EXPECT_GT(std::fabs(g[1]), 1e-3);
    EXPECT_NEAR(g[1] / face[0], g[2] / face[1], 1e-9);
    // What wins less what loses, as the derivative at the reference has it.
    Values at_reference(3, 0.0);
    of_point.hold(0);
    loss->evaluate(world.log_reference, at_reference);
    const Values known = {-0.2809714117, 0.1026927016, 0.1782787101};
    for (std::size_t y = 0; y < 3; ++y) EXPECT_NEAR(at_reference[y], -beta / 4 * known[y], 1e-10) << y;
  }
  const auto loss = algorithms().at("kto").extra.loss(arm("kto", {{"beta", 0.1}}), world,
                                                      tabulate(three_arms_population()));
  EXPECT_NEAR(dynamic_cast<PointLoss&>(*loss).point_of(somewhere()), 0.1690360036, 1e-10);
}

// r = (2, 3, 1), pi ∝ (e^t, e^-t, 1): by reverse KL, and by forward KL.
TEST(Answers, OfSecondStagesInTheClassOfGopalan) {
  for (const auto& [beta, reverse, forward] :
       {std::tuple(1.0, -0.9951795301, -0.6780305400), std::tuple(10.0, -0.0526315788, -0.0524346243)}) {
    const World world = test::arms_world({2, 3, 1}, beta, {1, -1, 0});
    for (const auto& [algorithm, known] : {std::pair("rm+project", reverse), std::pair("rm+rwr", forward)}) {
      ArmSpec spec = test::reward_arm(algorithm, model_class("dense"), penalty("none"));
      spec.policy = model_class("first", 1);
      if (spec.algorithm == "rm+rwr")
        spec.course = test::settings({{"kind", "rounds"}, {"steps", integer(1)}});
      const ArmResult result = fit(spec, world, test::population(world));
      EXPECT_NEAR(result.log_policy()[0] - result.log_policy()[2], known, 1e-7) << algorithm << " " << beta;
    }
  }
}

// Theorem 2.3: labels of a reward that the class has leave its policy where it is, whoever is asked: the
// policy itself, the reference, or one that says 00 and 11 alone. Two tokens, the class of products.
TEST(Answers, OfOnlineDpoByChanceAtTheOfflineFit) {
  World world = two_tokens();
  const auto model = make_model(model_class("degree", 1), world, Role::policy);
  const ArmResult offline = run_arm(policy_arm("dpo", model_class("degree", 1), penalty("none")),
                                    {world, test::population(world), RandomSource(11, "tests"), 0, false});
  const auto product = test::product_parameters(offline.log_policy());
  EXPECT_NEAR(product[0], 0.6450733055, 1e-8);
  EXPECT_NEAR(product[1], -0.1394984671, 1e-8);
  world.reward = implicit_reward(world, offline.log_policy(), world.beta);
  const double half = std::log(0.5), never = -700;
  const Values on_two_completions = {half, half, std::log1p(-std::exp(never)), never, never, 0};
  const auto gradient = [&](const Values& asked, Labels labels) {
    ListedPairs pairs(world);
    add_expected_pairs(world, only({asked, asked}), Annotator(world, labels), 1, pairs);
    DpoLoss loss(world, table_of(pairs), world.beta);
    PolicyObjective objective(*model, world, loss, {.kind = PenaltyKind::none});
    Values out(model->parameters());
    objective.evaluate(offline.theta, out);
    return out;
  };
  for (const Values& asked : {offline.log_policy(), world.log_reference, on_two_completions})
    EXPECT_LT(num::norm(gradient(asked, Labels::bt)), 1e-9);
  // Labelled by which is better it goes on.
  const Values moved = gradient(offline.log_policy(), Labels::best);
  EXPECT_NEAR(moved[0], -0.1697606802, 1e-8);
  EXPECT_NEAR(moved[1], 0.1024053098, 1e-8);
}

// Where the better one is always preferred a flow along the gradient never rests. With pairs of the
// reference, N = 2, log pi/pi_ref comes to go by rank alone: 16.223 and 17.322 apart at time 1e8. Whoever is
// asked, the policy goes to the best arm. Steps are a tenth of the time so far, as the flow is that of a
// logarithm.
TEST(Answers, OfOnlineDpoByTheBestInTheLongRun) {
  const World world = three_arms();
  for (const double n : {2.0, 4.0, 25.0})
    for (const bool asked_once : {true, false}) {
      Values logits(3, 0.0), log_policy = world.log_reference;
      for (double time = 0; time < 1e8;) {
        Values mass(3);
        for (std::size_t y = 0; y < 3; ++y)
          mass[y] = std::exp(asked_once ? world.log_reference[y] : log_policy[y]);
        const Values law = top_bottom_law(mass, n);
        Values preferred(9, 0.0), of_policy(3, 0.0), g(3);
        for (std::size_t y = 1; y < 3; ++y)
          for (std::size_t z = 0; z < y; ++z) preferred[y * 3 + z] = law[y * 3 + z];
        CompletionPairLoss loss(world, all_completions(world.graph), {preferred}, 1);
        loss.evaluate(log_policy, of_policy);
        softmax_pullback(world.graph, log_policy, of_policy, g);
        const double step = std::fmin(std::fmax(0.02 * time, 0.1), 1e8 - time);
        for (std::size_t y = 0; y < 3; ++y) logits[y] -= step * g[y];
        softmax_policy(world.graph, world.log_reference, logits, log_policy);
        time += step;
      }
      EXPECT_GT(std::exp(log_policy[2]), 0.95) << n << ", " << asked_once;
      if (n > 2 || !asked_once) continue;
      EXPECT_NEAR(logits[2] - logits[1], 16.223, 0.03);
      EXPECT_NEAR(logits[1] - logits[0], 17.322, 0.03);
    }
}

}  // namespace
}  // namespace twostage
