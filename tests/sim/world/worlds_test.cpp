// The families: truth, reference, prompts, headroom, addresses of the draws, refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "sim/basis/polynomial_basis.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/world/headroom.hpp"
#include "tests/support/refused_worlds.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::expect_refused;
using test::integer;
using test::settings;
using test::world;
using ::testing::HasSubstr;

double planned_headroom(const World& w) {
  SoftPlan plan;
  soft_plan(w.graph, w.log_reference, w.reward, w.beta, plan);
  return soft_return(w, plan.log_policy) - soft_return(w, w.log_reference);
}

TEST(Worlds, EveryFamilyMakesAConsistentWorldFromItsDefaults) {
  for (const auto& entry : worlds().entries()) {
    EXPECT_FALSE(entry.summary.empty());
    EXPECT_FALSE(entry.source.empty());
    for (const auto& knob : entry.knobs) EXPECT_FALSE(knob.help.empty()) << entry.name << "." << knob.name;
    Settings given = settings({{"family", entry.name}, {"prompts", integer(3)}});
    const auto drawn = test::drawn_families();
    if (std::ranges::find(drawn, entry.name) != drawn.end()) {
      given.set("reference", "random");
      given.set("prompt_weights", "random");
    }
    const Settings resolved = resolve_world(given);
    const World w = make_world(resolved, test::world_seed(), 1e9);
    EXPECT_EQ(w.family, entry.name);
    ASSERT_EQ(w.reward.size(), w.graph.edges());
    ASSERT_EQ(w.log_reference.size(), w.graph.edges());
    // At most so many; a family that knows them exactly is held to that by family_sizes_test.cpp.
    EXPECT_LE(static_cast<double>(w.graph.edges()), entry.extra.edges(resolved));
    double total = 0;
    for (const double weight : w.rho) {
      EXPECT_GT(weight, 0.0);
      total += weight;
    }
    EXPECT_NEAR(total, 1.0, 1e-15);
    for (StateId s = 0; s < static_cast<StateId>(w.graph.inner_states()); ++s) {
      double mass = 0;
      for (EdgeId e = w.graph.leaving(s).begin; e < w.graph.leaving(s).end; ++e)
        mass += std::exp(w.log_reference[static_cast<std::size_t>(e)]);
      EXPECT_NEAR(mass, 1.0, 1e-14);
    }
    if (w.edges_are_distinct_prefixes) {
      for (std::size_t e = 0; e < w.graph.edges(); ++e)
        EXPECT_EQ(static_cast<std::size_t>(w.graph.successors()[e]), w.graph.prompts() + e);
    }
    EXPECT_EQ(w.truth_degree > 0, w.basis != nullptr);
  }
}

// A settings object that is resolved stays what it is when it is resolved again.
TEST(Worlds, ResolvingIsIdempotent) {
  for (const auto& entry : worlds().entries()) {
    const Settings once = resolve_world(settings({{"family", entry.name}}));
    EXPECT_EQ(resolve_world(once), once);
  }
}

TEST(Worlds, SameSeedSameWorldOtherInstanceOtherWorld) {
  for (const auto& name : test::drawn_families()) {
    const auto make = [&](std::uint64_t instance) {
      return world({{"family", name}, {"reference", "random"}, {"prompts", integer(2)}}, instance);
    };
    EXPECT_EQ(make(3).reward, make(3).reward);
    EXPECT_EQ(make(3).log_reference, make(3).log_reference);
    EXPECT_NE(make(3).reward, make(4).reward);
    EXPECT_NE(make(3).log_reference, make(4).log_reference);
  }
}

TEST(Worlds, BetaAndClassesDoNotMoveTheTruth) {
  for (const auto& name : test::drawn_families()) {
    const World base = world({{"family", name}});
    EXPECT_EQ(world({{"family", name}, {"beta", 0.25}}).reward, base.reward);
    EXPECT_EQ(world({{"family", name}, {"shared_classes", false}}).reward, base.reward);
    EXPECT_EQ(world({{"family", name}, {"reference", "random"}}).reward, base.reward);
  }
}

