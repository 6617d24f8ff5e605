// The smallest world in which edges matter, and that numbers from elsewhere are known for; and labelled pairs
// of any small world as often as they are in expectation.
#pragma once

#include <array>
#include <cmath>

#include "sim/basis/feature_basis.hpp"
#include "sim/preference/preference_data.hpp"
#include "sim/world/custom.hpp"
#include "sim/world/world.hpp"
#include "tests/support/worlds.hpp"

namespace twostage::test {

// Two binary tokens, P_ref(1) = .4, rewards 0, 1, 2, 0; functions of the position of a one: as a policy
// class, P(1) of the first and of the second token, whatever the first was.
inline World two_tokens() {
  TokenGraph graph = prefix_tree(std::array{2, 2});
  auto basis =
      std::make_shared<FeatureBasis>(2, graph, std::vector<double>{0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1});
  return custom_world({.graph = std::move(graph),
                       .reward = {0, 0, 0, 1, 2, 0},
                       .reference = {.6, .4, .6, .4, .6, .4},
                       .basis = std::move(basis)});
}

// Of a policy of that class: how far the log-odds of a one are from those of the reference, at the first
// token and at the second.
inline std::array<double, 2> product_parameters(const std::vector<double>& log_policy) {
  const double of_reference = std::log(.4 / .6);
  return {log_policy[1] - log_policy[0] - of_reference, log_policy[3] - log_policy[2] - of_reference};
}

// Every labelled pair of completions drawn from the reference, weighed by its probability: a dense reward
// fits the true one.
inline PreferenceData population(const World& world) {
  PreferenceData data;
  data.horizon = static_cast<std::size_t>(world.graph.horizon());
  for (const auto& y : completions(world.graph))
    for (const auto& z : completions(world.graph)) {
      data.chosen.insert(data.chosen.end(), y.begin(), y.end());
      data.rejected.insert(data.rejected.end(), z.begin(), z.end());
      const double gap = sum_along(world.reward, y) - sum_along(world.reward, z);
      data.weight.push_back(2 *
                            std::exp(sum_along(world.log_reference, y) + sum_along(world.log_reference, z)) /
                            (1 + std::exp(-gap)));
    }
  return data;
}

}  // namespace twostage::test
