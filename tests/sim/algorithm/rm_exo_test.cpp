// EXO with rewards: its loss against enumeration, its answers against closed forms and numbers from
// elsewhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/algorithm/learner.hpp"
#include "sim/algorithm/rounds/group_kl.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/gradients.hpp"
#include "tests/support/hand_made.hpp"
#include "tests/support/three_arms.hpp"
#include "tests/support/two_tokens.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;
using test::two_tokens;
using testing::HasSubstr;
using Values = std::vector<double>;

ArmSpec exo(const Settings& policy, int n, double scale = 1, int rounds = 1) {
  ArmSpec out = test::reward_arm("rm+exo", model_class("dense"), penalty("none"));
  out.policy = policy;
  out.options = test::settings({{"n", integer(n)}, {"scale", scale}});
  out.course = test::settings({{"kind", "rounds"}, {"steps", integer(rounds)}});
  return out;
}

ArmResult fit(const ArmSpec& spec, const World& world) {
  validate_arm(spec, world);
  return run_arm(spec, {world, test::population(world), RandomSource(11, "tests"), 0, true});
}

// Over all ordered groups of completions.
double by_hand(const World& world, const Values& from, const Values& reward, const Values& log_policy,
               const GroupKl& knobs) {
  double out = 0;
  for (std::size_t p = 0; p < world.graph.prompts(); ++p) {
    const auto all = test::completions(world.graph, p);
    std::vector<std::size_t> group(knobs.draws, 0);
    for (bool more = true; more;) {
      double weight = world.rho[p], of_policy = 0, of_reward = 0;
      Values u, r;
      for (const std::size_t i : group) {
        weight *= std::exp(test::sum_along(from, all[i]));
        u.push_back(knobs.scale *
                    (test::sum_along(log_policy, all[i]) - test::sum_along(world.log_reference, all[i])));
        r.push_back(test::sum_along(reward, all[i]) / knobs.temperature);
        of_policy += std::exp(u.back());
        of_reward += std::exp(r.back());
      }
      for (std::size_t k = 0; k < u.size(); ++k)
        out +=
            weight * std::exp(u[k]) / of_policy * (u[k] - std::log(of_policy) - r[k] + std::log(of_reward));
      more = false;
      for (std::size_t& i : group) {
        if (++i < all.size()) {
          more = true;
          break;
        }
        i = 0;
      }
    }
  }
  return out;
}

std::vector<World> small_worlds() {
  return {
      test::world(
          {{"family", "tokens"}, {"horizon", integer(2)}, {"prompts", integer(2)}, {"reference", "random"}}),
      test::world({{"family", "walk"}, {"horizon", integer(2)}, {"reference", "random"}})};
}

TEST(GroupKl, IsTheLossWrittenOut) {
  for (const World& world : small_worlds()) {
    const std::size_t edges = world.graph.edges();
    Values from(edges), policy(edges), slope(edges);
    softmax_policy(world.graph, world.log_reference, test::normal_vector(edges, 1), from);
    softmax_policy(world.graph, world.log_reference, test::normal_vector(edges, 2), policy);
    const Values reward = test::normal_vector(edges, 3);
    for (const std::size_t draws : {2u, 3u, 4u}) {
      const GroupKl knobs{.scale = 0.7, .temperature = 0.4, .draws = draws};
      std::ranges::fill(slope, 0.0);
      EXPECT_NEAR(group_kl(world, from, reward, knobs)->evaluate(policy, slope),
                  by_hand(world, from, reward, policy, knobs), 1e-12);
    }
  }
}

