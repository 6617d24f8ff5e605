// One prompt, three completions, a small policy class: RM + RL against DPO on a hundred sampled comparisons.
#include <array>
#include <cstdio>

#include "sim/algorithm/arm.hpp"
#include "sim/basis/feature_basis.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/preference/pair_drawer.hpp"
#include "sim/world/custom.hpp"

using namespace twostage;

int main() {
  // The world: a tree with one layer of three actions, true rewards, reference policy, temperature. Whatever
  // is no world is refused with the reason (InputError).
  TokenGraph graph = prefix_tree(std::array{3});
  auto features = std::make_shared<FeatureBasis>(FeatureBasis::as_given(1, graph, {1, -1, 0}));
  const World world = custom_world({.graph = std::move(graph),
                                    .reward = {2, 3, 1},
                                    .reference = {0.5, 0.25, 0.25},
                                    .beta = 0.5,
                                    .basis = std::move(features)});
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);

  // The data: pair i of replicate r is a function of (seed, name, r, i).
  const RandomSource source(1, "my experiment");
  const PreferenceData data = sample_pairs(world, world.log_reference, 100, source, 0, 0);

  // The arms, in the words of study files.
  Settings penalty, dense, one_feature;
  penalty.set("kind", "reference-kl");
  penalty.set("lambda", 4.0);
  dense.set("class", "dense");
  one_feature.set("class", "first");
  one_feature.set("k", std::int64_t{1});
  const ArmSpec arms[] = {{"rm+plan", "rm+plan", dense, {}, penalty, {}},
                          {"dpo", "dpo", {}, one_feature, penalty, {}}};
  for (const ArmSpec& arm : arms) {
    const ArmResult fit = run_arm(arm, {world, data, source, 0});
    std::printf("%-8s regret %.6f, parameters %zu\n", arm.name.c_str(),
                regret(world, fit.log_policy(), optimum.log_policy), fit.theta.size());
  }
}
