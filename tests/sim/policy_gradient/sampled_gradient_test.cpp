// Policy gradients from rollouts are those of the expectation, on average; and their draws have addresses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sim/plan/sweeps.hpp"
#include "sim/policy_gradient/clipped_gradient.hpp"
#include "sim/world/custom.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::completions;
using test::integer;
using test::sum_along;
using Values = std::vector<double>;

const RolloutSource kSource{RandomSource(7, "tests"), 3};

Values some_policy(const World& world, double phase = 1) {
  Values logits(world.graph.edges()), out(world.graph.edges());
  for (std::size_t e = 0; e < logits.size(); ++e) logits[e] = std::sin(phase + 3.7 * static_cast<double>(e));
  softmax_policy(world.graph, world.log_reference, logits, out);
  return out;
}

World two_prompts() {
  return test::world({{"family", "tokens"},
                      {"horizon", integer(2)},
                      {"prompts", integer(2)},
                      {"reference", "random"},
                      {"beta", 0.7}});
}

// The mean over many steps, in standard errors from what it should be. Of some 300 numbers none is beyond 6
// by chance but once in a million runs.
constexpr double kFarOff = 6;

void expect_mean(PolicyGradient& sampled, const Values& log_policy, const Values& expected,
                 const std::string& what) {
  constexpr int steps = 4000;
  const std::size_t edges = log_policy.size();
  Values sum(edges, 0.0), squares(edges, 0.0);
  for (int k = 0; k < steps; ++k) {
    Values g(edges, 0.0);
    sampled.add(log_policy, static_cast<std::uint64_t>(k), g);
    for (std::size_t e = 0; e < edges; ++e) {
      sum[e] += g[e];
      squares[e] += g[e] * g[e];
    }
  }
  for (std::size_t e = 0; e < edges; ++e) {
    const double mean = sum[e] / steps;
    const double error = std::sqrt((squares[e] / steps - mean * mean) / steps);
    EXPECT_NEAR(mean, expected[e], kFarOff * error + 1e-12) << what << ", edge " << e;
  }
}

// Directions in logits: what a baseline adds to those in log pi is no direction for a policy.
class InLogits final : public PolicyGradient {
 public:
  InLogits(const World& world, std::unique_ptr<PolicyGradient> of) : world_(world), of_(std::move(of)) {}
  void add(std::span<const double> log_policy, std::uint64_t step, std::span<double> direction) override {
    Values d(direction.size(), 0.0), out(direction.size());
    of_->add(log_policy, step, d);
    softmax_pullback(world_.graph, log_policy, d, out);
    for (std::size_t e = 0; e < out.size(); ++e) direction[e] += out[e];
  }

 private:
  const World& world_;
  std::unique_ptr<PolicyGradient> of_;
};

Values exact(const World& world, const Values& log_policy, std::unique_ptr<PolicyGradient> of) {
  Values out(log_policy.size(), 0.0);
  InLogits(world, std::move(of)).add(log_policy, 0, out);
  return out;
}

TEST(SampledGradient, IsTheExactOneOnAverage) {
  const World world = two_prompts();
  const Values pi = some_policy(world);
  std::vector<Estimator> all;
  for (const KlTerm kl : {KlTerm::none, KlTerm::in_reward, KlTerm::k2_loss, KlTerm::k3_loss}) {
    all.push_back({.baseline = Baseline::none, .group = {1, Spread::none}, .kl = kl});
    all.push_back({.baseline = Baseline::value, .group = {1, Spread::none}, .kl = kl});
    all.push_back({.baseline = Baseline::leave_one_out, .group = {3, Spread::none}, .kl = kl});
    all.push_back({.baseline = Baseline::group, .group = {3, Spread::none}, .kl = kl});
    if (kl != KlTerm::in_reward)
      for (const Spread spread : {Spread::population, Spread::sample})
        for (const double epsilon : {0.0, 0.5})
          all.push_back({.baseline = Baseline::group, .group = {3, spread, epsilon}, .kl = kl});
  }
  for (const Estimator& estimator : all) {
    InLogits sampled(world, sampled_gradient({world, world.reward, {}}, estimator, 2, kSource));
    const Values expected = exact(world, pi, exact_gradient({world, world.reward, {}}, estimator));
    expect_mean(sampled, pi, expected,
                "baseline " + std::to_string(static_cast<int>(estimator.baseline)) + ", kl " +
                    std::to_string(static_cast<int>(estimator.kl)) + ", spread " +
                    std::to_string(static_cast<int>(estimator.group.spread)));
  }
}