// Edge by edge, each on its own; of the limit, too, where what is done to all actions of a state cancels.
TEST(GroupKl, HasTheDerivativeOfFiniteDifferences) {
  for (const World& world : small_worlds()) {
    const std::size_t edges = world.graph.edges();
    Values from(edges), policy(edges), slope(edges, 0.0), unused(edges);
    softmax_policy(world.graph, world.log_reference, test::normal_vector(edges, 1), from);
    softmax_policy(world.graph, world.log_reference, test::normal_vector(edges, 2), policy);
    const Values reward = test::normal_vector(edges, 3);
    for (const std::size_t draws : {0u, 2u, 3u}) {
      const auto loss = group_kl(world, from, reward, {.scale = 0.7, .temperature = 0.4, .draws = draws});
      std::ranges::fill(slope, 0.0);
      loss->evaluate(policy, slope);
      for (std::size_t e = 0; e < edges; ++e) {
        const double at = policy[e];
        policy[e] = at + test::kStep;
        const double up = loss->evaluate(policy, unused);
        policy[e] = at - test::kStep;
        const double down = loss->evaluate(policy, unused);
        policy[e] = at;
        EXPECT_NEAR(slope[e], (up - down) / (2 * test::kStep), 1e-8) << draws << ", edge " << e;
      }
    }
  }
}

// Groups of more and more completions approach the limit, about as 1 / n.
TEST(GroupKl, HasTheLimitOfManyDraws) {
  const World world = test::three_arms();
  Values policy(3), unused(3);
  softmax_policy(world.graph, world.log_reference, Values{0.1, -0.2, 0.3}, policy);
  const auto loss = [&](std::size_t draws) {
    return group_kl(world, world.log_reference, world.reward,
                    {.scale = 0.7, .temperature = 0.4, .draws = draws})
        ->evaluate(policy, unused);
  };
  const double limit = loss(0);
  const double at_16 = loss(16) - limit, at_32 = loss(32) - limit, at_64 = loss(64) - limit;
  EXPECT_LT(std::fabs(at_64), 0.02 * limit);
  EXPECT_NEAR(at_32 / at_64, 2, 0.3);
  EXPECT_NEAR(at_16 / at_32, 2, 0.5);
}

TEST(GroupKl, CountsItsGroups) {
  EXPECT_EQ(grouped(4, 2), 2 * 10);  // aa ab ac ad bb bc bd cc cd dd
  EXPECT_EQ(grouped(1, 5), 5);
  EXPECT_EQ(grouped(9, 4), 4 * 495);
}

// pi*, whatever n and the scale are, whoever drew, and whatever is between the rewards.
TEST(Exo, WithRewardsIsThePlan) {
  for (const auto& rewards : {std::array<double, 3>{0, 1, 2}, std::array<double, 3>{0, 0.5, 2}}) {
    const World world = test::three_arms(rewards);
    SoftPlan plan;
    soft_plan(world.graph, world.log_reference, world.reward, world.beta, plan);
    for (const int n : {0, 2, 3, 6})
      for (const double scale : {0.2, 1.0, 4.0})
        for (const int rounds : {1, 3}) {
          const ArmResult result = fit(exo(model_class("tabular"), n, scale, rounds), world);
          EXPECT_EQ(result.certificate.optimum, Optimum::global) << n << ", " << scale;
          EXPECT_LT(kl_divergence(world.graph, world.rho, result.log_policy(), plan.log_policy), 1e-14)
              << n << ", " << scale;
        }
  }
  const ArmResult three = fit(exo(model_class("tabular"), 4), test::three_arms());
  EXPECT_NEAR(std::exp(three.log_policy()[0]), 0.1895660357, 1e-8);
  EXPECT_NEAR(std::exp(three.log_policy()[2]), 0.4669046908, 1e-8);
}

