// Best subsets against all subsets, one after the other.
#include "sim/fit/subset_fit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "sim/fit/on_support.hpp"
#include "sim/loss/row_objective.hpp"
#include "sim/minimise/newton.hpp"
#include "tests/support/arms.hpp"

namespace twostage {
namespace {

using test::integer;

Settings sparse(int features, const std::string& of, int degree = 0) {
  Settings out = test::settings({{"class", "sparse"}, {"of", of}, {"features", integer(features)}});
  if (of == "degree") out.set("degree", integer(degree));
  return out;
}

// All subsets of exactly k features, which no smaller one beats.
double least_of_all(const LinearModel& whole, std::size_t k, const World& world, const PairTable& table,
                    const Penalty& penalty) {
  RowObjective objective(whole, world, table, penalty);
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t bits = 0; bits < std::size_t{1} << whole.parameters(); ++bits) {
    std::vector<std::size_t> support;
    for (std::size_t i = 0; i < whole.parameters(); ++i)
      if ((bits >> i & 1U) == 1U) support.push_back(i);
    if (support.size() != k) continue;
    OnSupport on_support(objective, support);
    least = std::min(least, num::minimise_newton(on_support, std::vector<double>(k, 0.0)).value);
  }
  return least;
}

TEST(SubsetFit, IsTheBestOfAllSubsets) {
  for (const int replicate : {0, 1, 2}) {
    const World tokens = test::world({{"family", "tokens"}, {"horizon", integer(4)}, {"degree", integer(2)}},
                                     static_cast<std::uint64_t>(replicate));
    const World walk = test::world({{"family", "walk"}, {"horizon", integer(4)}});
    for (const auto& [world, of, degree] :
         {std::tuple{&tokens, "degree", 2}, std::tuple{&walk, "terminal", 0}}) {
      const auto whole = make_linear_model(
          of == std::string("degree") ? test::model_class("degree", degree) : test::model_class(of), *world,
          Role::reward);
      const PairTable table =
          tabulate(test::reference_pairs(*world, 120, static_cast<std::uint64_t>(replicate)));
      for (const std::size_t k : {1u, 2u, 3u, 5u}) {
        const Penalty penalty{PenaltyKind::reference_kl, 2};
        const RewardFit fit = fit_subset(*whole, k, *world, table, penalty);
        EXPECT_TRUE(fit.certificate.converged);
        EXPECT_EQ(fit.certificate.optimum, Optimum::global);
        EXPECT_LE(std::ranges::count_if(fit.theta, [](double t) { return t != 0; }),
                  static_cast<std::ptrdiff_t>(k));
        EXPECT_NEAR(fit.certificate.objective, least_of_all(*whole, k, *world, table, penalty), 1e-7);
      }
      const RewardFit all =
          fit_subset(*whole, whole->parameters(), *world, table, {PenaltyKind::reference_kl, 2});
      const RewardFit plain = fit_reward(*whole, *world, table, {PenaltyKind::reference_kl, 2});
      EXPECT_NEAR(all.certificate.objective, plain.certificate.objective, 1e-9);
    }
  }
}

TEST(SubsetFit, FindsAPlantedSupport) {
  const World world = test::world(
      {{"family", "two-token"}, {"actions", integer(12)}, {"sparsity", integer(2)}, {"scale", 2.0}});
  const ArmSpec arm = test::reward_arm("rm+plan", sparse(2, "degree", 1), test::penalty("reference-kl"));
  const ArmResult result = test::fit(arm, world, test::reference_pairs(world, 4000));
  const ArmResult whole =
      test::fit(test::reward_arm("rm+plan", test::model_class("degree", 1), test::penalty("reference-kl")),
                world, test::reference_pairs(world, 4000));
  EXPECT_TRUE(result.certificate.converged);
  EXPECT_EQ(result.rank, 2u);
  EXPECT_EQ(result.theta.size(), 12u);
  // Its two features are those of the truth: the edges b = 1 with a reward.
  std::vector<double> edges(world.graph.edges());
  make_linear_model(test::model_class("degree", 1), world, Role::reward)->scores(result.theta, edges);
  for (std::size_t e = 0; e < edges.size(); ++e) EXPECT_EQ(edges[e] != 0, world.reward[e] != 0) << e;
  EXPECT_GE(result.certificate.objective, whole.certificate.objective);
}

TEST(SubsetFit, OfNoFeaturesIsTheReferenceAndTooManyChoicesAreRefused) {
  const World world = test::world({{"family", "tokens"}, {"horizon", integer(6)}, {"degree", integer(3)}});
  const PreferenceData data = test::reference_pairs(world, 50);
  const ArmResult none = test::fit(
      test::reward_arm("rm+plan", sparse(0, "degree", 2), test::penalty("reference-kl")), world, data);
  for (std::size_t e = 0; e < world.graph.edges(); ++e)
    EXPECT_NEAR(none.log_policy()[e], world.log_reference[e], 1e-15);
  try {
    // 41 features: 820 pairs, 10660 triples, 101270 sets of four.
    make_model(sparse(4, "degree", 3), world, Role::reward);
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_EQ(error.key(), "features");
    EXPECT_THAT(error.what(), testing::HasSubstr("valid: at most 3"));
  }
  try {
    make_model(sparse(2, "mlp"), world, Role::reward);
    FAIL() << "accepted";
  } catch (const InputError& error) {
    EXPECT_EQ(error.key(), "of");
  }
}

}  // namespace
}  // namespace twostage