// With a shared truth all prompts are alike; with one truth each, prompt 0 keeps its own; a prompt does not
// change when more are added.
TEST(Worlds, PromptsShareTheTruthOrNot) {
  for (const auto& name : test::drawn_families()) {
    const auto rewards = [&](int prompts, bool shared) {
      const World w = world({{"family", name}, {"prompts", integer(prompts)}, {"shared_truth", shared}});
      std::vector<std::vector<double>> out;
      for (std::size_t p = 0; p < w.graph.prompts(); ++p) {
        out.emplace_back();
        for (const auto& path : test::completions(w.graph, p))
          out.back().push_back(test::sum_along(w.reward, path));
      }
      return out;
    };
    const auto shared = rewards(3, true);
    if (world({{"family", name}, {"prompts", integer(3)}}).graph.prompts_are_copies()) {
      EXPECT_EQ(shared[0], shared[1]);
      EXPECT_EQ(shared[0], shared[2]);
    }
    const auto each = rewards(3, false);
    EXPECT_EQ(each[0], shared[0]);
    EXPECT_NE(each[1], each[0]);
    EXPECT_NE(each[2], each[1]);
    EXPECT_EQ(rewards(2, false)[1], each[1]);
  }
}

TEST(Worlds, ReferenceSpreadIsTheStandardDeviationOfLogOdds) {
  const World w = world(
      {{"family", "walk"}, {"horizon", integer(60)}, {"reference", "random"}, {"reference_spread", 2.0}});
  double sum = 0;
  double squares = 0;
  const auto n = static_cast<double>(w.graph.inner_states());
  for (std::size_t e = 0; e < w.graph.edges(); e += 3) {
    const double odds = w.log_reference[e] - w.log_reference[e + 1];
    sum += odds;
    squares += odds * odds;
  }
  // n = 3600 independent N(0, 4): the mean has sd 2/60, the mean square sd 4 sqrt(2/n); 5 sd each,
  // false-alarm rate 1.2e-6 in all.
  EXPECT_NEAR(sum / n, 0.0, 5 * 2 / 60.0);
  EXPECT_NEAR(squares / n, 4.0, 5 * 4 * std::sqrt(2 / n));
}

TEST(Worlds, TokensTruthIsAPolynomialOfTheDegreeAskedFor) {
  for (const int A : {2, 3}) {
    const int H = 4;
    for (int d = 1; d <= H; ++d) {
      const World w = world(
          {{"family", "tokens"}, {"alphabet", integer(A)}, {"horizon", integer(H)}, {"degree", integer(d)}});
      EXPECT_EQ(w.truth_degree, d);
      const auto paths = test::completions(w.graph);
      std::vector<double> coefficient(w.basis->size(), 0.0);
      for (const auto& path : paths)
        w.basis->add_path(path, test::sum_along(w.reward, path) / static_cast<double>(paths.size()),
                          coefficient);
      for (std::size_t k = 0; k < coefficient.size(); ++k) {
        if (k < w.basis->count_up_to(d))
          EXPECT_GT(std::fabs(coefficient[k]), 1e-9);  // normal: |c| < 1e-9 has probability 1e-9
        else
          EXPECT_NEAR(coefficient[k], 0.0, 1e-12);
      }
    }
  }
}

// The coefficient of a function depends on its name alone: not on degree, nor on horizon.
TEST(Worlds, TokensCoefficientsAreNested) {
  const auto coefficients = [](int H, int d) {
    const World w = world({{"family", "tokens"}, {"horizon", integer(H)}, {"degree", integer(d)}});
    const auto& basis = dynamic_cast<const PolynomialBasis&>(*w.basis);
    std::map<EdgeId, double> out;
    std::vector<double> c(basis.size(), 0.0);
    const auto paths = test::completions(w.graph);
    for (const auto& path : paths)
      basis.add_path(path, test::sum_along(w.reward, path) / static_cast<double>(paths.size()), c);
    for (std::size_t k = 0; k < basis.count_up_to(d); ++k) out[basis.code(k)] = c[k];
    return out;
  };
  const auto big = coefficients(5, 4);
  for (const auto& small : {coefficients(5, 2), coefficients(3, 3), coefficients(1, 1)})
    for (const auto& [code, value] : small) EXPECT_NEAR(value, big.at(code), 1e-12);
}

