// The sizes that are promised, against closed forms that need no graph: a walk of 200 steps (3^200
// completions) and a prefix tree of 2^20 completions.
#include <gtest/gtest.h>

#include <cmath>

#include "sim/plan/divergence.hpp"
#include "sim/plan/pair_functionals.hpp"
#include "sim/plan/sweeps.hpp"
#include "tests/support/worlds.hpp"

namespace twostage {
namespace {

using test::integer;

// x_H as the reward, times a slope c. Then pi* moves like independent steps tilted by c/beta: with
// Z = 1 + 2 cosh(c/beta), V(s0) = beta H log(Z/3), E_pi*[r] = c H 2 sinh(c/beta)/Z, and since the reference
// does not drift the regret of the reference is V(s0) itself.
struct LinearWalk {
  int H;
  double c;
  double beta;
  World world;
  SoftPlan plan;

  LinearWalk(int horizon, double slope, double temperature)
      : H(horizon),
        c(slope),
        beta(temperature),
        world(test::world({{"family", "walk"}, {"horizon", integer(horizon)}, {"beta", temperature}})) {
    const TokenGraph& graph = world.graph;
    for (EdgeId e = graph.edge(graph.layer_begin(H - 1), 0); e < static_cast<EdgeId>(graph.edges()); ++e)
      world.reward[static_cast<std::size_t>(e)] = c * (graph.successor(e) - graph.layer_begin(H) - H);
    soft_plan(graph, world.log_reference, world.reward, beta, plan);
  }

  double Z() const { return 1 + 2 * std::cosh(c / beta); }

  // P(x_H = i - H) of independent steps with these probabilities of -1, 0, 1, by convolution.
  std::vector<double> law(double down, double stay, double up) const {
    std::vector<double> p = {1.0};
    for (int h = 0; h < H; ++h) {
      std::vector<double> next(p.size() + 2, 0.0);
      for (std::size_t i = 0; i < p.size(); ++i) {
        next[i] += down * p[i];
        next[i + 1] += stay * p[i];
        next[i + 2] += up * p[i];
      }
      p = std::move(next);
    }
    return p;
  }
};

TEST(LargeWorlds, AWalkOfTwoHundredStepsIsPlannedExactly) {
  const LinearWalk w(200, 0.3, 0.8);
  const double value = w.beta * w.H * std::log(w.Z() / 3);
  // 200 sums of rounding 1e-16 relative to values of about 20.
  EXPECT_NEAR(w.plan.value[0], value, 1e-12);
  EXPECT_NEAR(regret(w.world, w.world.log_reference, w.plan.log_policy), value, 1e-12);
  EXPECT_NEAR(soft_return(w.world, w.plan.log_policy), value, 1e-12);
  EXPECT_NEAR(expected_value(w.world.graph, w.world.rho, w.plan.log_policy, w.world.reward),
              w.c * w.H * 2 * std::sinh(w.c / w.beta) / w.Z(), 1e-11);
  // Every state tilts alike. Logits carry the rounding of rewards up to 60 over beta.
  for (std::size_t e = 0; e < w.world.graph.edges(); ++e)
    ASSERT_NEAR(w.plan.log_policy[e], (static_cast<double>(e % 3) - 1) * w.c / w.beta - std::log(w.Z()),
                1e-12);
}

TEST(LargeWorlds, AWalkOfTwoHundredStepsHasExactPairFunctionals) {
  const LinearWalk w(200, 0.3, 0.8);
  const double tilt = std::exp(w.c / w.beta);
  const std::vector<double> mine = w.law(1 / tilt / w.Z(), 1 / w.Z(), tilt / w.Z());
  const std::vector<double> reference = w.law(1 / 3.0, 1 / 3.0, 1 / 3.0);
  double wins = 0;
  for (std::size_t i = 0; i < mine.size(); ++i)
    for (std::size_t j = 0; j < mine.size(); ++j)
      wins +=
          mine[i] * reference[j] / (1 + std::exp(w.c * (static_cast<double>(j) - static_cast<double>(i))));
  EXPECT_NEAR(
      expected_sigmoid(w.world.graph, w.world.rho, w.world.reward, w.plan.log_policy, w.world.log_reference),
      wins, 1e-12);
}

// A truth of degree one is a sum over positions, r = sum_h c_h (+-1), so pi* draws its tokens independently:
// V(s0) = beta sum_h log cosh(c_h / beta), which is also the regret of the uniform reference.
TEST(LargeWorlds, AMillionCompletionsArePlannedExactly) {
  constexpr int H = 20;
  const World w = test::world({{"family", "tokens"}, {"horizon", integer(H)}, {"degree", integer(1)}});
  ASSERT_EQ(count_completions(w.graph), 1 << 20);
  double value = 0;
  double reward = 0;
  for (int h = 0; h < H; ++h) {
    const double c = w.reward[static_cast<std::size_t>(w.graph.prompt_edges(h, 0).begin)];
    value += std::log(std::cosh(c));
    reward += c * std::tanh(c);
  }
  SoftPlan plan;
  soft_plan(w.graph, w.log_reference, w.reward, w.beta, plan);
  EXPECT_NEAR(plan.value[0], value, 1e-12);
  // Sums over 2^21 edges in eight chains of 2^18 additions: rounding 2^18 1.1e-16 at the very most, of
  // about 15.
  EXPECT_NEAR(regret(w, w.log_reference, plan.log_policy), value, 4e-10);
  EXPECT_NEAR(expected_value(w.graph, w.rho, plan.log_policy, w.reward), reward, 4e-10);
}

}  // namespace
}  // namespace twostage
