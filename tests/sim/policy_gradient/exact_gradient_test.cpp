// Policy gradients in expectation: against finite differences and enumeration, and the policies in which they
// vanish against known answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "sim/numerics/reduce.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/policy_gradient/policy_gradient.hpp"
#include "tests/support/three_arms.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::completions;
using test::integer;
using test::sum_along;
using Values = std::vector<double>;

World with_beta(World world, double beta) {
  world.beta = beta;
  return world;
}

// Two binary tokens, the second after either first; P_ref(1) = .4 everywhere, rewards 0, 1, 2, 0.
World two_tokens(double beta = 1) {
  return with_beta(custom_world({.graph = prefix_tree(std::array{2, 2}),
                                 .reward = {0, 0, 0, 1, 2, 0},
                                 .reference = {.6, .4, .6, .4, .6, .4}}),
                   beta);
}

Values in_logits(const World& world, const Values& log_policy, const Values& direction) {
  Values out(direction.size());
  softmax_pullback(world.graph, log_policy, direction, out);
  return out;
}

Values gradient_at(const World& world, const Estimator& estimator, const Values& log_policy) {
  Values direction(log_policy.size(), 0.0);
  exact_gradient({world, world.reward, {}}, estimator)->add(log_policy, 0, direction);
  return in_logits(world, log_policy, direction);
}

Values policy_of(const World& world, const Values& logits) {
  Values out(logits.size());
  softmax_policy(world.graph, world.log_reference, logits, out);
  return out;
}

// Probabilities of the edges where a flow along the gradient comes to rest.
Values rest_of(const World& world, const Estimator& estimator, double rate = 0.5) {
  Values logits(world.graph.edges(), 0.0);
  const auto climb = exact_gradient({world, world.reward, {}}, estimator);
  for (int k = 0; k < 200000; ++k) {
    const Values log_policy = policy_of(world, logits);
    Values direction(logits.size(), 0.0);
    climb->add(log_policy, static_cast<std::uint64_t>(k), direction);
    const Values g = in_logits(world, log_policy, direction);
    num::axpy(rate, g, logits);
    if (num::max_abs(g) < 1e-14) break;
  }
  Values out = policy_of(world, logits);
  for (double& p : out) p = std::exp(p);
  return out;
}

Estimator groups(std::size_t size, Spread spread, KlTerm kl) {
  return {.baseline = Baseline::group, .group = {.size = size, .spread = spread}, .kl = kl};
}

std::vector<World> many_worlds() {
  std::vector<World> out;
  out.push_back(test::world({{"family", "walk"}, {"horizon", integer(3)}, {"reference", "random"}}));
  out.push_back(test::world({{"family", "tokens"},
                             {"horizon", integer(3)},
                             {"prompts", integer(2)},
                             {"reference", "random"},
                             {"beta", 0.4}}));
  out.push_back(test::world({{"family", "maze"}}));
  return out;
}

Values some_policy(const World& world) {
  Values logits(world.graph.edges());
  for (std::size_t e = 0; e < logits.size(); ++e) logits[e] = std::sin(1.0 + 3.7 * static_cast<double>(e));
  return policy_of(world, logits);
}

// With the KL in the reward, and whatever is subtracted from it, the gradient is that of J_beta.
TEST(ExactGradient, IsThatOfTheSoftValue) {
  for (const World& world : many_worlds()) {
    Values logits(world.graph.edges());
    for (std::size_t e = 0; e < logits.size(); ++e) logits[e] = std::sin(1.0 + 3.7 * static_cast<double>(e));
    const Values log_policy = policy_of(world, logits);
    for (const Baseline baseline : {Baseline::none, Baseline::value, Baseline::leave_one_out}) {
      const Values g = gradient_at(
          world, {.baseline = baseline, .group = {4, Spread::none}, .kl = KlTerm::in_reward}, log_policy);
      for (std::size_t e = 0; e < logits.size(); e += 1 + logits.size() / 40) {
        const auto at = [&](double step) {
          Values moved = logits;
          moved[e] += step;
          return soft_return(world, policy_of(world, moved));
        };
        EXPECT_NEAR(g[e], (at(1e-5) - at(-1e-5)) / 2e-5, 1e-8) << world.family << ", " << e;
      }
    }
  }
}