TEST(Worlds, WalkMovesByOneAndMergesHistories) {
  const int H = 5;
  const World w = world({{"family", "walk"}, {"horizon", integer(H)}});
  EXPECT_EQ(w.graph.states(), static_cast<std::size_t>((H + 1) * (H + 1)));
  EXPECT_FALSE(w.edges_are_distinct_prefixes);
  EXPECT_EQ(w.basis, nullptr);
  std::map<int, double> reward_at;
  for (const auto& path : test::completions(w.graph)) {
    int x = 0;
    for (const EdgeId e : path) x += w.graph.action(e) - 1;
    const StateId end = w.graph.successor(path.back());
    ASSERT_EQ(end - w.graph.layer_begin(H), x + H);
    for (std::size_t h = 0; h + 1 < path.size(); ++h)
      EXPECT_EQ(w.reward[static_cast<std::size_t>(path[h])], 0.0);
    const double r = test::sum_along(w.reward, path);
    EXPECT_EQ(reward_at.try_emplace(x, r).first->second, r);
  }
  EXPECT_EQ(reward_at.size(), 2u * H + 1);
  std::set<double> distinct;
  for (const auto& [x, r] : reward_at) distinct.insert(r);
  EXPECT_EQ(distinct.size(), reward_at.size());
  // w[x] does not depend on the horizon.
  const World shorter = world({{"family", "walk"}, {"horizon", integer(2)}});
  for (const auto& path : test::completions(shorter.graph)) {
    int x = 0;
    for (const EdgeId e : path) x += shorter.graph.action(e) - 1;
    EXPECT_EQ(test::sum_along(shorter.reward, path), reward_at.at(x));
  }
}

TEST(Worlds, DenseWalkTruthIsDrawnOnEveryEdgeWhateverTheHorizon) {
  const World w = world({{"family", "walk"}, {"truth", "dense"}, {"horizon", integer(6)}});
  const World shorter = world({{"family", "walk"}, {"truth", "dense"}, {"horizon", integer(3)}});
  EXPECT_EQ(std::set<double>(w.reward.begin(), w.reward.end()).size(), w.graph.edges());
  for (std::size_t e = 0; e < shorter.reward.size(); ++e) EXPECT_EQ(shorter.reward[e], w.reward[e]);
}

// r* = theta c(a) on (a, 1) and 0 elsewhere, c in [-2, 2); c(a) does not depend on K, nor on theta.
TEST(Worlds, TwoTokenTruthSitsOnTheSecondOfTheSecondTokens) {
  const auto c = [](int K, double theta) {
    const World w = world({{"family", "two-token"}, {"actions", integer(K)}, {"scale", theta}});
    EXPECT_EQ(w.graph.actions(0), K);
    EXPECT_EQ(w.graph.layer_edges(1).size(), 2 * static_cast<std::size_t>(K));
    std::vector<double> out;
    for (const auto& path : test::completions(w.graph)) {
      EXPECT_EQ(w.reward[static_cast<std::size_t>(path[0])], 0.0);
      const double r = test::sum_along(w.reward, path);
      if (w.graph.action(path[1]) == 0)
        EXPECT_EQ(r, 0.0);
      else
        out.push_back(r);
    }
    return out;
  };
  const auto large = c(64, 1);
  ASSERT_EQ(large.size(), 64u);
  EXPECT_EQ(std::set<double>(large.begin(), large.end()).size(), 64u);
  for (const double x : large) EXPECT_TRUE(x >= -2 && x < 2);
  // Mean 0 and variance 4/3 of U(-2, 2); 5 standard errors of the mean (sqrt(4/3 / 64)): 6e-7 false alarms.
  double sum = 0;
  for (const double x : large) sum += x;
  EXPECT_NEAR(sum / 64, 0, 5 * std::sqrt(4.0 / 3 / 64));
  const auto small = c(5, 1);
  for (std::size_t a = 0; a < small.size(); ++a) EXPECT_EQ(small[a], large[a]);
  const auto doubled = c(5, 2);
  for (std::size_t a = 0; a < small.size(); ++a) EXPECT_EQ(doubled[a], 2 * small[a]);
}

