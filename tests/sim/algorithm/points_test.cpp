// Losses with a point that the policy itself sets: fixed points against numbers that were computed elsewhere,
// against their defining equations, and what is said where there is none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/algorithm/direct/points/point_fit.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/divergence.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/hand_made.hpp"
#include "tests/support/three_arms.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;
using test::policy_arm;
using test::three_arms;
using test::three_arms_population;
using Three = std::array<double, 3>;

ArmSpec arm(const std::string& algorithm, const Settings& with, const Settings& options = {},
            const Settings& policy = model_class("tabular")) {
  ArmSpec out = policy_arm(algorithm, policy, with);
  out.options = options;
  return out;
}

ArmResult fit(const ArmSpec& spec, const World& world, const PreferenceData& data) {
  return run_arm(spec, {world, data, RandomSource(11, "tests"), 0, true});
}

// Roots of the derivatives at a point held fast, found in numpy.
TEST(Points, AreThoseComputedElsewhere) {
  struct Known {
    std::string algorithm;
    Settings options;
    Three reward;
    double lambda;
    Three policy;
    double objective;
  };
  const Three even{0, 1, 2}, uneven{0, 0.5, 2};
  const Settings tenth = test::settings({{"beta", 0.1}}), one = test::settings({{"beta", 1.0}});
  const Settings uneven_weights = test::settings({{"beta", 1.0}, {"desirable", 1.5}, {"undesirable", 0.8}});
  for (const Known& known : std::vector<Known>{
           {"kto", tenth, even, 0.1, {0.4297623468, 0.3590067033, 0.2112309500}, 0.9988364116},
           {"kto", tenth, even, 0.01, {0.0000065985, 0.4907453895, 0.5092480120}, 0.9769657667},
           {"kto", tenth, uneven, 0.1, {0.4478615050, 0.3361021599, 0.2160363351}, 0.9990487796},
           {"kto", one, even, 0.1, {0.1198549622, 0.4450694721, 0.4350755657}, 0.9219122364},
           {"kto", one, uneven, 0.1, {0.1650074189, 0.3137848754, 0.5212077057}, 0.9381136444},
           {"kto", uneven_weights, even, 0.1, {0.2055130763, 0.4515034919, 0.3429834318}, 1.1291800599},
           {"kto", uneven_weights, even, 0.01, {0.0338811349, 0.5171134902, 0.4490053749}, 1.1527020491},
           {"bco", {}, even, 0.1, {0.2677357721, 0.3803548829, 0.3519093451}, 1.3065160212},
           {"bco", {}, even, 0.01, {0.2276501096, 0.3615375319, 0.4108123584}, 1.2904398398},
           {"bco", {}, uneven, 0.1, {0.3092824114, 0.3050478524, 0.3856697362}, 1.3199191308}}) {
    SCOPED_TRACE(known.algorithm + " at " + std::to_string(known.lambda));
    const ArmResult result = fit(arm(known.algorithm, penalty("reference-kl", known.lambda), known.options),
                                 three_arms(known.reward), three_arms_population(known.reward));
    EXPECT_TRUE(result.certificate.converged);
    EXPECT_EQ(result.ended, Ended::optimum);
    EXPECT_EQ(result.certificate.optimum, Optimum::stationary);
    EXPECT_NEAR(result.certificate.objective, known.objective, 1e-9);
    for (std::size_t y = 0; y < 3; ++y) EXPECT_NEAR(std::exp(result.log_policy()[y]), known.policy[y], 1e-8);
  }
}

// The certificate of a fit is the derivative at its own point, in any class: also where prompts differ in how
// far their policies have gone, so that the mean over them is the point of none.
TEST(Points, HaveNoDerivativeLeftAtTheirOwnPoint) {
  const World world = test::world({{"family", "tokens"},
                                   {"alphabet", integer(2)},
                                   {"horizon", integer(3)},
                                   {"prompts", integer(3)},
                                   {"shared_classes", false},
                                   {"reference", "random"},
                                   {"beta", 0.7}});
  const PreferenceData data = test::reference_pairs(world, 80);
  Settings plans = model_class("planned");
  plans.set("of", std::string("dense"));
  for (const char* name : {"kto", "bco"})
    for (const Settings& policy : {model_class("tabular"), model_class("degree", 1), plans}) {
      SCOPED_TRACE(std::string(name) + " over " + policy.text("class"));
      const ArmSpec spec = arm(name, penalty("reference-kl", 1), {}, policy);
      const ArmResult result = fit(spec, world, data);
      ASSERT_TRUE(result.certificate.converged);
      const auto model = make_model(policy, world, Role::policy);
      const auto loss = algorithms().at(name).extra.loss(spec, world, tabulate(data));
      auto& of_point = dynamic_cast<PointLoss&>(*loss);
      of_point.hold(of_point.point_of(result.log_policy()));
      PolicyObjective objective(*model, world, *loss, {.kind = PenaltyKind::reference_kl, .lambda = 1});
      std::vector<double> gradient(model->parameters());
      EXPECT_NEAR(objective.evaluate(result.theta, gradient), result.certificate.objective, 1e-10);
      EXPECT_LE(num::norm(gradient), 1e-7);
    }
}

