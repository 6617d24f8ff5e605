// Best of n from the policy of dpo, by a reward that was fitted to the same pairs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/plan/divergence.hpp"
#include "tests/support/arms.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;
using testing::AllOf;
using testing::HasSubstr;

ArmSpec best_of(std::int64_t n, const Settings& rewards, const Settings& policy,
                const Settings& with = penalty("reference-kl", 2)) {
  ArmSpec arm = test::reward_arm("dpo+best-of-n", rewards, with);
  arm.policy = policy;
  arm.options.set("n", n);
  return arm;
}

World tokens() {
  return test::world({{"family", "tokens"},
                      {"horizon", integer(4)},
                      {"degree", integer(2)},
                      {"prompts", integer(2)},
                      {"reference", "random"},
                      {"shared_classes", false},
                      {"beta", 0.7}});
}

std::string refusal(const ArmSpec& spec, const World& world) {
  try {
    validate_arm(spec, world);
  } catch (const InputError& error) {
    return error.key() + ": " + error.what();
  }
  return "";
}

// P_dpo (F^n - F_-^n) / (F - F_-), by going through completions: on a tree, and on a graph where ways merge
// and the end alone is scored. Rewards of a small class tie.
TEST(DpoBestOfN, IsTheLawByEnumeration) {
  struct Case {
    World world;
    Settings rewards;
  };
  const Case cases[] = {{tokens(), model_class("degree", 1)},
                        {tokens(), model_class("dense")},
                        {test::world({{"family", "walk"}, {"horizon", integer(3)}, {"reference", "random"}}),
                         model_class("terminal")}};
  for (const auto& [world, rewards] : cases) {
    const PreferenceData data = test::reference_pairs(world, 60);
    const ArmResult dpo =
        test::fit(test::policy_arm("dpo", model_class("tabular"), penalty("reference-kl", 2)), world, data);
    for (const int n : {1, 2, 7}) {
      const ArmSpec arm = best_of(n, rewards, model_class("tabular"));
      validate_arm(arm, world);
      const ArmResult best = test::fit(arm, world, data);
      EXPECT_TRUE(best.certificate.converged);
      for (std::size_t p = 0; p < world.graph.prompts(); ++p) {
        const auto paths = test::completions(world.graph, p);
        double total = 0;
        for (const auto& path : paths) {
          double up_to = 0, below = 0;
          for (const auto& other : paths) {
            const double gap =
                test::sum_along(best.edge_reward, path) - test::sum_along(best.edge_reward, other);
            const double mass = std::exp(test::sum_along(dpo.log_policy(), other));
            if (gap > -1e-7) up_to += mass;
            if (gap > 1e-7) below += mass;
          }
          const double kept = std::exp(test::sum_along(dpo.log_policy(), path)) *
                              (std::pow(up_to, n) - std::pow(below, n)) / (up_to - below);
          EXPECT_NEAR(std::exp(log_probability(world, best.policy, path)), kept, 1e-9) << n;
          total += kept;
        }
        EXPECT_NEAR(total, 1, 1e-9);
      }
    }
  }
}

TEST(DpoBestOfN, OfOneIsDpo) {
  const World world = tokens();
  const PreferenceData data = test::reference_pairs(world, 60);
  const ArmResult dpo =
      test::fit(test::policy_arm("dpo", model_class("tabular"), penalty("reference-kl", 2)), world, data);
  const ArmResult best = test::fit(best_of(1, model_class("degree", 1), model_class("tabular")), world, data);
  EXPECT_LT(policy_gap(world, best.policy, dpo.policy), 1e-12);
}

// The reward is that of best-of-n, whatever is drawn from; strengths are chosen by it.
TEST(DpoBestOfN, HasTheRewardOfBestOfN) {
  const World world = tokens();
  const PreferenceData data = test::reference_pairs(world, 120);
  Settings tuned = penalty("reference-kl");
  tuned.set("tune", true);
  for (const Settings& with : {penalty("reference-kl", 2), tuned}) {
    ArmSpec plain = test::reward_arm("best-of-n", model_class("degree", 2), with);
    const ArmResult from_reference = test::fit(plain, world, data);
    const ArmResult from_dpo =
        test::fit(best_of(4, model_class("degree", 2), model_class("tabular"), with), world, data);
    EXPECT_EQ(from_dpo.theta, from_reference.theta);
    EXPECT_EQ(from_dpo.penalty_strength, from_reference.penalty_strength);
    EXPECT_EQ(from_dpo.rank, from_reference.rank);
    EXPECT_GT(policy_gap(world, from_dpo.policy, from_reference.policy), 1e-3);
  }
}

TEST(DpoBestOfN, RefusalsNameTheNearestChoice) {
  const World walk = test::world({{"family", "walk"}, {"horizon", integer(4)}});
  EXPECT_EQ(refusal(best_of(4, model_class("terminal"), model_class("tabular")), walk), "");
  EXPECT_THAT(refusal(best_of(4, model_class("dense"), model_class("tabular")), walk),
              AllOf(HasSubstr("reward.class: arm 'dpo+best-of-n'"), HasSubstr("ways merge"),
                    HasSubstr("'terminal'"), HasSubstr("'best-of-n'")));
  EXPECT_THAT(refusal(best_of(4, model_class("terminal"), model_class("tabular"), penalty("none")), walk),
              AllOf(HasSubstr("penalty.kind: arm 'dpo+best-of-n'"), HasSubstr("reference-kl")));
  EXPECT_THAT(refusal(best_of(4, model_class("terminal"), model_class("tabular"), penalty("l1")), walk),
              HasSubstr("does not go with algorithm 'dpo+best-of-n'"));
}

}  // namespace
}  // namespace twostage
