// Rewards that tie at the optimum tie in the metrics, whatever the optimiser left undone.
#include <gtest/gtest.h>

#include "sim/measure/metric.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/ties.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/hand_made.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;
using test::policy_arm;
using test::reward_arm;

double metric(const char* name, const World& world, const PreferenceData& data, const ArmResult& arm) {
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  const Context context(world, data, optimum);
  return metrics().at(name).extra.value(context, arm);
}

std::vector<ArmSpec> routes(const Settings& p) {
  return {reward_arm("rm+plan", model_class("dense"), p), reward_arm("planned-dpo", model_class("dense"), p),
          policy_arm("dpo", model_class("tabular"), p)};
}

// P(label agrees with the sign of r_hat), pairs i.i.d. uniform on the arms: over ordered pairs (a, b), a half
// where `rank` ties, else sigma(r*(better) - r*(worse)).
double accuracy(const std::vector<double>& truth, const std::vector<int>& rank) {
  double total = 0;
  for (std::size_t a = 0; a < truth.size(); ++a)
    for (std::size_t b = 0; b < truth.size(); ++b)
      total += rank[a] == rank[b]  ? 0.5
               : rank[a] > rank[b] ? num::sigmoid(truth[a] - truth[b])
                                   : num::sigmoid(truth[b] - truth[a]);
  return total / static_cast<double>(truth.size() * truth.size());
}

// Arm 0 beat arms 1 and 2 as often as each other, arm 3 lost to arm 0 more often, and arms 4 to 6 were never
// seen: under a penalty that is one functional of the policy, 1 and 2 tie because exchanging them changes
// nothing, and so do 4, 5 and 6. Order: 0, then the unseen, then 1 and 2, then 3.
TEST(Ties, FollowFromTheDataAtTheOptimum) {
  const std::vector<double> truth = {1.5, 0.3, -0.8, -1, 0.9, -0.4, 0.1};
  const std::vector<int> rank = {3, 1, 1, 0, 2, 2, 2};
  for (const double beta : {0.05, 1.0, 20.0})
    for (const double lambda : {1e-3, 4.0}) {
      const World world = test::arms_world(truth, beta);
      const PreferenceData data = test::compare_arms({{0, 1, 7}, {0, 2, 7}, {0, 3, 19}});
      for (const ArmSpec& spec : routes(penalty("reference-kl", lambda))) {
        const ArmResult arm = test::fit(spec, world, data);
        ASSERT_TRUE(arm.certificate.converged) << spec.algorithm << ' ' << beta << ' ' << lambda;
        EXPECT_NEAR(metric("rm_population_accuracy", world, data, arm), accuracy(truth, rank), 1e-12)
            << spec.algorithm << ' ' << beta << ' ' << lambda;
        EXPECT_EQ(metric("rm_accuracy", world, data, arm), 1);
      }
    }
}

// Three routes to one optimum give one accuracy, on few pairs among many arms, where ties abound.
TEST(Ties, AreTheSameByEveryRoute) {
  for (std::uint64_t replicate = 0; replicate < 40; ++replicate) {
    const World world = test::world({{"family", "bandit"}, {"arms", integer(12)}, {"beta", 0.5}}, replicate);
    const PreferenceData data = test::reference_pairs(world, 4 + replicate, replicate);
    const auto arms = routes(penalty("reference-kl", 4));
    const ArmResult first = test::fit(arms[0], world, data);
    for (const char* name : {"rm_population_accuracy", "rm_accuracy"})
      for (const ArmSpec& spec : arms)
        EXPECT_NEAR(metric(name, world, data, test::fit(spec, world, data)), metric(name, world, data, first),
                    1e-12)
            << name << ' ' << spec.algorithm << ' ' << replicate;
  }
}

// Quasi-Newton fits leave the most undone. The closed form of tabular sft under reference-kl,
// pi(a) = (N(a) + lambda/A) / (N + lambda), orders arms by how often they were chosen, and no reward of this
// test comes nearer to another than by beta log(1 + 1/(N(a) + lambda/A)).
TEST(Ties, CountsDecideWhatSftRanks) {
  for (std::uint64_t replicate = 0; replicate < 12; ++replicate)
    for (const double beta : {0.1, 5.0}) {
      const World world =
          test::world({{"family", "bandit"}, {"arms", integer(8)}, {"beta", beta}}, replicate);
      const PreferenceData data = test::reference_pairs(world, 12, replicate);
      std::vector<int> count(8, 0);
      for (const EdgeId e : data.chosen) ++count[static_cast<std::size_t>(e)];
      const ArmResult arm =
          test::fit(policy_arm("sft", model_class("tabular"), penalty("reference-kl", 1)), world, data);
      EXPECT_NEAR(metric("rm_population_accuracy", world, data, arm), accuracy(world.reward, count), 1e-12)
          << replicate << ' ' << beta;
    }
}

// The completions of a class with one parameter have three rewards, however they are added up.
TEST(Ties, FollowFromTheClass) {
  const World world = test::arms_world({1, 0, 1, 0, -1}, 1, {1, 0, 1, 0, -1});
  const PreferenceData data = test::compare_arms({{0, 1, 3}, {1, 2, 1}});
  const ArmResult arm =
      test::fit(reward_arm("rm+plan", model_class("first", 1), penalty("reference-kl")), world, data);
  EXPECT_NEAR(metric("rm_population_accuracy", world, data, arm), accuracy({1, 0, 1, 0, -1}, {2, 1, 2, 1, 0}),
              1e-12);
}

// No group is wider than the tolerance: neighbours a bit nearer than it do not chain.
TEST(Ties, GroupsDoNotChain) {
  std::vector<ReturnAtom> atoms;
  for (int k = 0; k < 6; ++k) atoms.push_back({0, 0.6 * k, 0, 1, 1, 0});
  EXPECT_EQ(tied_group_ends(atoms, 1), (std::vector<std::size_t>{2, 4, 6}));
}

}  // namespace
}  // namespace twostage
