// Arms written in one line, for tests.
#pragma once

#include "sim/algorithm/arm.hpp"
#include "sim/preference/pair_drawer.hpp"
#include "tests/support/worlds.hpp"

namespace twostage::test {

inline Settings penalty(const std::string& kind, double lambda = 4) {
  Settings out;
  out.set("kind", kind);
  if (kind != "none") out.set("lambda", lambda);
  return out;
}

// The class settings of one role: "terminal", or "degree" / "first" with their number.
inline Settings model_class(const std::string& name, int number = -1) {
  Settings out;
  out.set("class", name);
  if (number >= 0) out.set(name == "degree" ? "degree" : "k", integer(number));
  return out;
}

inline ArmSpec reward_arm(const std::string& algorithm, const Settings& reward,
                          const Settings& penalty_settings) {
  return {.name = algorithm,
          .algorithm = algorithm,
          .reward = reward,
          .policy = {},
          .penalty = penalty_settings,
          .options = {}};
}

inline ArmSpec policy_arm(const std::string& algorithm, const Settings& policy,
                          const Settings& penalty_settings) {
  return {.name = algorithm,
          .algorithm = algorithm,
          .reward = {},
          .policy = policy,
          .penalty = penalty_settings,
          .options = {}};
}

inline PreferenceData reference_pairs(const World& world, std::size_t pairs, std::uint64_t replicate = 0) {
  return sample_pairs(world, world.log_reference, pairs, RandomSource(11, "tests"), replicate, 0);
}

inline ArmResult fit(const ArmSpec& spec, const World& world, const PreferenceData& data) {
  return run_arm(spec, {world, data, RandomSource(11, "tests"), 0, false});
}

}  // namespace twostage::test
