// The world of three arms that closed forms and numbers from elsewhere are known for, and labelled pairs of
// it as often as they are in expectation.
#pragma once

#include <array>
#include <cmath>

#include "sim/preference/preference_data.hpp"
#include "sim/world/custom.hpp"
#include "sim/world/world.hpp"

namespace twostage::test {

constexpr std::array<double, 3> kThreeReference{1.0 / 2, 1.0 / 3, 1.0 / 6};
constexpr std::array<double, 3> kThreeRewards{0, 1, 2};

inline World three_arms(const std::array<double, 3>& reward = kThreeRewards) {
  return custom_world({.graph = twostage::prefix_tree(std::array{3}),
                       .reward = {reward.begin(), reward.end()},
                       .reference = {kThreeReference.begin(), kThreeReference.end()}});
}

// Every labelled pair of completions drawn from the reference, weighed by its probability where a share
// `flipped` of the labels is turned.
inline PreferenceData three_arms_population(const std::array<double, 3>& reward = kThreeRewards,
                                            double flipped = 0) {
  PreferenceData data;
  data.horizon = 1;
  for (std::size_t y = 0; y < 3; ++y)
    for (std::size_t z = 0; z < 3; ++z) {
      const double wins = 1 / (1 + std::exp(reward[z] - reward[y]));
      data.chosen.push_back(static_cast<EdgeId>(y));
      data.rejected.push_back(static_cast<EdgeId>(z));
      data.weight.push_back(2 * kThreeReference[y] * kThreeReference[z] *
                            ((1 - flipped) * wins + flipped * (1 - wins)));
    }
  return data;
}

}  // namespace twostage::test
