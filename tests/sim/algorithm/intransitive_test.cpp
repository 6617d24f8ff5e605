// Where no reward gives the preferences: where losses aim then, that rounds of the annotator see its cycle,
// and the game between policies, with rock, paper and scissors for a known answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/algorithm/target.hpp"
#include "sim/measure/metric.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/plan_at_kl.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/preference/label_law.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/three_arms.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;
using test::policy_arm;
using test::reward_arm;
using test::settings;
using Values = std::vector<double>;

const RandomSource& source() {
  static const RandomSource the_source(11, "tests");
  return the_source;
}

PreferenceData nothing(const World& world) {
  return {.horizon = static_cast<std::size_t>(world.graph.horizon()), .chosen = {}, .rejected = {}};
}

// Three arms with rewards and a cycle of log-odds 2; or the latter alone.
World turning(const std::array<double, 3>& reward) {
  World world = test::three_arms(reward);
  world.cycle = std::make_shared<const Cycle>(Values{2, -1, -1}, Values{0, 1, -1});
  return world;
}

// The completions of a world of one prompt and one step are its edges.
Values row_of(const World& world) {
  Values out;
  for (const double x : world.log_reference) out.push_back(std::exp(x));
  return out;
}
double prefers(const World& world, EdgeId y, EdgeId z) {
  const LabelLaw law(world);
  return law.probability(law.worth(std::array{y}), law.worth(std::array{z}));
}
Values beats(const World& world, const Values& policy) {
  Values out(policy.size(), 0.0);
  for (std::size_t y = 0; y < out.size(); ++y)
    for (std::size_t z = 0; z < out.size(); ++z)
      out[y] += policy[z] * prefers(world, static_cast<EdgeId>(y), static_cast<EdgeId>(z));
  return out;
}

ArmResult fit(const ArmSpec& spec, const World& world, const PreferenceData& data) {
  validate_arm(spec, world);
  return run_arm(spec, {world, data, source(), 0, true});
}

Target target(const ArmSpec& spec, const World& world) {
  const PreferenceData none = nothing(world);
  return target_of(spec, {world, none, source(), 0});
}

ArmSpec rounds(const std::string& algorithm, std::int64_t steps,
               std::initializer_list<std::pair<std::string, Value>> options,
               const Settings& with = penalty("none")) {
  ArmSpec arm = policy_arm(algorithm, model_class("tabular"), with);
  arm.options = settings(options);
  arm.course = settings({{"kind", "rounds"}, {"steps", steps}});
  return arm;
}

double measured(const char* name, const World& world, const ArmResult& arm,
                const Yardsticks& yardsticks = {}) {
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  const PreferenceData none = nothing(world);
  const Context context(world, none, optimum, yardsticks);
  return measure(metrics().at(name).extra, context, arm).value;
}

ArmResult of_policy(const Values& probabilities) {
  ArmResult out;
  Values log_policy;
  for (const double p : probabilities) log_policy.push_back(std::log(p));
  out.policy = EdgePolicy(log_policy);
  return out;
}

// Of Bradley and Terry's likelihood: sum_z ref_z (P(y > z) - sigmoid(f_y - f_z)) = 0 for each y, the slope of
// the loss of all pairs of the reference. It is no r*, as the slope at that shows.
TEST(Intransitive, LikelihoodsAimAtTheNearestReward) {
  const World world = turning({0, 0.5, 2});
  const Values ref = row_of(world);
  const auto slope = [&](const Values& f, std::size_t y) {
    double out = 0;
    for (std::size_t z = 0; z < 3; ++z)
      out += ref[z] * (prefers(world, static_cast<EdgeId>(y), static_cast<EdgeId>(z)) -
                       1 / (1 + std::exp(f[z] - f[y])));
    return out;
  };
  for (const ArmSpec& spec : {policy_arm("dpo", model_class("tabular"), penalty("reference-kl")),
                              reward_arm("rm+plan", model_class("dense"), penalty("reference-kl"))}) {
    const Target aim = target(spec, world);
    ASSERT_EQ(aim.missing, "");
    Values f;
    for (std::size_t y = 0; y < 3; ++y)
      f.push_back(world.beta * (aim.fit.log_policy()[y] - world.log_reference[y]));
    for (std::size_t y = 0; y < 3; ++y) {
      EXPECT_NEAR(slope(f, y), 0, 1e-9) << spec.algorithm;
      EXPECT_GT(std::fabs(slope(world.reward, y)), 1e-3);
    }
  }
}

