// Comparisons that leave some directions of a class unseen: every route returns the same member of the
// optimal set, the one with least E_s0 KL(P_ref || P_pi), or says that none was singled out.
#include <gtest/gtest.h>

#include <Eigen/SVD>

#include "sim/fit/flat_set.hpp"
#include "sim/model/score_model.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"
#include "tests/support/arms.hpp"
#include "tests/support/compare.hpp"
#include "tests/support/hand_made.hpp"

namespace twostage {
namespace {

using test::integer;
using test::model_class;
using test::penalty;
using test::policy_arm;
using test::reward_arm;

ArmResult fit(const ArmSpec& spec, const World& world, const PreferenceData& data) {
  return run_arm(spec, {world, data, RandomSource(11, "tests"), 0, true});
}

double gap(const World& world, const ArmResult& a, const ArmResult& b) {
  return policy_gap(world.graph, world.rho, a.log_policy(), b.log_policy());
}

std::vector<double> probabilities(const ArmResult& arm) {
  std::vector<double> out(arm.log_policy().size());
  num::exp(arm.log_policy(), out);
  return out;
}

// `pairs` comparisons from the reference, each won `k + 1` times by one side and once by the other (k its
// number modulo 3): every margin has a finite optimum, so the estimate is attained in every class of rewards.
PreferenceData balanced(const World& world, std::size_t pairs, std::uint64_t replicate) {
  const PreferenceData drawn = test::reference_pairs(world, pairs, replicate);
  PreferenceData data;
  data.horizon = drawn.horizon;
  for (std::size_t i = 0; i < drawn.size(); ++i)
    for (std::size_t k = 0; k < i % 3 + 2; ++k) {
      const auto better = k == 0 ? drawn.rejected_path(i) : drawn.chosen_path(i);
      const auto worse = k == 0 ? drawn.chosen_path(i) : drawn.rejected_path(i);
      data.chosen.insert(data.chosen.end(), better.begin(), better.end());
      data.rejected.insert(data.rejected.end(), worse.begin(), worse.end());
    }
  return data;
}

World random_world(const std::string& family, int horizon, int prompts, bool shared, std::uint64_t instance) {
  Settings s = test::settings({{"family", family},
                               {"prompts", integer(prompts)},
                               {"shared_classes", shared},
                               {"reference", shared ? "uniform" : "random"},
                               {"reference_spread", 1.5},
                               {"prompt_weights", "random"},
                               {"beta", 0.7},
                               {"headroom", 0.5}});
  if (family == "walk" || family == "tokens") s.set("horizon", integer(horizon));
  return make_world(resolve_world(s), test::world_seed(instance), 1e9);
}

// Arms 0 and 1 meet, two wins to one: r(0) - r(1) = log 2. Arm 2 was never seen, so r(2) is free. The
// derivative of log E_ref e^r - E_ref r in the common shift of arms 0 and 1 is P(0) + P(1) - 2/3: at the
// least penalty each component of the comparison graph keeps the mass it has under the reference, and within
// it P(0) : P(1) = 2 : 1. So (4/9, 2/9, 1/3).
TEST(FlatOptima, AComponentKeepsItsReferenceMass) {
  const World world = test::arms_world({0, 1, 2}, 1);
  const PreferenceData data = test::compare_arms({{0, 1, 2}, {1, 0, 1}});
  const Settings none = penalty("none");
  for (const ArmSpec& spec : {reward_arm("rm+plan", model_class("dense"), none),
                              reward_arm("planned-dpo", model_class("dense"), none),
                              policy_arm("dpo", model_class("tabular"), none)}) {
    const ArmResult arm = fit(spec, world, data);
    EXPECT_EQ(arm.existence, Existence::flat) << spec.algorithm;
    EXPECT_EQ(arm.certificate.optimum, Optimum::global) << spec.algorithm;
    EXPECT_TRUE(arm.certificate.converged);
    const std::vector<double> p = probabilities(arm);
    EXPECT_NEAR(p[0], 4.0 / 9, 1e-9) << spec.algorithm;
    EXPECT_NEAR(p[1], 2.0 / 9, 1e-9) << spec.algorithm;
    EXPECT_NEAR(p[2], 1.0 / 3, 1e-9) << spec.algorithm;
  }
  // At another beta margins are beta_factor times larger: P(0) : P(1) = sqrt 2 at twice the beta.
  ArmSpec wrong = policy_arm("dpo", model_class("tabular"), none);
  wrong.options.set("beta_factor", 2.0);
  const std::vector<double> p = probabilities(fit(wrong, world, data));
  EXPECT_NEAR(p[0] / p[1], std::sqrt(2.0), 1e-9);
  EXPECT_NEAR(p[2], 1.0 / 3, 1e-9);
}

// {0, 1} with three to one, {2, 3} with one to one, and {4} alone: masses 2/5, 2/5, 1/5.
TEST(FlatOptima, SeveralComponents) {
  const World world = test::arms_world({0, 1, 2, 3, 4}, 2);
  const PreferenceData data = test::compare_arms({{0, 1, 3}, {1, 0, 1}, {2, 3, 1}, {3, 2, 1}});
  const Settings none = penalty("none");
  for (const ArmSpec& spec : {reward_arm("rm+plan", model_class("dense"), none),
                              reward_arm("planned-dpo", model_class("dense"), none),
                              policy_arm("dpo", model_class("tabular"), none)}) {
    // Rewards are in units of beta: the margin log 3 is a log-ratio of log(3) / 2.
    const double odds = std::sqrt(3.0);
    const std::vector<double> p = probabilities(fit(spec, world, data));
    const std::vector<double> expected = {0.4 * odds / (1 + odds), 0.4 / (1 + odds), 0.2, 0.2, 0.2};
    for (std::size_t a = 0; a < 5; ++a) EXPECT_NEAR(p[a], expected[a], 1e-9) << spec.algorithm << ' ' << a;
  }
}

// Features of arms: (0,0,0), (1,0,0), (1,1/1024,0), (0,0,1). The comparisons 0-1 and 0-2 have the rows
// (1,0,0) and (1,1/1024,0), of rank 2 though one singular value is a thousandth of the other; arm 3 is
// silent. So arms 0, 1, 2 stand as 1 : 2 : 3 and arm 3 keeps its quarter.
TEST(FlatOptima, NearlyRankDeficientComparisons) {
  const World world = test::arms_world({0, 1, 2, 3}, 1, {0, 0, 0, 1, 0, 0, 1, 1.0 / 1024, 0, 0, 0, 1});
  const PreferenceData data = test::compare_arms({{1, 0, 2}, {0, 1, 1}, {2, 0, 3}, {0, 2, 1}});
  const Settings none = penalty("none");
  for (const ArmSpec& spec : {reward_arm("rm+plan", model_class("first", 3), none),
                              reward_arm("planned-dpo", model_class("first", 3), none),
                              policy_arm("dpo", model_class("first", 3), none)}) {
    const ArmResult arm = fit(spec, world, data);
    EXPECT_EQ(arm.existence, Existence::flat) << spec.algorithm;
    const std::vector<double> p = probabilities(arm);
    const std::vector<double> expected = {0.125, 0.25, 0.375, 0.25};
    for (std::size_t a = 0; a < 4; ++a) EXPECT_NEAR(p[a], expected[a], 1e-8) << spec.algorithm << ' ' << a;
  }
}

TEST(FlatOptima, Theorem22AndItsTwinHoldOnFlatData) {
  const Settings none = penalty("none");
  int flat = 0;
  for (const char* family : {"bandit", "walk", "tokens"})
    for (const int prompts : {1, 3})
      for (const bool shared : {true, false})
        for (std::uint64_t replicate = 0; replicate < 6; ++replicate) {
          SCOPED_TRACE(std::string(family) + ' ' + std::to_string(prompts) + ' ' + std::to_string(shared) +
                       ' ' + std::to_string(replicate));
          const World world = random_world(family, 3, prompts, shared, replicate);
          const PreferenceData data = balanced(world, 2 + 2 * replicate, replicate);
          const auto same = [&](const ArmSpec& a, const ArmSpec& b) {
            const ArmResult one = fit(a, world, data), two = fit(b, world, data);
            EXPECT_EQ(one.existence, two.existence);
            if (one.existence == Existence::not_attained) return;
            flat += one.existence == Existence::flat;
            EXPECT_TRUE(one.certificate.converged && two.certificate.converged);
            EXPECT_EQ(one.certificate.optimum, Optimum::global);
            EXPECT_EQ(two.certificate.optimum, Optimum::global);
            EXPECT_LT(gap(world, one, two), 1e-8);
          };
          same(reward_arm("rm+plan", model_class("dense"), none),
               policy_arm("dpo", model_class("tabular"), none));
          if (std::string(family) == "bandit") continue;
          const Settings simple =
              std::string(family) == "walk" ? model_class("terminal") : model_class("degree", 1);
          same(reward_arm("rm+plan", simple, none), reward_arm("planned-dpo", simple, none));
        }
  EXPECT_GT(flat, 60);
}

// The limit itself, from penalised fits: the distance falls like lambda.
TEST(FlatOptima, IsTheLimitOfAVanishingPenalty) {
  for (const char* family : {"walk", "tokens"}) {
    const World world = random_world(family, 3, 3, false, 4);
    const PreferenceData data = balanced(world, 6, 1);
    for (const bool direct : {false, true}) {
      const auto arm = [&](const Settings& p) {
        return fit(direct ? policy_arm("dpo", model_class("tabular"), p)
                          : reward_arm("rm+plan", model_class("dense"), p),
                   world, data);
      };
      const ArmResult limit = arm(penalty("none"));
      ASSERT_EQ(limit.existence, Existence::flat);
      const double coarse = gap(world, limit, arm(penalty("reference-kl", 1e-3)));
      const double fine = gap(world, limit, arm(penalty("reference-kl", 1e-4)));
      EXPECT_LT(fine, 1e-3) << family;
      EXPECT_NEAR(coarse / fine, 10, 1) << family;
    }
  }
}

// Of rewards with few parameters: the member satisfies the first-order condition in every direction that the
// comparisons do not see, told by a singular value decomposition and enumeration of completions:
//   N^T (E_pi psi - E_ref psi) = 0, averaged over prompts,
// and its margins are those of the likelihood alone.
TEST(FlatOptima, SatisfiesItsFirstOrderCondition) {
  int checked = 0;
  for (std::uint64_t replicate = 0; replicate < 10; ++replicate)
    for (const bool shared : {true, false}) {
      const World world = random_world("tokens", 4, 2, shared, replicate);
      const PreferenceData data = balanced(world, 5, replicate);
      const Settings settings = model_class("degree", 2);
      const ArmResult arm = fit(reward_arm("rm+plan", settings, penalty("none")), world, data);
      if (arm.existence != Existence::flat) continue;
      ++checked;
      const auto model = make_linear_model(settings, world, Role::reward);
      const auto p = static_cast<Eigen::Index>(model->parameters());
      const std::vector<double> rows = comparison_matrix(*model, tabulate(data));
      const Eigen::MatrixXd x =
          Eigen::Map<const Eigen::MatrixXd>(rows.data(), p, static_cast<Eigen::Index>(rows.size()) / p)
              .transpose();
      const Eigen::JacobiSVD<Eigen::MatrixXd> svd(x, Eigen::ComputeFullV);
      Eigen::Index rank = 0;
      while (rank < svd.singularValues().size() && svd.singularValues()[rank] > 1e-9) ++rank;
      ASSERT_LT(rank, p);
      Eigen::VectorXd gradient = Eigen::VectorXd::Zero(p);
      for (std::size_t prompt = 0; prompt < world.graph.prompts(); ++prompt)
        for (const test::Path& path : test::completions(world.graph, prompt)) {
          const double weight = world.rho[prompt] * (num::exp(test::sum_along(arm.log_policy(), path)) -
                                                     num::exp(test::sum_along(world.log_reference, path)));
          FeatureRow psi;
          model->add_path(path, weight, psi);
          for (std::size_t t = 0; t < psi.index.size(); ++t) gradient[psi.index[t]] += psi.value[t];
        }
      EXPECT_LT((svd.matrixV().rightCols(p - rank).transpose() * gradient).norm(), 1e-10);
    }
  EXPECT_GT(checked, 10);
}

// A prompt without any pair stays with the reference, whatever the others say.
TEST(FlatOptima, APromptWithoutPairsStaysWithTheReference) {
  const World world = random_world("walk", 3, 3, false, 0);
  PreferenceData data = balanced(world, 12, 3);
  PreferenceData kept;
  kept.horizon = data.horizon;
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (world.graph.source(data.chosen_path(i)[0]) == 1) continue;
    kept.chosen.insert(kept.chosen.end(), data.chosen_path(i).begin(), data.chosen_path(i).end());
    kept.rejected.insert(kept.rejected.end(), data.rejected_path(i).begin(), data.rejected_path(i).end());
  }
  for (const ArmSpec& spec : {reward_arm("rm+plan", model_class("dense"), penalty("none")),
                              policy_arm("dpo", model_class("tabular"), penalty("none"))}) {
    const ArmResult arm = fit(spec, world, kept);
    ASSERT_EQ(arm.existence, Existence::flat);
    for (int h = 0; h < world.graph.horizon(); ++h) {
      const EdgeRange range = world.graph.prompt_edges(h, 1);
      for (EdgeId e = range.begin; e < range.end; ++e)
        EXPECT_NEAR(arm.log_policy()[static_cast<std::size_t>(e)],
                    world.log_reference[static_cast<std::size_t>(e)], 1e-10);
    }
  }
}

// sft: what is chosen at the root decides the root, and states that no chosen completion visits keep the
// reference. Actions 0 and 1 of two were chosen twice and once.
TEST(FlatOptima, SftKeepsTheReferenceWhereNothingWasChosen) {
  const World world = random_world("tokens", 2, 1, true, 0);
  const TokenGraph& graph = world.graph;
  PreferenceData data;
  data.horizon = 2;
  const auto add = [&](int a, int b) {
    const EdgeId first = graph.edge(0, a);
    data.chosen.insert(data.chosen.end(), {first, graph.edge(graph.successor(first), b)});
    data.rejected.insert(data.rejected.end(),
                         {graph.edge(0, 0), graph.edge(graph.successor(graph.edge(0, 0)), 0)});
  };
  add(0, 0), add(0, 1), add(0, 1);
  // Action 1 is never chosen at the root: not attained.
  const ArmSpec spec = policy_arm("sft", model_class("tabular"), penalty("none"));
  EXPECT_EQ(fit(spec, world, data).existence, Existence::not_attained);
  EXPECT_FALSE(fit(spec, world, data).certificate.converged);
  add(1, 0), add(1, 1);
  const ArmResult unique = fit(spec, world, data);
  EXPECT_EQ(unique.existence, Existence::unique);
  EXPECT_EQ(unique.certificate.optimum, Optimum::global);
  EXPECT_NEAR(num::exp(unique.log_policy()[0]), 0.6, 1e-9);
  // Another prompt with its own parameters, from which nothing came, leaves the set flat.
  const World two = random_world("tokens", 2, 2, false, 0);
  PreferenceData one_prompt;
  one_prompt.horizon = 2;
  for (const int a : {0, 0, 0, 1, 1})
    for (const int b : {0, 1}) {
      const EdgeId first = two.graph.edge(0, a);
      one_prompt.chosen.insert(one_prompt.chosen.end(),
                               {first, two.graph.edge(two.graph.successor(first), b)});
      one_prompt.rejected.insert(one_prompt.rejected.end(),
                                 {first, two.graph.edge(two.graph.successor(first), 1 - b)});
    }
  const ArmResult flat = fit(spec, two, one_prompt);
  EXPECT_EQ(flat.existence, Existence::flat);
  EXPECT_NEAR(num::exp(flat.log_policy()[0]), 0.6, 1e-9);
  for (int h = 0; h < 2; ++h) {
    const EdgeRange range = two.graph.prompt_edges(h, 1);
    for (EdgeId e = range.begin; e < range.end; ++e)
      EXPECT_NEAR(flat.log_policy()[static_cast<std::size_t>(e)],
                  two.log_reference[static_cast<std::size_t>(e)], 1e-10);
  }
}

// Two comparisons cannot determine 4095 logits, and so many are beyond the method: the certificate says so.
TEST(FlatOptima, WhereNoneIsSingledOutTheCertificateSaysSo) {
  const World large = test::world({{"family", "tokens"}, {"horizon", integer(12)}});
  const PreferenceData data = balanced(large, 2, 0);
  for (const ArmSpec& spec : {reward_arm("rm+plan", model_class("dense"), penalty("none")),
                              policy_arm("dpo", model_class("tabular"), penalty("none"))}) {
    const ArmResult arm = fit(spec, large, data);
    EXPECT_TRUE(arm.certificate.converged) << spec.algorithm;
    EXPECT_EQ(arm.certificate.optimum, Optimum::not_unique) << spec.algorithm;
  }
  // Logits of degree 2 at horizon 4 have ten parameters; three balanced comparisons see three dimensions.
  const World world = random_world("tokens", 4, 1, false, 0);
  const ArmResult arm =
      fit(policy_arm("dpo", model_class("degree", 2), penalty("none")), world, balanced(world, 3, 0));
  EXPECT_EQ(arm.existence, Existence::no_exact_test);
  EXPECT_EQ(arm.certificate.optimum, Optimum::not_unique);
}

}  // namespace
}  // namespace twostage