// A group's own mean takes a share of 1/G away.
TEST(ExactGradient, OfAGroupWithoutASpreadIsAShareOfIt) {
  const World world = test::world({{"family", "walk"}, {"horizon", integer(3)}});
  const Values pi = some_policy(world);
  const Values whole = gradient_at(world, {.kl = KlTerm::none}, pi);
  const Values share = gradient_at(world, groups(4, Spread::none, KlTerm::none), pi);
  for (std::size_t e = 0; e < whole.size(); ++e) EXPECT_NEAR(share[e], 0.75 * whole[e], 1e-15);
}

// The terms of tokens by enumeration: sum over completions of P(xi) sum over tokens of the derivative.
TEST(ExactGradient, OfKlTermsOfTokensIsTheEnumeration) {
  for (const World& world : many_worlds()) {
    if (count_completions(world.graph) > 5000) continue;
    const Values pi = some_policy(world);
    for (const KlTerm kl : {KlTerm::k2_loss, KlTerm::k3_loss}) {
      Values expected(pi.size(), 0.0), direction(pi.size(), 0.0), without(pi.size(), 0.0);
      for (std::size_t p = 0; p < world.graph.prompts(); ++p)
        for (const auto& path : completions(world.graph, p)) {
          const double mass = world.rho[p] * std::exp(sum_along(pi, path));
          for (const EdgeId e : path) {
            const auto k = static_cast<std::size_t>(e);
            const double c = pi[k] - world.log_reference[k];
            expected[k] -= world.beta * mass * (kl == KlTerm::k2_loss ? c : 1 - std::exp(-c));
          }
        }
      const auto task = [&] { return LearningTask{world, world.reward, {}}; };
      exact_gradient(task(), {.kl = kl})->add(pi, 0, direction);
      exact_gradient(task(), {.kl = KlTerm::none})->add(pi, 0, without);
      for (std::size_t e = 0; e < pi.size(); ++e)
        EXPECT_NEAR(direction[e] - without[e], expected[e], 1e-13) << world.family;
    }
  }
}

// With a spread: levels by state and by list against the enumeration of completions and groups, G = 3.
TEST(ExactGradient, WithASpreadIsTheEnumeration) {
  std::vector<World> worlds = many_worlds();
  worlds.pop_back();
  worlds.push_back(test::world({{"family", "walk"}, {"horizon", integer(2)}, {"truth", "dense"}}));
  for (const World& world : worlds) {
    const Values pi = some_policy(world);
    Values expected(pi.size(), 0.0);
    for (std::size_t p = 0; p < world.graph.prompts(); ++p) {
      const auto all = completions(world.graph, p);
      Values r, mass;
      for (const auto& path : all) {
        r.push_back(sum_along(world.reward, path));
        mass.push_back(std::exp(sum_along(pi, path)));
      }
      for (std::size_t i = 0; i < all.size(); ++i) {
        double advantage = 0;
        for (std::size_t j = 0; j < all.size(); ++j)
          for (std::size_t k = 0; k < all.size(); ++k) {
            const double mean = (r[i] + r[j] + r[k]) / 3;
            const double squares =
                (r[i] - mean) * (r[i] - mean) + (r[j] - mean) * (r[j] - mean) + (r[k] - mean) * (r[k] - mean);
            if (squares > 1e-20) advantage += mass[j] * mass[k] * (r[i] - mean) / std::sqrt(squares / 2);
          }
        for (const EdgeId e : all[i])
          expected[static_cast<std::size_t>(e)] += world.rho[p] * mass[i] * advantage;
      }
    }
    const Values g = gradient_at(world, groups(3, Spread::sample, KlTerm::none), pi);
    const Values written_out = in_logits(world, pi, expected);
    for (std::size_t e = 0; e < pi.size(); ++e) EXPECT_NEAR(g[e], written_out[e], 1e-12) << world.family;
  }
}

