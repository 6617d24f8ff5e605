// Worlds made by hand, where a test needs a shape that no family has.
#pragma once

#include <array>

#include "sim/basis/feature_basis.hpp"
#include "sim/preference/preference_data.hpp"
#include "sim/world/custom.hpp"
#include "sim/world/world.hpp"

namespace twostage::test {

// One prompt, one step, `reward.size()` arms, uniform reference, optionally a basis given by its feature rows
// (multiples of 1/1024).
inline World arms_world(std::vector<double> reward, double beta, std::vector<double> features = {}) {
  TokenGraph graph = twostage::prefix_tree(std::array{static_cast<int>(reward.size())});
  const std::size_t functions = features.size() / reward.size();
  auto basis =
      functions == 0 ? nullptr : std::make_shared<FeatureBasis>(functions, graph, std::move(features));
  return custom_world(
      {.graph = std::move(graph), .reward = std::move(reward), .beta = beta, .basis = std::move(basis)});
}

// wins[k] pairs in which arm `better` of comparison k beat arm `worse`.
struct ArmComparison {
  EdgeId better;
  EdgeId worse;
  int wins;
};
inline PreferenceData compare_arms(std::initializer_list<ArmComparison> comparisons) {
  PreferenceData data;
  data.horizon = 1;
  for (const auto& c : comparisons)
    for (int i = 0; i < c.wins; ++i) {
      data.chosen.push_back(c.better);
      data.rejected.push_back(c.worse);
    }
  return data;
}

}  // namespace twostage::test