TEST(Points, OfKtoIsTheMeanDivergenceOverPrompts) {
  const World world =
      test::world({{"family", "bandit"}, {"prompts", integer(3)}, {"prompt_weights", "random"}});
  const PreferenceData data = test::reference_pairs(world, 60);
  const ArmSpec spec = arm("kto", penalty("reference-kl", 1));
  const ArmResult result = fit(spec, world, data);
  const auto loss = algorithms().at("kto").extra.loss(spec, world, tabulate(data));
  double mean = 0;
  const TokenGraph& graph = world.graph;
  for (std::size_t p = 0; p < graph.prompts(); ++p) {
    const EdgeRange edges = graph.leaving(static_cast<StateId>(p));
    for (auto e = static_cast<std::size_t>(edges.begin); e < static_cast<std::size_t>(edges.end); ++e)
      mean +=
          world.rho[p] * std::exp(result.log_policy()[e]) * (result.log_policy()[e] - world.log_reference[e]);
  }
  EXPECT_NEAR(dynamic_cast<PointLoss&>(*loss).point_of(result.log_policy()), mean, 1e-12);
}

// Over all policies mass leaves what is rejected more often than chosen, whatever the point: proved, and said
// at once.
TEST(Points, OfKtoDoNotExistOverAllPolicies) {
  const World world = three_arms();
  const ArmResult population = fit(arm("kto", penalty("none")), world, three_arms_population());
  EXPECT_EQ(population.existence, Existence::not_attained);
  EXPECT_EQ(population.ended, Ended::not_attained);
  EXPECT_FALSE(population.certificate.converged);
  EXPECT_LE(population.certificate.iterations, 200);
  // The third arm has met the first as often in either place, and the second has been in no pair.
  const PreferenceData tied = test::compare_arms({{0, 2, 3}, {2, 0, 3}});
  EXPECT_EQ(fit(arm("kto", penalty("none")), world, tied).existence, Existence::no_exact_test);
  EXPECT_FALSE(fit(arm("kto", penalty("none")), world, tied).certificate.converged);
  EXPECT_EQ(fit(arm("apo", penalty("none")), world, test::compare_arms({{0, 2, 3}, {2, 0, 2}})).existence,
            Existence::not_attained);
  // Where winners count for more than losers do for less, no arm has to go, and nothing is claimed.
  const Settings generous = test::settings({{"desirable", 9.0}});
  const ArmResult held = fit(arm("kto", penalty("none"), generous), world, three_arms_population());
  EXPECT_EQ(held.existence, Existence::no_exact_test);
  EXPECT_FALSE(held.certificate.converged);
  EXPECT_EQ(held.ended, Ended::failed);
}

TEST(Points, OfKtoAreRefusedWhereNothingIsKnown) {
  const World walk = test::world({{"family", "walk"}, {"horizon", integer(3)}});
  EXPECT_THROW(validate_arm(arm("kto", penalty("none")), walk), InputError);  // histories merge
  EXPECT_THROW(validate_arm(arm("kto", penalty("none"), {}, model_class("degree", 1)), three_arms()),
               InputError);
  EXPECT_NO_THROW(
      validate_arm(arm("kto", penalty("none"), test::settings({{"desirable", 9.0}})), three_arms()));
}

// Two prompts that share their parameters, and are of two minds: what one loses the other gains.
TEST(Points, OfKtoAreNotDeniedWherePromptsShareThem) {
  const World world = test::world({{"family", "bandit"}, {"arms", integer(2)}, {"prompts", integer(2)}});
  PreferenceData data;
  data.horizon = 1;
  for (int i = 0; i < 5; ++i) {
    data.chosen.insert(data.chosen.end(), {0, 3});
    data.rejected.insert(data.rejected.end(), {1, 2});
  }
  const ArmSpec spec = arm("kto", penalty("none"), test::settings({{"desirable", 2.0}}));
  EXPECT_THROW(validate_arm(spec, world), InputError) << "nobody tests whether it is there";
  EXPECT_EQ(algorithms().at("kto").extra.existence(spec, {world, data, RandomSource(1, "shared"), 0}).outcome,
            Existence::no_exact_test);
}

// Of equal weights what is chosen and what is rejected add up to nothing: whatever the data, mass leaves the
// latter.
TEST(Points, OfKtoAreRefusedWhereNoDataHaveThem) {
  for (const char* name : {"kto", "apo"}) {
    EXPECT_THROW(validate_arm(arm(name, penalty("none")), three_arms()), InputError) << name;
    EXPECT_NO_THROW(validate_arm(arm(name, penalty("reference-kl")), three_arms())) << name;
    ArmSpec stepping = arm(name, penalty("none"));
    stepping.course = test::settings({{"kind", "gradient"}, {"steps", integer(3)}});
    EXPECT_NO_THROW(validate_arm(stepping, three_arms())) << name;
  }
  // With the anchor down there may be a minimum, of which nobody knows.
  const ArmSpec down = arm("apo", penalty("none"), test::settings({{"anchor", "down"}}));
  try {
    validate_arm(down, three_arms());
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("nobody tests"));
  }
}

// Without a pair nothing pulls, and the point is that of the reference.
TEST(Points, OfNoPairsAreTheReference) {
  const World world = three_arms();
  PreferenceData none;
  none.horizon = 1;
  for (const char* name : {"kto", "bco"}) {
    const ArmResult result = fit(arm(name, penalty("reference-kl", 1)), world, none);
    EXPECT_TRUE(result.certificate.converged);
    for (std::size_t y = 0; y < 3; ++y) EXPECT_NEAR(result.log_policy()[y], world.log_reference[y], 1e-12);
  }
}

}  // namespace
}  // namespace twostage