// k of K coefficients stay, with the values they have without sparsity, and the k are among the k + 1; other
// instances have them elsewhere.
TEST(Worlds, TwoTokenSparsityKeepsAFewAtRandomPlaces) {
  const auto support = [](int sparsity, std::uint64_t instance) {
    const World all = world({{"family", "two-token"}, {"actions", integer(40)}}, instance);
    const World w =
        world({{"family", "two-token"}, {"actions", integer(40)}, {"sparsity", integer(sparsity)}}, instance);
    std::set<std::size_t> out;
    for (std::size_t e = 0; e < w.reward.size(); ++e)
      if (w.reward[e] != 0) {
        EXPECT_EQ(w.reward[e], all.reward[e]);
        out.insert(e);
      }
    return out;
  };
  EXPECT_EQ(support(3, 0).size(), 3u);
  EXPECT_EQ(support(40, 0).size(), 40u);
  for (const std::size_t e : support(3, 0)) EXPECT_TRUE(support(4, 0).contains(e));
  // Equal supports of 3 among 40 by chance: 1 / 9880 for each of 4 instances.
  for (std::uint64_t instance = 1; instance < 5; ++instance) EXPECT_NE(support(3, instance), support(3, 0));
}

TEST(Worlds, BanditTruthIsLinearInItsFeatures) {
  const auto make = [](int arms, int features) {
    return world({{"family", "bandit"},
                  {"arms", integer(arms)},
                  {"features", integer(features)},
                  {"prompts", integer(4)}});
  };
  const World w = make(6, 3);
  ASSERT_EQ(w.basis->size(), 3u);
  // Four equations would be enough to refute a linear truth; here are 24, in three unknowns: solve the normal
  // equations by Gauss and look at the residual.
  double m[3][4] = {};
  std::vector<std::vector<double>> rows;
  for (EdgeId e = 0; e < 24; ++e) {
    std::vector<double> phi(3, 0.0);
    w.basis->add_path(std::vector<EdgeId>{e}, 1.0, phi);
    for (int i = 0; i < 3; ++i) {
      for (int j = 0; j < 3; ++j)
        m[i][j] += phi[static_cast<std::size_t>(i)] * phi[static_cast<std::size_t>(j)];
      m[i][3] += phi[static_cast<std::size_t>(i)] * w.reward[static_cast<std::size_t>(e)];
    }
    rows.push_back(phi);
  }
  for (int i = 0; i < 3; ++i)
    for (int r = 0; r < 3; ++r)
      for (int j = 3; r != i && j >= i; --j) m[r][j] -= m[r][i] / m[i][i] * m[i][j];
  for (std::size_t e = 0; e < 24; ++e) {
    double r = 0;
    for (int i = 0; i < 3; ++i) r += rows[e][static_cast<std::size_t>(i)] * m[i][3] / m[i][i];
    EXPECT_NEAR(r, w.reward[e], 1e-12);
  }
  // Features of an arm and coefficients of a feature stay when arms or features are added.
  const World wider = make(9, 5);
  std::vector<double> phi(3, 0.0);
  wider.basis->add_path(std::vector<EdgeId>{9 + 2}, 1.0, phi);
  EXPECT_EQ(phi, rows[6 + 2]);
}