// Three arms, rewards 0, 1, 2, reference 1/2, 1/3, 1/6: where the flow from the reference rests. At H = 1 the
// k2 loss is the reverse KL. With the reverse KL pi ∝ ref exp(a / beta), with the k3 loss
// pi = beta ref / (beta - (a - E a)), a the advantage at pi.
TEST(ExactGradient, RestsInTheKnownPoliciesOfThreeArms) {
  struct Known {
    double beta;
    Estimator estimator;
    Values policy;
  };
  const auto k2 = KlTerm::k2_loss, k3 = KlTerm::k3_loss;
  const auto s = Spread::sample;
  const std::vector<Known> table = {
      {1, groups(2, s, k2), {.3361264158, .3689127637, .2949608206}},
      {1, groups(2, s, k3), {.3410813774, .3382039575, .3207146651}},
      {1, groups(4, s, k2), {.2346823033, .3221969383, .4431207584}},
      {1, groups(4, s, k3), {.2514424846, .2508764904, .4976810250}},
      {1, groups(8, s, k2), {.1790405682, .2975929522, .5233664796}},
      {1, groups(8, s, k3), {.2115087353, .2227609964, .5657302683}},
      {1, groups(0, s, k2), {.0890713518, .2748489890, .6360796592}},
      {1, groups(0, s, k3), {.1745798053, .2125863688, .6128338259}},
      {.5, groups(8, s, k2), {.0233121799, .0229815503, .9537062697}},
      {.5, groups(8, s, k3), {.1089311762, .0994150460, .7916537777}},
      {.5, groups(0, s, k3), {.0675552725, .0877348458, .8447098817}},
      // ref exp(3/4 r): the group's own mean weakens the reward, and not the loss of tokens
      {1, groups(4, Spread::none, k2), {0.2560668838, 0.3613957315, 0.3825373848}},
      // pi*
      {1, groups(4, Spread::none, KlTerm::in_reward), {0.1895660357, 0.3435292735, 0.4669046908}},
      {1, {.kl = KlTerm::in_reward}, {0.1895660357, 0.3435292735, 0.4669046908}}};
  for (const Known& known : table) {
    const Values rest = rest_of(with_beta(test::three_arms(), known.beta), known.estimator);
    for (std::size_t k = 0; k < 3; ++k)
      EXPECT_NEAR(rest[k], known.policy[k], 1e-9)
          << known.beta << ", " << known.estimator.group.size << ", " << k;
  }
}

// A spread in the limit of large groups, at beta .5 and with the reverse KL, has no rest but the best arm.
TEST(ExactGradient, OfLargeGroupsMayCollapse) {
  World world = with_beta(test::three_arms(), 0.5);
  Values logits(3, 0.0);
  for (int k = 0; k < 20000; ++k)
    num::axpy(0.5, gradient_at(world, groups(0, Spread::sample, KlTerm::k2_loss), policy_of(world, logits)),
              logits);
  EXPECT_GT(std::exp(policy_of(world, logits)[2]), 0.999);
}

