#include "sim/algorithm/reach.hpp"

#include <algorithm>
#include <limits>

#include "sim/algorithm/entries.hpp"
#include "sim/completions/score_levels.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/numerics/elementary.hpp"

namespace twostage {
namespace {

// Those of the arm's reward, or of a direct arm's policy.
std::vector<double> scores_of_class(const ArmSpec& spec, const World& world) {
  if (algorithms().at(spec.algorithm).extra.uses_reward) return generic_scores(spec, world);
  const auto model = arm_model(spec, world, Role::policy);
  return implicit_reward(world, policy_at(*model, world, generic_parameters(*model)), 1);
}

}  // namespace

std::optional<Reach> reach_of(const ArmSpec& spec, const World& world, const World& measured) try {
  const std::vector<double> scores = scores_of_class(spec, world);
  const ScoreLevels levels(measured, scores, {});
  const std::vector<double> mass = levels.masses(measured.log_reference);
  Reach out;
  for (std::size_t p = 0; p < measured.rho.size(); ++p) {
    if (measured.rho[p] == 0) continue;
    const auto [least, most] = std::ranges::minmax(levels.of_prompt(mass, p));
    out.nearest -= measured.rho[p] * num::log(most);
    out.farthest -= measured.rho[p] * num::log(least);
  }
  return out;
} catch (const InputError&) {
  return {};
}

}  // namespace twostage