TEST(Worlds, BanditFeaturesAreExactOnTheirGrid) {
  const World w = world({{"family", "bandit"}, {"arms", integer(5)}, {"features", integer(4)}});
  for (EdgeId e = 0; e < 5; ++e) {
    std::vector<double> phi(4, 0.0);
    w.basis->add_path(std::vector<EdgeId>{e}, 1.0, phi);
    for (std::size_t k = 0; k < 4; ++k) {
      const double scaled = phi[k] * w.basis->integer_unit(k);
      EXPECT_EQ(scaled, std::round(scaled));
    }
  }
}

TEST(Worlds, HeadroomIsReached) {
  const std::vector<Settings> cases = {
      settings({{"family", "bandit"}, {"arms", integer(5)}}),
      settings({{"family", "bandit"}, {"arms", integer(5)}, {"features", integer(3)}}),
      settings({{"family", "walk"}, {"horizon", integer(1)}}),
      settings({{"family", "walk"}, {"horizon", integer(30)}}),
      settings({{"family", "walk"}, {"truth", "dense"}, {"horizon", integer(12)}}),
      settings({{"family", "tokens"}, {"horizon", integer(6)}, {"degree", integer(3)}}),
      settings({{"family", "tokens"}, {"horizon", integer(3)}, {"alphabet", integer(4)}}),
      settings({{"family", "two-token"}, {"actions", integer(9)}}),
      settings({{"family", "two-token"}, {"actions", integer(9)}, {"sparsity", integer(2)}}),
  };
  for (Settings given : cases)
    for (const double target : {0.01, 0.5, 6.0})
      for (const double beta : {0.1, 1.0})
        for (const bool plain : {true, false}) {
          given.set("headroom", target);
          given.set("beta", beta);
          given.set("prompts", integer(plain ? 1 : 3));
          given.set("shared_truth", plain);
          given.set("reference", plain ? "uniform" : "random");
          given.set("prompt_weights", plain ? "uniform" : "random");
          const World w = make_world(resolve_world(given), test::world_seed(), 1e9);
          EXPECT_NEAR(headroom(w), target, 1e-13 * target);
          // The planner subtracts two returns, so rounding is relative to the rewards, not to the target.
          EXPECT_NEAR(planned_headroom(w), target, 1e-12 * (target + beta)) << given.text("family");
        }
}

// From almost nothing to a greedy optimum, over six decades of beta. What is left is the rounding of log pi*,
// about 1e-15 (H |r| / beta), against a log-ratio as small as sqrt(1e-9 / 1e3) = 1e-6.
TEST(Worlds, HeadroomIsReachedAtTheEndsOfItsRange) {
  for (const auto& truth : {"terminal", "dense"})
    for (const double target : {1e-9, 1e3})
      for (const double beta : {1e-3, 1e3}) {
        const World w = world({{"family", "walk"},
                               {"truth", truth},
                               {"horizon", integer(60)},
                               {"reference", "random"},
                               {"beta", beta},
                               {"headroom", target}});
        EXPECT_NEAR(headroom(w), target, 1e-10 * target) << truth << ", beta " << beta;
      }
}

TEST(Worlds, ScaleMultipliesTheTruthAndHeadroomOverridesIt) {
  const World one = world({{"family", "tokens"}});
  const World three = world({{"family", "tokens"}, {"scale", 3.0}});
  for (std::size_t e = 0; e < one.reward.size(); ++e) EXPECT_EQ(three.reward[e], 3 * one.reward[e]);
  EXPECT_NEAR(headroom(one, 3.0), headroom(three), 1e-13);
  EXPECT_EQ(world({{"family", "tokens"}, {"scale", 3.0}, {"headroom", 0.5}}).reward,
            world({{"family", "tokens"}, {"headroom", 0.5}}).reward);
}

TEST(Worlds, HeadroomOfAConstantTruthIsRefused) {
  expect_refused(settings({{"family", "walk"}, {"scale", 0.0}, {"headroom", 0.5}}), "headroom",
                 "the true reward is constant");
}

