#include "sim/algorithm/reach.hpp"

#include <algorithm>
#include <limits>

#include "sim/algorithm/entries.hpp"
#include "sim/completions/score_levels.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/random/draw.hpp"

namespace twostage {
namespace {

// Scores of which no two sums coincide but where every member of the class has them equal.
std::vector<double> scores_of_class(const ArmSpec& spec, const World& world) {
  if (algorithms().at(spec.algorithm).extra.uses_reward) return generic_scores(spec, world);
  const auto model = arm_model(spec, world, Role::policy);
  std::vector<double> any(model->parameters());
  Philox4x64 engine = RandomSource(0, "generic policy").stream(Purpose::optimiser, 0, 0, 0);
  for (double& parameter : any) parameter = draw_uniform(engine);
  return implicit_reward(world, policy_at(*model, world, any), 1);
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
