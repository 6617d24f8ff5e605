#include "theory/prediction/prediction.hpp"
#include "theory/asymptotics/shrinkage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <set>
#include <tuple>

#include "sim/numerics/interruption.hpp"
#include "sim/plan/sweeps.hpp"
#include "tests/support/hand_made.hpp"
#include "tests/support/worlds.hpp"
#include "theory/prediction/curves.hpp"
#include "theory/prediction/forecasts.hpp"

namespace twostage {
namespace {

World tokens(std::int64_t horizon, std::int64_t degree) {
  return test::world(
      {{"family", std::string("tokens")}, {"horizon", horizon}, {"degree", degree}, {"headroom", 0.5}});
}

std::unique_ptr<const LinearModel> model_of(const World& world, const char* name, std::int64_t degree,
                                            Role role) {
  Settings spec;
  spec.set("class", std::string(name));
  if (degree > 0) spec.set("degree", degree);
  return make_linear_model(spec, world, role);
}

PairPolicies reference_pairs(const World& world) {
  return {world.log_reference, world.log_reference};
}

// Two arms, beta = 1, reward difference D, uniform reference, reference-kl lambda. With p = sigma(D):
// I = p (1-p) / 2, C = p (1-p), g = lambda (p - 1/2), P = lambda p (1-p), so that
// H = p (1-p) (n/2 + lambda) and E regret = [ n/2 / (n/2 + lambda)^2 + g^2 / (p(1-p) (n/2 + lambda)^2) ] / 2.
TEST(Shrinkage, TwoArms) {
  const double d = 0.9, lambda = 4, n = 300;
  const World world = test::arms_world({0.0, d}, 1);
  const auto model = model_of(world, "dense", 0, Role::reward);
  auto shrinkage =
      Shrinkage::at_truth(*model, {PenaltyTerm::Kind::reference_kl, lambda}, world, reference_pairs(world));
  ASSERT_TRUE(shrinkage);
  const double p = 1 / (1 + std::exp(-d));
  const double h = n / 2 + lambda;
  const double g = lambda * (p - 0.5);
  const ExpectedRegret expected = shrinkage->at(n);
  EXPECT_NEAR(expected.variance, n / 2 / (h * h) / 2, 1e-12);
  EXPECT_NEAR(expected.pseudo_true, g * g / (p * (1 - p) * h * h) / 2, 1e-12);
  EXPECT_NEAR(expected.kappa, 2 / n, 1e-12);
  // Normal deviation with mean m and variance v in theta: Var of p(1-p) theta^2 / 2.
  const double v = n / 2 / (h * h * p * (1 - p)), m = g / (p * (1 - p) * h);
  EXPECT_NEAR(expected.deviation, p * (1 - p) * std::sqrt(v * v / 2 + m * m * v), 1e-12);
}

// Regret on prompts without data: the curvature is theirs, the information that of the data. By enumeration
// of both, for a class that all prompts share. Of a class that each prompt has for itself nothing is said.
TEST(Predictor, OnPromptsWithoutDataTheCurvatureIsTheirs) {
  Settings given = test::settings({{"family", std::string("summary")},
                                   {"reference_text", std::string("copy")},
                                   {"horizon", std::int64_t{3}},
                                   {"prompts", std::int64_t{3}},
                                   {"held_out", std::int64_t{2}},
                                   {"reference", std::string("random")},
                                   {"prompt_weights", std::string("random")},
                                   {"headroom", 0.4}});
  given.set("prompt_length", std::int64_t{3});
  const World world = make_world(resolve_world(given), test::world_seed(), 1e9);
  const auto model = model_of(world, "copying", 0, Role::reward);
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  const PairPolicies pairs = reference_pairs(world);

  const auto features = [&](const test::Path& path) {
    FeatureRow row;
    model->add_path(path, 1, row);
    Eigen::Vector3d out = Eigen::Vector3d::Zero();
    for (std::size_t k = 0; k < row.index.size(); ++k) out(row.index[k]) += row.value[k];
    return out;
  };
  const auto probability = [](const std::vector<double>& log_policy, const test::Path& path) {
    return std::exp(test::sum_along(log_policy, path));
  };
  Eigen::Matrix3d information = Eigen::Matrix3d::Zero();
  const auto curvature = [&](PromptSet population) {
    const std::vector<double> rho = prompt_measure(world, population);
    Eigen::Matrix3d out = Eigen::Matrix3d::Zero();
    for (std::size_t p = 0; p < world.graph.prompts(); ++p) {
      Eigen::Vector3d mean = Eigen::Vector3d::Zero();
      Eigen::Matrix3d second = Eigen::Matrix3d::Zero();
      for (const auto& path : test::completions(world.graph, p)) {
        const double mass = probability(optimum.log_policy, path);
        mean += mass * features(path);
        second += mass * features(path) * features(path).transpose();
      }
      out += rho[p] * (second - mean * mean.transpose());
    }
    return out;
  };
  for (std::size_t p = 0; p < 3; ++p)
    for (const auto& a : test::completions(world.graph, p))
      for (const auto& b : test::completions(world.graph, p)) {
        const double gap = test::sum_along(world.reward, a) - test::sum_along(world.reward, b);
        const double s = 1 / (1 + std::exp(-gap));
        const Eigen::Vector3d x = features(a) - features(b);
        information += world.rho[p] * probability(world.log_reference, a) *
                       probability(world.log_reference, b) * s * (1 - s) * x * x.transpose();
      }
  const auto limit = [&](PromptSet population) {
    return (information.inverse() * curvature(population)).trace() / (2 * world.beta);
  };
  EXPECT_GT(std::fabs(limit(PromptSet::held_out) / limit(PromptSet::train) - 1),
            0.01);  // or nothing is tested
  for (const PromptSet population : {PromptSet::train, PromptSet::held_out, PromptSet::all}) {
    Predictor predictor({Route::Kind::plan, model.get(), {}}, world, pairs, population);
    const Prediction at = predictor.at(1e5);
    EXPECT_EQ(at.reason, "");
    EXPECT_NEAR(1e5 * at.regret / limit(population), 1, 1e-8);
    EXPECT_EQ(at.floor, 0);
    EXPECT_EQ(at.regime, Regime::within);
  }
  // All prompts are a mixture of both, and so is the limit.
  const std::vector<double> every = prompt_measure(world, PromptSet::all);
  const double share = every[3] + every[4];
  EXPECT_NEAR(limit(PromptSet::all),
              share * limit(PromptSet::held_out) + (1 - share) * limit(PromptSet::train), 1e-10);

  const auto dense = model_of(world, "dense", 0, Role::reward);
  const Prediction own =
      Predictor({Route::Kind::plan, dense.get(), {}}, world, pairs, PromptSet::held_out).at(1e5);
  EXPECT_EQ(own.regime, Regime::no_theory);
  EXPECT_THAT(own.reason, testing::HasSubstr("does not hold the truth"));
  const auto policies = model_of(world, "copying", 0, Role::policy);
  EXPECT_THAT(
      Predictor({Route::Kind::direct, policies.get(), {}}, world, pairs, PromptSet::held_out).at(1e5).reason,
      testing::HasSubstr("class of policies"));
}

// Far into the data both ways are first order in 1/n around the same point, for every penalty: what they
// differ in is O(1/n^2), so ten times the pairs must bring them about ten times closer, relatively.
TEST(Shrinkage, ApproachesTheExpansion) {
  const World world = tokens(3, 2);
  const auto model = model_of(world, "degree", 3, Role::reward);
  for (const PenaltyTerm::Kind kind :
       {PenaltyTerm::Kind::reference_kl, PenaltyTerm::Kind::variance, PenaltyTerm::Kind::ridge}) {
    const PairPolicies pairs = reference_pairs(world);
    auto shrinkage = Shrinkage::at_truth(*model, {kind, 4}, world, pairs);
    Expansion expansion({Route::Kind::plan, model.get(), {kind, 4}}, world, pairs);
    double before = 1;
    for (const double n : {1e4, 1e5, 1e6}) {
      const double apart = std::fabs(shrinkage->at(n).regret / expansion.at(n).regret - 1);
      EXPECT_LT(apart, n == 1e4 ? 0.05 : before / 5) << n;
      EXPECT_NEAR(shrinkage->at(n).deviation / expansion.at(n).deviation, 1, 100 / n + 1e-4);
      before = apart;
    }
  }
}

TEST(Shrinkage, RefusesAClassWithoutTheTruth) {
  const World world = tokens(3, 2);
  EXPECT_FALSE(
      Shrinkage::at_truth(*model_of(world, "degree", 1, Role::reward), {}, world, reference_pairs(world)));
  EXPECT_TRUE(
      Shrinkage::at_truth(*model_of(world, "degree", 2, Role::reward), {}, world, reference_pairs(world)));
}

// Without a penalty the expected regrets are b + v/n exactly, so all follows by hand from two values of n:
// the crossing of a misspecified RM with all policies, and the pairs for a target.
TEST(Predictor, CrossingAndSampleSizeFollowFromFloorAndSlope) {
  const World world = tokens(4, 2);
  const auto small = model_of(world, "degree", 1, Role::reward);
  const auto all = model_of(world, "tabular", 0, Role::policy);
  const PairPolicies pairs = reference_pairs(world);
  Predictor rm({Route::Kind::plan, small.get(), {}}, world, pairs);
  Predictor dpo({Route::Kind::direct, all.get(), {}}, world, pairs);
  const double b = 2 * rm.at(2000).regret - rm.at(1000).regret;
  const double v = 2000 * (rm.at(1000).regret - rm.at(2000).regret);
  const double w = 1000 * dpo.at(1000).regret;
  EXPECT_GT(b, 0);
  EXPECT_NEAR(rm.at(1000).floor, b, 1e-10);
  const Curve rm_curve = [&](double n) { return rm.at(n).regret; };
  const Curve dpo_curve = [&](double n) { return dpo.at(n).regret; };
  EXPECT_NEAR(curve_slope(rm_curve, b), v, 1e-5 * v);
  const std::vector<double> crossing = contest(rm_curve, dpo_curve, 1, 1e6).turns;
  ASSERT_EQ(crossing.size(), 1u);
  EXPECT_NEAR(crossing[0], (w - v) / b, 1e-8 * crossing[0]);
  EXPECT_NEAR(pairs_for(rm_curve, 2 * b), v / b, 1e-8 * v / b);
  EXPECT_EQ(pairs_for(rm_curve, b / 2), std::numeric_limits<double>::infinity());
}

// A policy class smaller than a reward class, with pi* in it: the trace of the smaller one is the smaller, so
// the direct route wins. Degree 1 is the same class read either way (additive rewards are their own plan).
TEST(Predictor, TheSmallerClassThatHoldsTheOptimumWins) {
  const World world = tokens(4, 1);
  const auto large = model_of(world, "degree", 3, Role::reward);
  const auto same = model_of(world, "degree", 1, Role::reward);
  const auto small = model_of(world, "degree", 1, Role::policy);
  const PairPolicies pairs = reference_pairs(world);
  const double rm = Predictor({Route::Kind::plan, large.get(), {}}, world, pairs).at(1000).regret;
  const double dpo = Predictor({Route::Kind::direct, small.get(), {}}, world, pairs).at(1000).regret;
  EXPECT_LT(dpo, rm);
  EXPECT_NEAR(dpo, Predictor({Route::Kind::plan, same.get(), {}}, world, pairs).at(1000).regret, 1e-9 * dpo);
}

// One dimension: n regret -> w chi^2_1 / (2 beta), whose median is .4549364 w and .9 quantile 2.705543 w.
TEST(Predictor, QuantilesOfTheLimitLaw) {
  const World world = test::arms_world({0.0, 0.9}, 1);
  const auto model = model_of(world, "dense", 0, Role::reward);
  const PairPolicies pairs = reference_pairs(world);
  const Prediction at = Predictor({Route::Kind::plan, model.get(), {}}, world, pairs).at(1000);
  EXPECT_NEAR(at.median, 0.454936423119572 * at.regret, 1e-9);
  EXPECT_NEAR(at.upper, 2.705543454095404 * at.regret, 1e-9);
}

// Asked for with an effort, by the law and by the expansion alike; n^2 times what it adds is a constant
// without a penalty, and tabular DPO is the dense reward class.
TEST(Predictor, SecondOrder) {
  const World world = tokens(3, 2);
  const PairPolicies pairs = reference_pairs(world);
  const auto dense = model_of(world, "dense", 0, Role::reward);
  const auto tabular = model_of(world, "tabular", 0, Role::policy);
  const auto small = model_of(world, "degree", 1, Role::reward);
  const auto small_policy = model_of(world, "degree", 1, Role::policy);
  Predictor plan({Route::Kind::plan, dense.get(), {}}, world, pairs);
  Predictor dpo({Route::Kind::direct, tabular.get(), {}}, world, pairs);
  Predictor missed({Route::Kind::plan, small.get(), {}}, world, pairs);
  Predictor direct({Route::Kind::direct, small_policy.get(), {}}, world, pairs);
  for (Predictor* predictor : {&plan, &missed}) {
    EXPECT_TRUE(std::isnan(predictor->at(500).second));
    EXPECT_TRUE(std::isnan(predictor->at(500, 1000).second));
    const Prediction a = predictor->at(500, kEffortForOne);
    const Prediction b = predictor->at(1000, kEffortForOne);
    EXPECT_GT(std::fabs(a.second - a.regret), 1e-6);
    EXPECT_NEAR(a.second - a.regret, 4 * (b.second - b.regret), 1e-9);
  }
  EXPECT_NEAR(dpo.at(500, kEffortForOne).second, plan.at(500, kEffortForOne).second, 1e-12);
  EXPECT_TRUE(std::isnan(direct.at(500, kEffortForMany).second));
}

// Beyond 256 completions a penalty goes by shrinkage, and the second order by the expansion beside it: they
// differ by what either leaves at 1/n^2, so 4 times the pairs must bring them about 16 times closer.
TEST(Predictor, SecondOrderBesideShrinkage) {
  const World world = tokens(9, 1);
  const PairPolicies pairs = reference_pairs(world);
  const auto model = model_of(world, "degree", 1, Role::reward);
  Predictor predictor({Route::Kind::plan, model.get(), {PenaltyTerm::Kind::reference_kl, 4}}, world, pairs);
  const auto apart = [&](double n) {
    const Prediction at = predictor.at(n, kEffortForMany);
    return std::fabs(at.second - at.regret);
  };
  const double once = apart(20000);
  EXPECT_GT(once, 0);
  EXPECT_LT(apart(80000), once / 10);
}

TEST(Predictor, SaysWhenItDoesNotApply) {
  const World world = tokens(3, 2);
  const auto model = model_of(world, "dense", 0, Role::reward);
  const PairPolicies pairs = reference_pairs(world);
  Predictor predictor({Route::Kind::plan, model.get(), {}}, world, pairs);
  EXPECT_EQ(predictor.at(1e6).regime, Regime::within);
  EXPECT_EQ(predictor.at(30).regime, Regime::kappa_too_large);
  EXPECT_NEAR(predictor.at(30).kappa / predictor.at(60).kappa, 2, 1e-9);
  EXPECT_GT(predictor.at(1e6).existence, 1 - 1e-12);
  EXPECT_LT(predictor.at(30).existence, 0.999);
  const Prediction none = Predictor("no formula").at(100);
  EXPECT_EQ(none.regime, Regime::no_theory);
  EXPECT_EQ(none.reason, "no formula");
  EXPECT_TRUE(std::isnan(none.regret));

  const World turning = test::world({{"family", "tokens"},
                                     {"horizon", std::int64_t{3}},
                                     {"degree", std::int64_t{2}},
                                     {"headroom", 0.5},
                                     {"intransitivity", 0.1}});
  const Prediction of_no_reward =
      Predictor({Route::Kind::plan, model.get(), {}}, turning, reference_pairs(turning)).at(1e6);
  EXPECT_EQ(of_no_reward.regime, Regime::no_theory);
  EXPECT_EQ(of_no_reward.reason, "no formula for preferences that no reward gives");
  EXPECT_TRUE(std::isnan(of_no_reward.regret));

  const World large = tokens(9, 2);
  const auto tabular = model_of(large, "tabular", 0, Role::policy);
  EXPECT_THAT(
      Predictor({Route::Kind::direct, tabular.get(), {}}, large, reference_pairs(large)).at(10).reason,
      testing::HasSubstr("parameters"));
}

// Two arms, difference D: the estimate exists unless one arm wins all. kappa = 2 / n is small long before
// that is rare when D is large: P(some arm never loses) is about (1 - sigma(-D) / 2)^n.
TEST(Predictor, AnEstimateThatMayNotExistIsOutsideTheRegime) {
  const World world = test::arms_world({0.0, 6.0}, 1);
  const auto model = model_of(world, "dense", 0, Role::reward);
  const PairPolicies pairs = reference_pairs(world);
  Predictor predictor({Route::Kind::plan, model.get(), {}}, world, pairs);
  const double rare = 1 / (1 + std::exp(6.0)) / 2;
  for (const double n : {1000.0, 4000.0, 8000.0})
    EXPECT_NEAR(predictor.at(n).existence, 1 - std::pow(1 - rare, n), 1e-9);
  EXPECT_EQ(predictor.at(4000).regime, Regime::estimate_may_not_exist);
  // 9.9 wins of the lesser arm to expect. Summed over their law the mean regret is 1.018 of the prediction.
  EXPECT_EQ(predictor.at(8000, kEffortForMany).regime, Regime::within);
  // A penalty has the curvature lambda p (1-p) / beta^2, p (1-p) = .0025: .01 is nothing beside 4.9 wins, 10
  // keeps them in place.
  const auto penalised = [&](double lambda, double beta) {
    const World warm = test::arms_world({0.0, 6.0}, beta);
    return Predictor({Route::Kind::plan, model.get(), {PenaltyTerm::Kind::reference_kl, lambda}}, warm,
                     reference_pairs(warm))
        .at(4000, kEffortForMany);
  };
  EXPECT_EQ(penalised(4, 1).regime, Regime::penalty_too_weak);
  EXPECT_EQ(penalised(4, 1).existence, 1);
  EXPECT_NE(penalised(4000, 1).regime, Regime::penalty_too_weak);
  EXPECT_EQ(penalised(4000, 1000).regime, Regime::penalty_too_weak);
}

// What is asked for the regime alone leaves out what cannot change it. Over worlds, routes, penalties and n
// it gives each of the regimes that a prediction of its own gives.
TEST(Predictor, TheRegimeAloneIsThatOfThePrediction) {
  const std::vector<PenaltyTerm> penalties = {{},
                                              {PenaltyTerm::Kind::reference_kl, 4},
                                              {PenaltyTerm::Kind::reference_kl, 400},
                                              {PenaltyTerm::Kind::ridge, 1e-3}};
  std::set<Regime> met;
  for (const double beta : {0.02, 1.0, 50.0}) {
    const World tokens = test::world({{"family", std::string("tokens")},
                                      {"horizon", std::int64_t{3}},
                                      {"degree", std::int64_t{2}},
                                      {"beta", beta},
                                      {"headroom", 0.5 * beta}});
    const World arms = test::arms_world({0.0, 6.0 * beta}, beta);
    for (const World* world : {&tokens, &arms})
      for (const auto& [kind, name, degree] :
           {std::tuple{Route::Kind::plan, "dense", 0}, std::tuple{Route::Kind::direct, "tabular", 0}})
        for (const PenaltyTerm& penalty : penalties)
          for (double n = 10; n < 1e7; n *= 4)
            for (const double effort : {0.0, kEffortForMany}) {
              const auto model =
                  model_of(*world, name, degree, kind == Route::Kind::plan ? Role::reward : Role::policy);
              const PairPolicies pairs = reference_pairs(*world);
              const Route route = {kind, model.get(), penalty};
              const Prediction whole = Predictor(route, *world, pairs).at(n, effort);
              const Predictor::Trusted alone = Predictor(route, *world, pairs).regime(n, effort);
              EXPECT_EQ(alone.regime, whole.regime) << beta << " " << name << " " << n;
              if (whole.regime != Regime::no_theory) {
                EXPECT_EQ(alone.kappa, whole.kappa);
              }
              met.insert(whole.regime);
            }
  }
  EXPECT_GE(met.size(), 5u);
}

// Every number of a prediction, NaN included, as its bits.
std::vector<std::uint64_t> bits_of(const Prediction& p) {
  std::vector<std::uint64_t> out;
  for (const double x : {p.regret, p.second, p.deviation, p.floor, p.kappa, p.widest, p.curvature,
                         p.next_order, p.existence, p.median, p.upper})
    out.push_back(std::bit_cast<std::uint64_t>(std::isnan(x) ? 0.5 : x));
  out.push_back(static_cast<std::uint64_t>(p.regime));
  return out;
}

// Classes with the truth and without, of both stages, under every penalty: calls `check` with each route.
void for_every_route(const World& world, const std::function<void(const Route&)>& check) {
  for (const auto& [kind, name, degree] :
       {std::tuple{Route::Kind::plan, "dense", 0}, std::tuple{Route::Kind::plan, "degree", 1},
        std::tuple{Route::Kind::direct, "tabular", 0}, std::tuple{Route::Kind::direct, "degree", 1}})
    for (const PenaltyTerm& penalty :
         {PenaltyTerm{}, PenaltyTerm{PenaltyTerm::Kind::reference_kl, 4},
          PenaltyTerm{PenaltyTerm::Kind::variance, 4}, PenaltyTerm{PenaltyTerm::Kind::ridge, 1}}) {
      const auto model =
          model_of(world, name, degree, kind == Route::Kind::plan ? Role::reward : Role::policy);
      check({kind, model.get(), penalty});
    }
}

// A run asks one predictor for all its numbers of pairs, in the order of its strands, which depends on how
// many threads there are. The search for a pseudo-true parameter begins where the last one ended only along a
// curve.
TEST(Predictor, WhatWasAskedBeforeChangesNoBit) {
  const World world = tokens(3, 2);
  const PairPolicies pairs = reference_pairs(world);
  for_every_route(world, [&](const Route& route) {
    Predictor asked(route, world, pairs);
    for (const double n : {400.0, 20.0, 20000.0, 20.0, 1000.0}) {
      EXPECT_EQ(bits_of(asked.at(n, kEffortForMany)),
                bits_of(Predictor(route, world, pairs).at(n, kEffortForMany)))
          << static_cast<int>(route.kind) << " " << static_cast<int>(route.penalty.kind) << " " << n;
      asked.regret(3 * n);
      asked.regime(5 * n, kEffortForMany);
    }
  });
}

TEST(Predictor, WhatIsAskedIsThatOfTheWhole) {
  const World world = tokens(3, 2);
  const PairPolicies pairs = reference_pairs(world);
  const double none = std::numeric_limits<double>::quiet_NaN();
  for_every_route(world, [&](const Route& route) {
    for (const double n : {20.0, 2000.0, 1e6})
      for (unsigned asked = 0; asked < 16; ++asked) {
        const PredictionParts parts = {.second_order = (asked & 1) != 0,
                                       .quantiles = (asked & 2) != 0,
                                       .existence = (asked & 4) != 0,
                                       .regime = (asked & 8) != 0};
        Prediction whole = Predictor(route, world, pairs).at(n, kEffortForMany);
        if (!parts.second_order) whole.second = whole.next_order = none;
        if (!parts.quantiles) whole.median = whole.upper = none;
        if (!parts.existence) whole.existence = none;
        if (!parts.regime) whole.regime = Regime::no_theory;
        EXPECT_EQ(bits_of(Predictor(route, world, pairs).at(n, kEffortForMany, parts)), bits_of(whole))
            << static_cast<int>(route.kind) << " " << static_cast<int>(route.penalty.kind) << " " << n << " "
            << asked;
      }
  });
}

TEST(Forecasts, EachIsReadFromThePartsThatItNames) {
  const World world = tokens(3, 2);
  const PairPolicies pairs = reference_pairs(world);
  const auto model = model_of(world, "dense", 0, Role::reward);
  Predictor predictor({Route::Kind::plan, model.get(), {}}, world, pairs);
  const Prediction whole = predictor.at(1e4, kEffortForMany);
  for (const auto& entry : forecasts().entries()) {
    if (entry.extra.kind != MetricKind::predicted) continue;
    const Prediction part = predictor.at(1e4, kEffortForMany, parts_of(entry));
    EXPECT_EQ(forecast_value(entry, part), forecast_value(entry, whole)) << entry.name;
  }
}

// A class that prefers the wrong arm: rewards 1, .4, 0 and the one feature .5, 1, 0, which the pairs give a
// positive coefficient (of its differences .5, .5, 1 along -.6, 1, .4 ...), so that the plan takes arm 1. At
// beta = .001 it does so but for e^-100, and the regret is that of the arms: .6. The optimum takes arm 1 with
// probability e^-600, arm 2 with e^-1000, which no double holds.
TEST(Predictor, ColdWorldsKeepLogarithms) {
  const World world = test::arms_world({1, 0.4, 0}, 1e-3, {0.5, 1, 0});
  const auto model = model_of(world, "degree", 0, Role::reward);
  const PairPolicies pairs = reference_pairs(world);
  for (const PenaltyTerm penalty : {PenaltyTerm{}, PenaltyTerm{PenaltyTerm::Kind::ridge, 1e-3}}) {
    const Prediction at =
        Predictor({Route::Kind::plan, model.get(), penalty}, world, pairs).at(1e6, kEffortForMany);
    EXPECT_NEAR(at.floor, 0.6, 1e-12);
    EXPECT_NEAR(at.regret, 0.6, 1e-12);
  }
}

// Whatever the knobs at their ends, what is flagged within is a positive number; and where the optimum holds
// one arm but for e^-1000, what is left of the regret is no number, and nothing is flagged.
TEST(Predictor, NothingIsWithinWithoutANumber) {
  const std::vector<std::pair<std::string, Value>> families[] = {
      {{"family", std::string("bandit")}, {"arms", std::int64_t{4}}},
      {{"family", std::string("walk")}, {"horizon", std::int64_t{2}}, {"truth", std::string("dense")}},
      {{"family", std::string("tokens")}, {"horizon", std::int64_t{3}}},
      {{"family", std::string("two-token")}, {"actions", std::int64_t{3}}}};
  for (const auto& family : families)
    for (const double beta : {1e-3, 1.0, 1e3})
      for (const double scale : {1e-3, 1.0, 1e3})
        for (const double spread : {0.0, 10.0}) {
          Settings settings;
          for (const auto& [key, value] : family) settings.set(key, value);
          settings.set("beta", beta);
          settings.set("scale", scale);
          settings.set("prompts", std::int64_t{2});
          settings.set("prompt_weights", std::string("random"));
          settings.set("reference", std::string("random"));
          settings.set("reference_spread", spread);
          const World world = make_world(resolve_world(settings), test::world_seed(), 1e9);
          const PairPolicies pairs = reference_pairs(world);
          const auto reward = model_of(world, "dense", 0, Role::reward);
          const auto policy = model_of(world, "tabular", 0, Role::policy);
          for (const PenaltyTerm penalty : {PenaltyTerm{}, PenaltyTerm{PenaltyTerm::Kind::reference_kl, 4},
                                            PenaltyTerm{PenaltyTerm::Kind::ridge, 1e-3}})
            for (const Route& route : {Route{Route::Kind::plan, reward.get(), penalty},
                                       Route{Route::Kind::direct, policy.get(), penalty}}) {
              Predictor predictor(route, world, pairs);
              for (const double n : {3e3, 1e6}) {
                const Prediction at = predictor.at(n);
                EXPECT_FALSE(std::isinf(at.regret)) << beta << " " << scale;
                if (at.regime != Regime::within) continue;
                EXPECT_GT(at.regret, 0) << beta << " " << scale;
                EXPECT_TRUE(std::isfinite(at.deviation)) << beta << " " << scale;
                EXPECT_LE(at.curvature, kNextOrderLimit) << beta << " " << scale;
              }
            }
        }
}

// A model of which nothing can be had: the prediction is missing, and says why.
TEST(Predictor, AFailureIsAReason) {
  class Broken final : public LinearModel {
   public:
    std::size_t parameters() const override { return 2; }
    void scores(std::span<const double>, std::span<double>) const override { fail(); }
    void pullback(std::span<const double>, std::span<const double>, std::span<double>) const override {
      fail();
    }
    std::size_t rank() const override { return 2; }
    void add_path(std::span<const EdgeId>, double, FeatureRow&) const override { fail(); }
    double integer_unit(std::size_t) const override { return 0; }
    void path_covariance(std::span<const double>, std::span<double>) const override { fail(); }

   private:
    [[noreturn]] static void fail() { throw std::logic_error("broken model"); }
  };
  const World world = tokens(3, 2);
  const Broken model;
  const PairPolicies pairs = reference_pairs(world);
  for (const Route::Kind kind : {Route::Kind::plan, Route::Kind::direct}) {
    Predictor predictor({kind, &model, {}}, world, pairs);
    const Prediction at = predictor.at(1000, kEffortForMany);
    EXPECT_EQ(at.regime, Regime::no_theory);
    EXPECT_EQ(at.reason, "broken model");
    EXPECT_TRUE(std::isnan(at.regret));
    EXPECT_TRUE(std::isnan(predictor.regret(1000)));
  }
}

// In this order, each with its word.
TEST(Regime, AsksForEachInTurn) {
  const Trust good{.regret = 1,
                   .kappa = 0.01,
                   .widest = 0.05,
                   .curvature = 0.05,
                   .next_order = 0.05,
                   .existence = 1,
                   .penalised = false};
  const auto with = [&](auto change) {
    Trust trust = good;
    change(trust);
    return regime_of(trust);
  };
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(regime_of(good), Regime::within);
  EXPECT_EQ(with([](Trust& t) { t.kappa = none; }), Regime::kappa_unknown);
  EXPECT_EQ(with([](Trust& t) { t.kappa = 0.021; }), Regime::kappa_too_large);
  EXPECT_EQ(with([](Trust& t) { t.existence = 0.99; }), Regime::estimate_may_not_exist);
  EXPECT_EQ(with([](Trust& t) {
              t.existence = 0.99;
              t.penalised = true;
            }),
            Regime::penalty_too_weak);
  for (const double next : {0.11, -0.11})
    EXPECT_EQ(with([&](Trust& t) { t.next_order = next; }), Regime::next_order_too_large);
  EXPECT_EQ(with([](Trust& t) { t.curvature = 0.11; }), Regime::next_order_too_large);
  EXPECT_EQ(with([](Trust& t) { t.curvature = none; }), Regime::next_order_too_large);
  EXPECT_EQ(with([](Trust& t) { t.regret = 0; }), Regime::next_order_too_large);
  // A wide difference matters where the next order is not known, and there alone.
  EXPECT_EQ(with([](Trust& t) { t.widest = 0.11; }), Regime::within);
  EXPECT_EQ(with([](Trust& t) { t.next_order = none; }), Regime::within);
  EXPECT_EQ(with([](Trust& t) {
              t.next_order = none;
              t.widest = 0.11;
            }),
            Regime::next_order_too_large);
  // Result files store the values.
  EXPECT_EQ(regime_names()[5], "next_order_too_large");
  EXPECT_EQ(regime_names()[6], "penalty_too_weak");
}

TEST(Forecasts, AreDescribedLikeMetrics) {
  Prediction prediction;
  prediction.regret = 3;
  prediction.regime = Regime::kappa_unknown;
  EXPECT_EQ(forecast_value(forecasts().at("predicted_regret"), prediction), 3);
  EXPECT_EQ(forecasts().at("regime").extra.flag_meanings.at(
                static_cast<std::size_t>(forecast_value(forecasts().at("regime"), prediction))),
            "kappa_unknown");
  for (const auto& entry : forecasts().entries()) {
    EXPECT_FALSE(entry.extra.definition.empty()) << entry.name;
    EXPECT_TRUE(is_of_theory(entry.extra.kind)) << entry.name;
  }
}

// Large classes take seconds to be told of, and whoever asks to stop is heard within: at every parameter that
// is gone through, at least.
TEST(Predictor, IsGivenUpWithin) {
  const World world = test::world({{"family", std::string("summary")},
                                   {"reference_text", std::string("copy")},
                                   {"horizon", std::int64_t{4}},
                                   {"prompts", std::int64_t{3}}});
  const auto model = model_of(world, "prompt-window", 0, Role::reward);
  const PairPolicies pairs = reference_pairs(world);
  const Route route{Route::Kind::plan, model.get(), {PenaltyTerm::Kind::reference_kl, 4}};
  std::size_t asked = 0, last = std::numeric_limits<std::size_t>::max();
  const auto predict = [&] {
    asked = 0;
    const num::Interruptible meanwhile([&] {
      if (++asked > last) throw std::string("enough");  // no std::exception, as Stopped is none
    });
    Predictor(route, world, pairs, PromptSet::train).at(100);
  };
  predict();
  const std::size_t all = asked;
  EXPECT_GT(all, 3 * model->parameters());
  for (last = 0; last < all; last += 1 + all / 7) EXPECT_THROW(predict(), std::string) << last;
}

}  // namespace
}  // namespace twostage