// A verifier that passes or fails, p_0 = .2: with the reverse KL logit p = logit p_0 + 1 / (beta sqrt(p (1 -
// p))) in the limit of large groups, which at beta 1 has two roots; finite groups have others (2503.06639).
TEST(ExactGradient, RestsInTheKnownPoliciesOfAVerifier) {
  const auto verifier = [](double beta, double p0) {
    return with_beta(
        custom_world({.graph = prefix_tree(std::array{2}), .reward = {0, 1}, .reference = {1 - p0, p0}}),
        beta);
  };
  const auto from = [&](const World& world, const Estimator& estimator, double p) {
    Values logits = {0, std::log(p / (1 - p)) - std::log(0.2 / 0.8)};
    for (int k = 0; k < 400000; ++k) {
      const Values g = gradient_at(world, estimator, policy_of(world, logits));
      num::axpy(1, g, logits);
      if (num::max_abs(g) < 1e-14) break;
    }
    return std::exp(policy_of(world, logits)[1]);
  };
  const auto sample = [](std::size_t size, KlTerm kl) { return groups(size, Spread::sample, kl); };
  const World world = verifier(1, .2);
  EXPECT_NEAR(from(world, sample(0, KlTerm::k2_loss), .2), 0.6813010002, 1e-9);
  EXPECT_NEAR(from(world, sample(0, KlTerm::k2_loss), .93), 0.6813010002, 1e-9);
  EXPECT_GT(from(world, sample(0, KlTerm::k2_loss), .96), 0.999);
  EXPECT_GT(from(verifier(.8, .2), sample(0, KlTerm::k2_loss), .2), 0.99) << "below beta_c = .8957";
  EXPECT_NEAR(from(world, sample(2, KlTerm::k2_loss), .2), 0.3364426505, 1e-9);
  EXPECT_NEAR(from(world, sample(4, KlTerm::k2_loss), .2), 0.5033072237, 1e-9);
  EXPECT_NEAR(from(world, sample(8, KlTerm::k2_loss), .2), 0.5914323760, 1e-9);
  EXPECT_NEAR(from(world, sample(64, KlTerm::k2_loss), .2), 0.6688465973, 1e-9);
  EXPECT_NEAR(from(world, sample(64, KlTerm::k2_loss), .96), 0.9980134008, 1e-8) << "bistable";
  const World cold = verifier(2, .2);
  EXPECT_NEAR(from(cold, sample(0, KlTerm::k3_loss), .2), 0.4486796226, 1e-9);
  EXPECT_NEAR(from(cold, sample(0, KlTerm::k2_loss), .2), 0.4087327206, 1e-9);
  EXPECT_NEAR(from(cold, {.kl = KlTerm::in_reward}, .2), 0.2918751327, 1e-9);
}

// From two tokens on a loss of tokens is not the KL of completions: it does not look ahead. Edges are P(0),
// P(1), then the second token after 0 and after 1.
TEST(ExactGradient, RestsInTheKnownPoliciesOfTwoTokens) {
  struct Known {
    double beta;
    Estimator estimator;
    Values ones;  // P(1), P(1|0), P(1|1)
    std::optional<double> soft_value = {};
  };
  const std::vector<Known> table = {
      {1, {.kl = KlTerm::in_reward}, {0.6563239164, 0.6444049826, 0.0827569029}},
      {1, {.kl = KlTerm::k2_loss}, {0.6866741362, 0.6444049826, 0.0827569029}, 1.0782946},
      {1, {.kl = KlTerm::k3_loss}, {0.6453000547, 0.6324555320, 0.1479202711}, 1.0650729442},
      {1, groups(0, Spread::population, KlTerm::k3_loss), {0.6923642318, 0.6786230310, 0.1234722554}},
      {2, {.kl = KlTerm::k2_loss}, {0.533892076, 0.5236161378, 0.1969503133}}};
  for (const Known& known : table) {
    const Values rest = rest_of(two_tokens(known.beta), known.estimator);
    EXPECT_NEAR(rest[1], known.ones[0], 1e-9) << known.beta;
    EXPECT_NEAR(rest[3], known.ones[1], 1e-9) << known.beta;
    EXPECT_NEAR(rest[5], known.ones[2], 1e-9) << known.beta;
    if (!known.soft_value) continue;
    Values log_policy = rest;
    for (double& p : log_policy) p = std::log(p);
    EXPECT_NEAR(soft_return(two_tokens(known.beta), log_policy), *known.soft_value, 1e-7);
  }
}

// What cannot be gone through is refused with its number.
TEST(ExactGradient, RefusesWhatIsTooLarge) {
  const World tree = test::world({{"family", "tokens"}, {"horizon", integer(6)}, {"degree", integer(6)}});
  EXPECT_THROW(exact_gradient({tree, tree.reward, {}}, groups(8, Spread::sample, KlTerm::none)), InputError);
  EXPECT_NO_THROW(exact_gradient({tree, tree.reward, {}}, groups(0, Spread::sample, KlTerm::none)));
  const World walk = test::world({{"family", "walk"}, {"horizon", integer(12)}, {"truth", "dense"}});
  EXPECT_THROW(exact_gradient({walk, walk.reward, {}}, groups(2, Spread::sample, KlTerm::none)), InputError);
  EXPECT_NO_THROW(exact_gradient({walk, walk.reward, {}}, groups(2, Spread::none, KlTerm::none)));
}

}  // namespace
}  // namespace twostage