TEST(SampledGradient, CountsItsRollouts) {
  const World world = two_prompts();
  const Values pi = some_policy(world);
  Values unused(pi.size(), 0.0);
  const auto sampled = sampled_gradient({world, world.reward, {}}, {.group = {3, Spread::none}}, 5, kSource);
  for (std::uint64_t k = 0; k < 4; ++k) sampled->add(pi, k, unused);
  EXPECT_EQ(sampled->rollouts(), 4u * 5 * 3);
  EXPECT_EQ(exact_gradient({world, world.reward, {}}, {})->rollouts(), 0u);
}

// Fewer groups are the beginning of more; each step and replicate has draws of its own.
TEST(Rollouts, HaveAddresses) {
  const World world = two_prompts();
  const Values pi = some_policy(world);
  const Rollouts few = draw_rollouts(world, pi, 3, 4, kSource, 9);
  const Rollouts more = draw_rollouts(world, pi, 30, 4, kSource, 9);
  EXPECT_TRUE(std::ranges::equal(few.edges, std::span(more.edges).first(few.edges.size())));
  EXPECT_TRUE(std::ranges::equal(few.prompt, std::span(more.prompt).first(few.prompt.size())));
  EXPECT_NE(more.edges, draw_rollouts(world, pi, 30, 4, kSource, 10).edges);
  EXPECT_NE(more.edges, draw_rollouts(world, pi, 30, 4, {RandomSource(7, "tests"), 4}, 9).edges);
  EXPECT_THROW(draw_rollouts(world, pi, 1 << 15, 4, kSource, 0), std::invalid_argument);
  EXPECT_THROW(draw_rollouts(world, pi, 1, 1, kSource, std::uint64_t{1} << 24), std::invalid_argument);
}

// Shares of completions: chi-square with 2 x 4 - 1 = 7 degrees of freedom, above 48 once in 3e7 runs.
TEST(Rollouts, FollowTheirPolicy) {
  const World world = two_prompts();
  const Values pi = some_policy(world);
  const Rollouts drawn = draw_rollouts(world, pi, 20000, 1, kSource, 0);
  double chi_square = 0;
  for (std::size_t p = 0; p < 2; ++p)
    for (const auto& path : completions(world.graph, p)) {
      const double expected = 20000 * world.rho[p] * std::exp(sum_along(pi, path));
      double seen = 0;
      for (std::size_t i = 0; i < drawn.size(); ++i) seen += std::ranges::equal(drawn.path(i), path) ? 1 : 0;
      chi_square += (seen - expected) * (seen - expected) / expected;
    }
  EXPECT_LT(chi_square, 48);
}

// Two arms, p_old = 1/2, r = (0, 1), eps .2, no KL: the surrogate of P(1) = .5, .55, .6, .7, .9 is 0, .05,
// .1, .1, .1 from its value at the old policy: its slope in P(1) is 1 up to .6, where the good arm's ratio
// has passed 1.2 and the bad one's .8, and 0 beyond.
TEST(ClippedGradient, IsFlatBeyondTheClip) {
  const World world = custom_world({.graph = prefix_tree(std::array{2}), .reward = {0, 1}});
  for (const Ratio ratio : {Ratio::token, Ratio::sequence}) {
    const auto surrogate = clipped_gradient(
        {world, world.reward, {}}, {.epsilon = .2, .ratio = ratio, .epochs = 10, .kl = KlTerm::none}, {});
    std::uint64_t step = 0;
    for (const auto& [p, slope] : {std::pair{.5, 1.0}, {.55, 1.0}, {.599, 1.0}, {.601, 0.0}, {.9, 0.0}}) {
      const Values pi = {std::log(1 - p), std::log(p)};
      Values direction(2, 0.0);
      surrogate->add(pi, step++, direction);
      // dL/dp = sum of dL/dlog pi over pi, with signs
      EXPECT_NEAR(direction[1] / p - direction[0] / (1 - p), slope, 1e-14) << p;
    }
  }
}