// What each says of its aim holds without a reward: ref exp(p / tau), 2 ref p, and near ref exp(eta (p -
// 1/2)).
TEST(Intransitive, LossesWithoutARewardAimWhereTheySay) {
  const World world = turning({0, 0.5, 2});
  const Values ref = row_of(world), p = beats(world, ref);
  Values ipo(3);
  double total = 0;
  for (std::size_t y = 0; y < 3; ++y) total += ipo[y] = ref[y] * std::exp(p[y] / 0.5);
  const Target of_ipo = target(policy_arm("ipo", model_class("tabular"), penalty("reference-kl")), world);
  const Target of_sft = target(policy_arm("sft", model_class("tabular"), penalty("reference-kl")), world);
  const Target of_nca = target(policy_arm("nca", model_class("tabular"), penalty("reference-kl")), world);
  for (std::size_t y = 0; y < 3; ++y) {
    EXPECT_NEAR(std::exp(of_ipo.fit.log_policy()[y]), ipo[y] / total, 1e-10);
    EXPECT_NEAR(std::exp(of_sft.fit.log_policy()[y]), 2 * ref[y] * p[y], 1e-9);
    EXPECT_NEAR(std::exp(of_nca.fit.log_policy()[y]), 2 * ref[y] * p[y], 1e-9);
  }
}

// Every algorithm that has a target there is told which way its flag goes: those that assume no reward are
// the ones whose aim speaks of preferences.
TEST(Intransitive, AimsThatSpeakOfPreferencesAssumeNoReward) {
  for (const auto& entry : algorithms().entries()) {
    const std::string& aim = entry.extra.target;
    const auto says = [&](const char* words) { return aim.find(words) != std::string::npos; };
    const bool of_preferences = says("beats") || says("winners") || says("more often than chosen");
    const bool of_reward = says("pi*") || says("exp(r");
    EXPECT_EQ(entry.extra.any_preferences, of_preferences && !of_reward) << entry.name << ": " << aim;
  }
}

// All pairs of the reference, of which the annotator is asked in expectation, are the population of targets.
TEST(Intransitive, RoundsOfTheAnnotatorSeeTheCycle) {
  for (const World& world : {turning({0, 0.5, 2}), test::world({{"family", "tokens"},
                                                                {"horizon", integer(3)},
                                                                {"prompts", integer(2)},
                                                                {"shared_classes", false},
                                                                {"reference", "random"},
                                                                {"intransitivity", 1.5}})}) {
    const Target aim = target(policy_arm("dpo", model_class("tabular"), penalty("reference-kl")), world);
    const ArmResult round =
        fit(rounds("iterative-dpo", 1, {{"keep", "fresh"}, {"sampler", "reference"}}), world, nothing(world));
    EXPECT_TRUE(round.certificate.converged);
    EXPECT_LT(policy_gap(world, round.policy, aim.fit.policy), 1e-8);
    const Target of_ipo = target(policy_arm("ipo", model_class("tabular"), penalty("reference-kl")), world);
    const ArmResult play = fit(rounds("iterative-ipo", 1, {}), world, nothing(world));
    EXPECT_LT(policy_gap(world, play.policy, of_ipo.fit.policy), 1e-8);
  }
}