// In a class that is too small, computed elsewhere by a root of the derivative to 25 digits: the more are
// drawn the better, up to the projection at scale 1.
TEST(Exo, WithRewardsHasKnownAnswersInTheProductClass) {
  struct Known {
    int n;
    double scale;
    std::array<double, 2> theta;
    double soft_return;
  };
  for (const Known& known : {Known{2, 1, {0.790230430801, -0.187753150024}, 0.829425162874},
                             Known{3, 1, {0.879728527358, -0.410009138379}, 0.858635471103},
                             Known{4, 1, {0.982929814314, -0.569230642365}, 0.876402786982},
                             Known{0, 1, {1.52319172174, -1.26070034952}, 0.911407513065},
                             Known{2, 0.5, {0.797495229563, -0.197069076361}, 0.830942484356},
                             Known{3, 0.5, {0.832444413933, -0.299170966739}, 0.8450227857},
                             Known{0, 0.5, {0.998279420311, -0.570204622315}, 0.877134461026},
                             Known{0, 2, {1.95701343749, -1.91279119445}, 0.890666992869}}) {
    const World world = two_tokens();
    const ArmResult result = fit(exo(model_class("degree", 1), known.n, known.scale), world);
    EXPECT_EQ(result.certificate.optimum, Optimum::stationary);
    for (const std::size_t k : {0u, 1u})
      EXPECT_NEAR(test::product_parameters(result.log_policy())[k], known.theta[k], 1e-6)
          << known.n << ", " << known.scale;
    EXPECT_NEAR(soft_return(world, result.log_policy()), known.soft_return, 1e-7)
        << known.n << ", " << known.scale;
  }
}

TEST(Exo, WithRewardsBearsExtremeKnobs) {
  for (const double beta : {50.0, 0.02})
    for (const int n : {0, 2, 5}) {
      World world = two_tokens();
      world.beta = beta;
      EXPECT_TRUE(all_finite(fit(exo(model_class("tabular"), n), world).policy)) << beta << ", " << n;
      EXPECT_TRUE(all_finite(fit(exo(model_class("degree", 1), n, 1000), world).policy)) << beta << ", " << n;
    }
  const ArmResult single = fit(exo(model_class("tabular"), 64), test::arms_world({1}, 1));
  EXPECT_EQ(single.log_policy()[0], 0);
}

TEST(Exo, WithRewardsRefusesWhatMeansNothing) {
  const auto refusal = [](const ArmSpec& spec, const World& world) -> std::string {
    try {
      validate_arm(spec, world);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(refusal(exo(model_class("tabular"), 1), test::three_arms()), HasSubstr("2 and more"));
  const World large = test::world({{"family", "tokens"}, {"horizon", integer(8)}});
  EXPECT_THAT(refusal(exo(model_class("tabular"), 4), large),
              AllOf(HasSubstr("n = 0"), HasSubstr("2097152")));
  EXPECT_EQ(refusal(exo(model_class("tabular"), 0), large), "");
  EXPECT_EQ(refusal(exo(model_class("tabular"), 2), large), "");
  ArmSpec without = exo(model_class("tabular"), 2);
  without.course = {};
  EXPECT_THAT(refusal(without, large), HasSubstr("kind = \"rounds\""));
}

// Where margins are large the loss is level: its slope vanishes at policies that are far from its minimum,
// the plan. Nothing global is claimed of them, whatever the scale; of the plan it is.
TEST(RmExo, ClaimsTheMinimumOfThePlanAlone) {
  const World world = test::arms_world({-0.6, 1.7, -0.8, 0.4}, 30);
  int plans = 0, elsewhere = 0;
  for (const double scale : {0.5, 1.0, 30.0, 1000.0})
    for (const int rounds : {1, 10}) {
      const ArmResult arm = fit(exo(model_class("tabular"), 3, scale, rounds), world);
      SoftPlan plan;
      soft_plan(world.graph, world.log_reference, arm.edge_reward, world.beta, plan);
      const bool there = kl_divergence(world.graph, world.rho, arm.log_policy(), plan.log_policy) <= 1e-10;
      (there ? plans : elsewhere) += 1;
      EXPECT_EQ(arm.certificate.optimum == Optimum::global, there && arm.certificate.converged)
          << scale << ", " << rounds << " rounds";
    }
  EXPECT_GT(plans, 0);
  EXPECT_GT(elsewhere, 0) << "nothing was tested";
}

}  // namespace
}  // namespace twostage
