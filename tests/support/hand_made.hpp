// Worlds made by hand, where a test needs a shape that no family has.
#pragma once

#include "sim/numerics/elementary.hpp"
#include "sim/preference/preference_data.hpp"
#include "sim/world/feature_basis.hpp"
#include "sim/world/world.hpp"

namespace twostage::test {

// One prompt, one step, `reward.size()` arms, uniform reference, optionally a basis given by its feature rows
// (multiples of 1/1024).
inline World arms_world(std::vector<double> reward, double beta, std::vector<double> features = {}) {
  const auto arms = static_cast<int>(reward.size());
  std::vector<StateId> successors;
  for (int a = 0; a < arms; ++a) successors.push_back(1 + a);
  const std::size_t functions = features.size() / reward.size();
  return {
      .family = "arms",
      .graph = TokenGraph(arms, {0, 1, 1 + arms}, successors),
      .rho = {1.0},
      .log_reference = std::vector<double>(reward.size(), -num::log(arms)),
      .reward = std::move(reward),
      .beta = beta,
      .shared_classes = true,
      .basis = functions == 0 ? nullptr : std::make_shared<FeatureBasis>(functions, 1, std::move(features)),
      .edges_are_distinct_prefixes = true,
      .truth_degree = functions == 0 ? 0 : 1};
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