// Where the better one is always preferred nothing holds a reward, but majorities in a circle hold each
// other; and squares have a minimum in any case.
TEST(Intransitive, MajoritiesInACircleHaveAMinimum) {
  const World world = turning({0, 0, 0}), ordered = test::three_arms();
  const auto best = [](const char* algorithm) {
    return rounds(algorithm, 1, {{"labels", "best"}, {"keep", "fresh"}});
  };
  EXPECT_THROW(validate_arm(best("iterative-dpo"), ordered), InputError);
  for (const char* algorithm : {"iterative-dpo", "iterative-ipo"}) {
    const ArmResult circle = fit(best(algorithm), world, nothing(world));
    EXPECT_TRUE(circle.certificate.converged) << algorithm;
    EXPECT_EQ(circle.existence, Existence::unique) << algorithm;
  }
  EXPECT_TRUE(fit(best("iterative-ipo"), ordered, nothing(ordered)).certificate.converged);
}

// Uniform against rock, paper and scissors: no answer wins, whatever is answered. Rock alone loses to what it
// is beaten by.
TEST(Intransitive, UniformIsTheWinnerOfRockPaperScissors) {
  const World world = turning({0, 0, 0});
  const ArmResult uniform = of_policy({1 / 3.0, 1 / 3.0, 1 / 3.0});
  EXPECT_NEAR(measured("worst_case_win_rate", world, uniform), 0.5, 1e-15);
  EXPECT_NEAR(measured("preference_win_rate", world, uniform), 0.5, 1e-15);
  const ArmResult rock = of_policy({1 - 2e-15, 1e-15, 1e-15});
  EXPECT_NEAR(measured("worst_case_win_rate", world, rock), 1 / (1 + std::exp(2.0)), 1e-12);
  for (const auto& other : {Values{0.4, 0.3, 0.3}, Values{0.2, 0.5, 0.3}})
    EXPECT_LT(measured("worst_case_win_rate", world, of_policy(other)), 0.5 - 1e-3);
}

// Where the reference is uniform it is the winner, and pays nothing: no gap, and self-play stays.
TEST(Intransitive, SelfPlayStaysAtTheWinner) {
  World world = turning({0, 0, 0});
  world.log_reference.assign(3, -std::log(3.0));
  EXPECT_NEAR(measured("nash_gap", world, of_policy({1 / 3.0, 1 / 3.0, 1 / 3.0})), 0, 1e-15);
  const ArmResult played = fit(rounds("iterative-ipo", 5, {{"tau", 0.1}}), world, nothing(world));
  for (std::size_t y = 0; y < 3; ++y) EXPECT_NEAR(std::exp(played.log_policy()[y]), 1 / 3.0, 1e-9);
}

// Where it is not, the Nash policy is found here by steps of mirror descent, and is no longer told apart from
// by any answer: ref exp(p / t), with p its own. Rounds come to it at t = tau; the gap is by beta / 4.
TEST(Intransitive, SelfPlayComesToTheNashPolicy) {
  for (const auto& reward : {std::array<double, 3>{0, 0, 0}, std::array<double, 3>{0, 0.5, 1}}) {
    const World world = turning(reward);
    constexpr double t = 0.25;
    const Values ref = row_of(world);
    Values nash = ref;
    for (int step = 0; step < 20000; ++step) {
      const Values p = beats(world, nash);
      double total = 0;
      for (std::size_t y = 0; y < 3; ++y)
        total += nash[y] = std::pow(nash[y], 0.98) * std::pow(ref[y] * std::exp(p[y] / t), 0.02);
      for (double& x : nash) x /= total;
    }
    EXPECT_NEAR(measured("nash_gap", world, of_policy(nash)), 0, 1e-12);
    EXPECT_GT(measured("nash_gap", world, of_policy(ref)), 1e-3);
    const ArmResult played = fit(rounds("iterative-ipo", 400, {{"tau", t}}), world, nothing(world));
    EXPECT_LT(measured("nash_gap", world, played), 1e-5);
    for (std::size_t y = 0; y < 3; ++y) EXPECT_NEAR(std::exp(played.log_policy()[y]), nash[y], 5e-3);
    // It is less exploited than what has seen the reference's pairs alone.
    const Target offline = target(policy_arm("ipo", model_class("tabular"), penalty("reference-kl")), world);
    EXPECT_GT(measured("nash_gap", world, offline.fit), 10 * measured("nash_gap", world, played));
  }
}