// Rewards that are equal in exact arithmetic have nothing to gain, whatever rounding makes of a random
// reference.
TEST(Worlds, HeadroomOfEqualRewardsIsNotLostInRounding) {
  for (std::uint64_t instance = 0; instance < 20; ++instance)
    for (const double reward : {0.0, 0.3}) {
      World w = make_world(resolve_world(settings({{"family", "tokens"},
                                                   {"horizon", integer(3)},
                                                   {"alphabet", integer(3)},
                                                   {"reference", "random"}})),
                           test::world_seed(instance), 1e9);
      std::ranges::fill(w.reward, reward);
      EXPECT_THAT([&] { scale_for_headroom(w, 2); },
                  testing::ThrowsMessage<InputError>(testing::HasSubstr("the true reward is constant")));
    }
}

TEST(Worlds, HeadroomBelowTheRoundingOfRewardsIsRefusedAsSuch) {
  for (const double target : {1e-300, 1e-100, 1e-50})
    expect_refused(settings({{"family", "walk"}, {"headroom", target}}), "headroom", "lost in the rounding");
}

TEST(Worlds, KnobsThatExcludeEachOtherAreRefused) {
  expect_refused(settings({{"family", "tokens"}, {"horizon", integer(3)}, {"degree", integer(4)}}), "degree",
                 "degree = 4 is larger than horizon = 3");
  expect_refused(settings({{"family", "bandit"}, {"arms", integer(4)}, {"features", integer(4)}}), "features",
                 "valid: 0 to 3");
  expect_refused(settings({{"family", "bandit"}, {"horizon", integer(2)}}), "horizon", "out of range");
  expect_refused(settings({{"family", "two-token"}, {"horizon", integer(1)}}), "horizon", "out of range");
  expect_refused(settings({{"family", "two-token"}, {"actions", integer(4)}, {"sparsity", integer(5)}}),
                 "sparsity", "valid: 0 (all) to 4");
}

TEST(Worlds, WrongSettingsNameTheNearestChoice) {
  expect_refused(settings({{"family", "wlak"}}), "family", "did you mean 'walk'?");
  for (const std::string& name : worlds().names())
    expect_refused(settings({{"horizon", integer(3)}}), "family", name);
  expect_refused(settings({{"family", integer(3)}}), "family", "must be a text");
  expect_refused(settings({{"family", "walk"}, {"horizont", integer(3)}}), "horizont",
                 "did you mean 'horizon'?");
  expect_refused(settings({{"family", "walk"}, {"degree", integer(2)}}), "degree",
                 "world 'walk': unknown key");
  expect_refused(settings({{"family", "walk"}, {"horizon", 2.5}}), "horizon", "must be an integer");
  expect_refused(settings({{"family", "walk"}, {"horizon", integer(0)}}), "horizon", "valid: 1 to 1000");
  expect_refused(settings({{"family", "walk"}, {"truth", "terminall"}}), "truth", "did you mean 'terminal'?");
  expect_refused(settings({{"family", "tokens"}, {"beta", 0.0}}), "beta", "out of range");
  expect_refused(settings({{"family", "tokens"}, {"beta", std::numeric_limits<double>::quiet_NaN()}}), "beta",
                 "out of range");
}