// min(rho A, clip(rho) A) by enumeration of completions, and its finite differences.
TEST(ClippedGradient, IsThatOfTheSurrogate) {
  const World world = two_prompts();
  const Values old = some_policy(world, 1), now = some_policy(world, 1.4);
  Values value(world.graph.states()), reward(old.size());
  for (std::size_t e = 0; e < old.size(); ++e)
    reward[e] = world.reward[e] - world.beta * (old[e] - world.log_reference[e]);
  expected_return(world.graph, old, reward, value);
  const auto pay = [](double ratio, double advantage) {
    return std::fmin(ratio * advantage, std::fmin(std::fmax(ratio, 0.7), 1.3) * advantage);
  };
  for (const Ratio kind : {Ratio::token, Ratio::sequence}) {
    const auto surrogate = [&](const Values& pi) {
      double out = 0;
      for (std::size_t p = 0; p < 2; ++p)
        for (const auto& path : completions(world.graph, p)) {
          const double mass = world.rho[p] * std::exp(sum_along(old, path));
          if (kind == Ratio::sequence) {
            out += mass * pay(std::exp(sum_along(pi, path) - sum_along(old, path)),
                              sum_along(reward, path) - value[p]);
            continue;
          }
          for (const EdgeId e : path) {
            const auto k = static_cast<std::size_t>(e);
            out += mass * pay(std::exp(pi[k] - old[k]),
                              reward[k] + value[static_cast<std::size_t>(world.graph.successor(e))] -
                                  value[static_cast<std::size_t>(world.graph.source(e))]);
          }
        }
      return out;
    };
    const Clipping clipping{.epsilon = .3, .ratio = kind, .epochs = 2};
    const auto climb = clipped_gradient({world, world.reward, {}}, clipping, {});
    Values at_old(old.size(), 0.0), direction(old.size(), 0.0);
    climb->add(old, 0, at_old);
    climb->add(now, 1, direction);
    for (std::size_t e = 0; e < old.size(); ++e) {
      const auto moved = [&](double step) {
        Values pi = now;
        pi[e] += step;
        return surrogate(pi);
      };
      EXPECT_NEAR(direction[e], (moved(1e-6) - moved(-1e-6)) / 2e-6, 1e-8) << e;
    }
    // At the old policy it is the plain gradient.
    Values logits(old.size());
    softmax_pullback(world.graph, old, at_old, logits);
    const Values plain = exact(world, old, exact_gradient({world, world.reward, {}}, {}));
    for (std::size_t e = 0; e < old.size(); ++e) EXPECT_NEAR(logits[e], plain[e], 1e-13) << e;
    EXPECT_TRUE(climb->on_policy(0) && !climb->on_policy(1) && climb->on_policy(2));
  }
}

// Asks the old policy at even steps, and gives the direction at the new one.
class SecondEpoch final : public PolicyGradient {
 public:
  SecondEpoch(const World& world, std::unique_ptr<PolicyGradient> of, Values old)
      : of_(world, std::move(of)), old_(std::move(old)) {}
  void add(std::span<const double> log_policy, std::uint64_t step, std::span<double> direction) override {
    Values unused(old_.size(), 0.0);
    of_.add(old_, 2 * step, unused);
    of_.add(log_policy, 2 * step + 1, direction);
  }

 private:
  InLogits of_;
  Values old_;
};

TEST(ClippedGradient, FromRolloutsIsTheExactOneOnAverage) {
  const World world = two_prompts();
  const Values old = some_policy(world, 1), now = some_policy(world, 1.3);
  for (const Ratio ratio : {Ratio::token, Ratio::sequence})
    for (const KlTerm kl : {KlTerm::in_reward, KlTerm::none}) {
      const Clipping clipping{.epsilon = .1, .ratio = ratio, .epochs = 2, .kl = kl};
      SecondEpoch exactly(world, clipped_gradient({world, world.reward, {}}, clipping, {}), old);
      Values expected(old.size(), 0.0);
      exactly.add(now, 0, expected);
      SecondEpoch sampled(
          world, clipped_gradient({world, world.reward, {}}, clipping, CompletionSource{4, kSource}), old);
      expect_mean(sampled, now, expected, ratio == Ratio::token ? "token" : "sequence");
    }
}