// By enumeration in a world of two prompts and three tokens, with a policy on edges and one on completions.
TEST(Intransitive, WinRatesAgreeWithEnumeration) {
  const World world = test::world({{"family", "tokens"},
                                   {"horizon", integer(3)},
                                   {"prompts", integer(2)},
                                   {"prompt_weights", "random"},
                                   {"reference", "random"},
                                   {"intransitivity", 2.0}});
  const PreferenceData data = test::reference_pairs(world, 100);
  ArmSpec best = reward_arm("best-of-n", model_class("degree", 1), penalty("reference-kl"));
  for (const ArmSpec& spec : {reward_arm("rm+plan", model_class("degree", 1), penalty("reference-kl")), best,
                              policy_arm("ipo", model_class("tabular"), penalty("reference-kl"))}) {
    const ArmResult arm = fit(spec, world, data);
    double against_reference = 0, worst = 0;
    for (std::size_t p = 0; p < 2; ++p) {
      double least = 1;
      for (const test::Path& z : test::completions(world.graph, p)) {
        double won = 0;
        for (const test::Path& y : test::completions(world.graph, p)) {
          const auto sum = [&](std::span<const double> edges, const test::Path& path) {
            return test::sum_along(edges, path);
          };
          const double turned = sum(world.cycle->u(), y) * sum(world.cycle->v(), z) -
                                sum(world.cycle->v(), y) * sum(world.cycle->u(), z);
          won += std::exp(log_probability(world, arm.policy, y)) /
                 (1 + std::exp(-(sum(world.reward, y) - sum(world.reward, z) + turned)));
        }
        least = std::fmin(least, won);
        against_reference += world.rho[p] * std::exp(test::sum_along(world.log_reference, z)) * won;
      }
      worst += world.rho[p] * least;
    }
    EXPECT_NEAR(measured("preference_win_rate", world, arm), against_reference, 1e-12) << spec.algorithm;
    EXPECT_NEAR(measured("worst_case_win_rate", world, arm), worst, 1e-12) << spec.algorithm;
    const Yardsticks at{.kl = 0.1};
    ArmResult there;
    there.policy = EdgePolicy(plan_at_kl(world, arm.edge_reward, 0.1)->log_policy);
    for (const char* name : {"preference_win_rate", "worst_case_win_rate"})
      EXPECT_EQ(measured((std::string(name) + "_at_kl").c_str(), world, arm, at),
                measured(name, world, there));
  }
}

// What is told of labels that no reward gives says so; and without a cycle nothing is another number.
TEST(Intransitive, MeasuresOfBradleyAndTerryAreMissing) {
  const World world = turning({0, 0.5, 2});
  World plain = world;
  plain.cycle = nullptr;
  const ArmResult arm = fit(policy_arm("dpo", model_class("tabular"), penalty("reference-kl")), plain,
                            test::three_arms_population());
  EXPECT_NEAR(measured("preference_win_rate", plain, arm), measured("win_rate_bt", plain, arm), 1e-12);
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  const PreferenceData none = nothing(world);
  const Context context(world, none, optimum);
  for (const char* name : {"rm_population_log_likelihood", "rm_population_accuracy"}) {
    const Measured there = measure(metrics().at(name).extra, context, arm);
    EXPECT_TRUE(std::isnan(there.value)) << name;
    EXPECT_THAT(there.missing, testing::HasSubstr("since the world has a cycle")) << name;
    EXPECT_FALSE(std::isnan(measured(name, plain, arm))) << name;
  }
  const World large = test::world({{"family", "tokens"}, {"horizon", integer(10)}, {"intransitivity", 1.0}});
  soft_plan(large.graph, large.log_reference, large.reward, large.beta, optimum);
  const PreferenceData no_data = nothing(large);
  ArmResult reference;
  reference.policy = EdgePolicy(large.log_reference);
  const Measured beyond =
      measure(metrics().at("worst_case_win_rate").extra, Context(large, no_data, optimum), reference);
  EXPECT_TRUE(std::isnan(beyond.value));
  EXPECT_THAT(beyond.missing, testing::HasSubstr("more than 2^18 pairs of completions"));
}

}  // namespace
}  // namespace twostage