TEST(Worlds, AWorldTooLargeForMemoryIsRefusedWithItsSizeBeforeAllocation) {
  const auto refuse = [](const Settings& given, double limit) {
    try {
      make_world(resolve_world(given), test::world_seed(), limit);
    } catch (const InputError& error) {
      EXPECT_EQ(error.key(), "horizon");
      return std::string(error.what());
    }
    return std::string("no error");
  };
  // 64^24 completions: no allocation could succeed.
  EXPECT_THAT(
      refuse(settings({{"family", "tokens"}, {"alphabet", integer(64)}, {"horizon", integer(24)}}), 1e9),
      HasSubstr("lower horizon, alphabet or prompts"));
  // 3 * 1000^2 edges of 132 bytes: 0.396 GB.
  EXPECT_THAT(refuse(settings({{"family", "walk"}, {"horizon", integer(1000)}}), 1 << 28),
              HasSubstr("needs 0.396 GB of memory and may take 0.2684 GB"));
  EXPECT_THAT(refuse(settings({{"family", "tokens"},
                               {"alphabet", integer(2)},
                               {"horizon", integer(24)},
                               {"prompts", integer(4096)}}),
                     std::numeric_limits<double>::infinity()),
              HasSubstr("needs 137438945280 edges and may take 1073741824;"));
  // 2 (2^26 - 1) edges of 132 bytes and 9 of the basis: 18.92 GB. Without a limit on memory the addresses of
  // the random draws end at 2^25 edges.
  const Settings long_tree = settings({{"family", "tokens"}, {"horizon", integer(26)}});
  EXPECT_THAT(refuse(long_tree, 8e9), HasSubstr("needs 18.92 GB of memory and may take 8 GB"));
  EXPECT_THAT(refuse(long_tree, std::numeric_limits<double>::infinity()),
              HasSubstr("needs 134217726 edges for each prompt and may take 33554432;"));
  // Thousands of prompts: 4096 * 3 * 1000^2 edges of 132 bytes.
  EXPECT_THAT(
      refuse(settings({{"family", "walk"}, {"horizon", integer(1000)}, {"prompts", integer(4096)}}), 8e9),
      HasSubstr("needs 1622 GB of memory"));
}

TEST(Worlds, BytesCoverWhatTheWorldHolds) {
  for (const auto& name : worlds().names()) {
    const Settings resolved = resolve_world(settings({{"family", name}, {"prompts", integer(7)}}));
    const World w = make_world(resolved, test::world_seed(), world_bytes(resolved));
    EXPECT_GE(world_bytes(resolved),
              static_cast<double>(w.graph.edges() * (sizeof(StateId) + 12 * sizeof(double))));
  }
}

// The truth with excess is the truth without plus excess times a polynomial of the next degree alone: its
// coefficients up to the degree are the same draws, and grow with nothing else.
TEST(Worlds, ExcessAddsOneDegree) {
  const auto tokens = [](double excess) {
    return test::world(
        {{"family", "tokens"}, {"horizon", integer(4)}, {"degree", integer(2)}, {"excess", excess}});
  };
  const World plain = tokens(0), mixed = tokens(0.5), more = tokens(1);
  EXPECT_EQ(plain.truth_degree, 2);
  EXPECT_EQ(mixed.truth_degree, 3);
  std::vector<double> difference(plain.reward.size());
  for (std::size_t e = 0; e < difference.size(); ++e) {
    difference[e] = mixed.reward[e] - plain.reward[e];
    EXPECT_NEAR(2 * difference[e], more.reward[e] - plain.reward[e], 1e-14);
  }
  // By orthonormality, analysing the values of the 16 completions gives the coefficients.
  std::vector<double> coefficient(plain.basis->size(), 0.0);
  for (const test::Path& path : test::completions(plain.graph)) {
    std::vector<double> row(coefficient.size(), 0.0);
    plain.basis->add_path(path, path_sum(difference, path) / 16, row);
    for (std::size_t k = 0; k < row.size(); ++k) coefficient[k] += row[k];
  }
  for (std::size_t k = 0; k < coefficient.size(); ++k) {
    const bool cubic = k >= plain.basis->count_up_to(2) && k < plain.basis->count_up_to(3);
    EXPECT_EQ(std::fabs(coefficient[k]) > 1e-3, cubic) << k;
  }
  EXPECT_THROW(
      test::world({{"family", "tokens"}, {"horizon", integer(2)}, {"degree", integer(2)}, {"excess", 0.1}}),
      InputError);
}

}  // namespace
}  // namespace twostage
