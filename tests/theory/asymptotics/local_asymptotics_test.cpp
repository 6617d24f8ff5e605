#include "theory/asymptotics/local_asymptotics.hpp"

#include <gtest/gtest.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "sim/completions/completions.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"
#include "theory/information/atoms.hpp"

namespace twostage {
namespace {

World world_of(std::initializer_list<std::pair<const char*, Value>> knobs) {
  Settings given;
  for (const auto& [name, value] : knobs) given.set(name, value);
  return make_world(resolve_world(given), {RandomSource(7, "theory-test"), 0}, 1e9);
}

LocalLimit limit_of(const World& world, const char* name, std::int64_t degree = 0) {
  Settings spec;
  spec.set("class", std::string(name));
  if (degree > 0) spec.set("degree", degree);
  return local_limit(world, *make_linear_model(spec, world, Role::reward), world.log_reference);
}

// Flat reward: sigma' = 1/4 and pairs are i.i.d. from pi_ref = pi*, so I = Cov(psi) / 2 and C = Cov(psi):
// I^-1 C is twice the identity on d dimensions and the limit is 2 d / (2 beta) = d / beta, for every class.
TEST(LocalAsymptotics, FlatRewardGivesDimensionOverBeta) {
  for (const double beta : {0.5, 1.0, 3.0}) {
    World tokens = world_of({{"family", std::string("tokens")},
                             {"horizon", std::int64_t{4}},
                             {"degree", std::int64_t{2}},
                             {"reference", std::string("random")},
                             {"prompts", std::int64_t{2}},
                             {"beta", beta}});
    std::fill(tokens.reward.begin(), tokens.reward.end(), 0.0);
    EXPECT_NEAR(limit_of(tokens, "degree", 2).limit, 10 / beta, 1e-9);
    EXPECT_NEAR(limit_of(tokens, "dense").limit, 15 / beta, 1e-9);
    World walk = world_of({{"family", std::string("walk")}, {"horizon", std::int64_t{4}}, {"beta", beta}});
    std::fill(walk.reward.begin(), walk.reward.end(), 0.0);
    EXPECT_NEAR(limit_of(walk, "terminal").limit, 8 / beta, 1e-9);
    EXPECT_NEAR(limit_of(walk, "dense").limit, 32 / beta, 1e-9);
  }
}

// Two arms, uniform reference, reward difference D: half of the pairs differ, with x = +-1, so I = sigma'(D)
// / 2, and C = p (1 - p) with p = sigma(D / beta). At beta = 1, C = sigma'(D): the limit is 1 whatever D.
TEST(LocalAsymptotics, TwoArms) {
  World bandit =
      world_of({{"family", std::string("bandit")}, {"arms", std::int64_t{2}}, {"features", std::int64_t{0}}});
  for (const double d : {0.0, 0.7, 3.0}) {
    bandit.reward = {d, 0.0};
    const LocalLimit at_one = limit_of(bandit, "dense");
    EXPECT_EQ(at_one.dimension, 1u);
    EXPECT_NEAR(at_one.limit, 1.0, 1e-12);
    EXPECT_NEAR(at_one.leverage.value(), 2.0, 1e-12);  // sigma'(D) / I
    World warm = bandit;
    warm.beta = 2;
    const double p = 1 / (1 + std::exp(-d / 2));
    const double s = 1 / (1 + std::exp(-d));
    EXPECT_NEAR(limit_of(warm, "dense").limit, p * (1 - p) / (s * (1 - s) / 2) / (2 * 2), 1e-12);
  }
}

// Three arms of equal reward, the last drawn with probability q: to leading order in q its direction has
// information 2 q / 4 (one of the pair is it), so the pairs that show it have leverage (1/4) / (q / 2) =
// 1/(2q). Below what double precision tells from zero the direction is gone, and the leverage says so.
TEST(LocalAsymptotics, WhatPairsHardlyShowIsNotLeftOutInSilence) {
  World bandit =
      world_of({{"family", std::string("bandit")}, {"arms", std::int64_t{3}}, {"features", std::int64_t{0}}});
  bandit.reward = {0.0, 0.0, 0.0};
  Settings spec;
  spec.set("class", std::string("dense"));
  const auto model = make_linear_model(spec, bandit, Role::reward);
  const auto drawn = [&](double q) {
    const std::vector<double> sampler = {std::log((1 - q) / 2), std::log((1 - q) / 2), std::log(q)};
    return local_limit(bandit, *model, sampler);
  };
  const LocalLimit seldom = drawn(1e-7);
  EXPECT_EQ(seldom.dimension, 2u);
  EXPECT_NEAR(seldom.leverage.value() * 2e-7, 1, 1e-5);
  const LocalLimit never = drawn(1e-14);
  EXPECT_EQ(never.dimension, 1u);
  EXPECT_TRUE(std::isinf(never.leverage.value()));
}

// The same where completions are too many to list: 4096, the first token all but certain, the others even.
TEST(LocalAsymptotics, WhatPairsHardlyShowIsMissedBeyondEnumeration) {
  const World world = world_of({{"family", std::string("tokens")}, {"horizon", std::int64_t{12}}});
  Settings spec;
  spec.set("class", std::string("degree"));
  const auto model = make_linear_model(spec, world, Role::reward);
  EXPECT_FALSE(local_limit(world, *model, world.log_reference).leverage.has_value());
  std::vector<double> sampler = world.log_reference;
  sampler[0] = -1e-14;
  sampler[1] = std::log(1e-14);
  const LocalLimit never = local_limit(world, *model, sampler);
  EXPECT_LT(never.dimension, local_limit(world, *model, world.log_reference).dimension);
  EXPECT_TRUE(std::isinf(never.leverage.value_or(0)));
}

// Nested, well-specified classes: the larger one never has the smaller limit, because I^-1 of a subspace,
// embedded, is below I^-1 in the Loewner order. At full degree the classes are the same.
TEST(LocalAsymptotics, GapIsAtLeastOneForNestedClasses) {
  for (std::int64_t degree = 1; degree <= 4; ++degree) {
    const World world = world_of({{"family", std::string("tokens")},
                                  {"horizon", std::int64_t{4}},
                                  {"degree", degree},
                                  {"headroom", 0.5},
                                  {"reference", std::string("random")}});
    double smaller = 0;
    for (std::int64_t d = degree; d <= 4; ++d) {
      const double limit = limit_of(world, "degree", d).limit;
      EXPECT_GE(limit, smaller * (1 - 1e-10));
      smaller = limit;
    }
    EXPECT_NEAR(limit_of(world, "dense").limit / smaller, 1.0, 1e-9);
  }
  const World walk =
      world_of({{"family", std::string("walk")}, {"horizon", std::int64_t{5}}, {"headroom", 0.5}});
  EXPECT_GT(limit_of(walk, "dense").limit, limit_of(walk, "terminal").limit);
}

// The eigenvalues of the limit law sum to the trace that the limit is made of.
TEST(LocalAsymptotics, LimitIsTheMeanOfTheLimitLaw) {
  const World world = world_of({{"family", std::string("walk")},
                                {"horizon", std::int64_t{4}},
                                {"beta", 0.7},
                                {"headroom", 0.5},
                                {"prompts", std::int64_t{2}}});
  const LocalLimit law = limit_of(world, "terminal");
  const double trace = std::accumulate(law.eigenvalues.begin(), law.eigenvalues.end(), 0.0);
  EXPECT_EQ(law.eigenvalues.size(), law.dimension);
  EXPECT_NEAR(law.limit, trace / (2 * world.beta), 1e-10);
  EXPECT_GT(law.eigenvalues.front(), 0);
}

TEST(Completions, AreAllPathsOncePerPrompt) {
  const World world =
      world_of({{"family", std::string("walk")}, {"horizon", std::int64_t{3}}, {"prompts", std::int64_t{2}}});
  const Completions all = all_completions(world.graph, 100);
  ASSERT_EQ(all.rows(), 54u);
  double mass = 0;
  for (std::size_t i = 0; i < all.rows(); ++i) {
    const auto path = all.path(i);
    EXPECT_EQ(world.graph.source(path[0]), i < 27 ? 0 : 1);
    for (std::size_t h = 1; h < path.size(); ++h)
      EXPECT_EQ(world.graph.source(path[h]), world.graph.successor(path[h - 1]));
    mass += std::exp(path_sum(world.log_reference, path));
  }
  EXPECT_NEAR(mass, 2.0, 1e-12);
  EXPECT_THROW(all_completions(world.graph, 53), InputError);
}

// kappa and the widest difference, from Eigen's product of all pairs, to the last bit: sums run in its order.
TEST(LocalAsymptotics, LeverageIsThatOfEveryPair) {
  for (const std::int64_t horizon : {2, 3, 4, 5})
    for (const std::int64_t prompts : {1, 2}) {
      const World world = world_of({{"family", std::string("tokens")},
                                    {"horizon", horizon},
                                    {"prompts", prompts},
                                    {"alphabet", std::int64_t{3}},
                                    {"reference", std::string("random")}});
      for (const char* name : {"dense", "degree"}) {
        Settings spec;
        spec.set("class", std::string(name));
        const auto model = make_linear_model(spec, world, Role::reward);
        const LocalLimit limit = local_limit(world, *model, world.log_reference);
        const Atoms atoms =
            atoms_of(reward_features(*model, world), world, {world.log_reference, world.log_reference}, 2048);
        using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
        const auto p = static_cast<Eigen::Index>(model->parameters());
        const Eigen::MatrixXd whitener =
            Eigen::Map<const RowMajor>(limit.whitener.data(), p, static_cast<Eigen::Index>(limit.dimension));
        double weighted = 0, plain = 0;
        for (std::size_t q = 0; q < atoms.prompts(); ++q) {
          const Eigen::Index begin = atoms.begin[q], size = atoms.begin[q + 1] - begin;
          const Eigen::MatrixXd white = atoms.psi.middleRows(begin, size) * whitener;
          const Eigen::MatrixXd gram = white * white.transpose();
          for (Eigen::Index j = 0; j < size; ++j)
            for (Eigen::Index i = 0; i < j; ++i) {
              const double s = num::sigmoid(atoms.truth(begin + i) - atoms.truth(begin + j));
              const double length = gram(i, i) + gram(j, j) - 2 * gram(i, j);
              weighted = std::max(weighted, s * (1 - s) * length);
              plain = std::max(plain, length);
            }
        }
        EXPECT_EQ(limit.leverage, weighted) << name << ", horizon " << horizon;
        EXPECT_EQ(limit.widest, plain) << name << ", horizon " << horizon;
      }
    }
}

}  // namespace
}  // namespace twostage