// A fitted critic and its advantages written out for the completions that were drawn, here under a policy
// that has moved so far that some of them are clipped.
TEST(ClippedGradient, OfAFittedCriticIsThatOfItsMeans) {
  const World world = two_prompts();
  const Values old = some_policy(world, 1), now = some_policy(world, 1.3);
  Values reward(old.size());
  for (std::size_t e = 0; e < old.size(); ++e)
    reward[e] = world.reward[e] - world.beta * (old[e] - world.log_reference[e]);
  constexpr std::size_t n = 12;
  const Rollouts drawn = draw_rollouts(world, old, n, 1, kSource, 0);
  const auto source = [&](std::size_t i, std::size_t h) { return world.graph.source(drawn.path(i)[h]); };
  const auto paid = [&](std::size_t i, std::size_t h) {
    double out = 0;
    for (; h < 2; ++h) out += reward[static_cast<std::size_t>(drawn.path(i)[h])];
    return out;
  };
  const auto value = [&](StateId s) {  // 0 at the end
    double sum = 0, visits = 0;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t h = 0; h < 2; ++h)
        if (source(i, h) == s) {
          sum += paid(i, h);
          ++visits;
        }
    return visits > 0 ? sum / visits : 0;
  };
  const auto surprise = [&](EdgeId e) {
    return reward[static_cast<std::size_t>(e)] + value(world.graph.successor(e)) -
           value(world.graph.source(e));
  };
  const auto slope = [](double ratio, double advantage) {
    return (advantage > 0 ? ratio > 1.1 : ratio < 0.9) ? 0 : ratio * advantage;
  };
  for (const double lambda : {0.0, 0.6, 1.0})
    for (const Ratio kind : {Ratio::token, Ratio::sequence}) {
      Values known(old.size(), 0.0), unused(old.size(), 0.0), mine(old.size(), 0.0);
      for (std::size_t i = 0; i < n; ++i) {
        const EdgeId first = drawn.path(i)[0], second = drawn.path(i)[1];
        const auto a = static_cast<std::size_t>(first), b = static_cast<std::size_t>(second);
        double of_first = slope(std::exp(now[a] - old[a]), surprise(first) + lambda * surprise(second));
        double of_second = slope(std::exp(now[b] - old[b]), surprise(second));
        if (kind == Ratio::sequence)
          of_first = of_second =
              slope(std::exp(now[a] + now[b] - old[a] - old[b]), paid(i, 0) - value(source(i, 0)));
        known[a] += of_first / n;
        known[b] += of_second / n;
      }
      const auto climb = clipped_gradient({world, world.reward, {}},
                                          {.epsilon = .1, .ratio = kind, .epochs = 2, .lambda = lambda},
                                          CompletionSource{n, kSource});
      climb->add(old, 0, unused);
      climb->add(now, 1, mine);
      for (std::size_t e = 0; e < old.size(); ++e)
        EXPECT_NEAR(mine[e], known[e], 1e-14) << lambda << ", " << e;
    }
}

// The mean of four holds a quarter of each: three quarters of the gradient are left. With one completion
// there is nothing to compare with.
TEST(ClippedGradient, OfAFittedCriticLosesTheShareOfItsOwn) {
  const World world =
      custom_world({.graph = prefix_tree(std::array{3}), .reward = {0, 0.5, 2}, .reference = {.5, .3, .2}});
  const Values pi = some_policy(world);
  const Clipping fitted{.epochs = 1, .lambda = 1.0};
  const Values whole = exact(world, pi, exact_gradient({world, world.reward, {}}, {}));
  Values expected = whole;
  for (double& g : expected) g *= 0.75;
  InLogits four(world, clipped_gradient({world, world.reward, {}}, fitted, CompletionSource{4, kSource}));
  expect_mean(four, pi, expected, "four");
  Values alone(3, 0.0);
  clipped_gradient({world, world.reward, {}}, fitted, CompletionSource{1, kSource})->add(pi, 0, alone);
  EXPECT_EQ(alone, Values(3, 0.0));
}

}  // namespace
}  // namespace twostage
