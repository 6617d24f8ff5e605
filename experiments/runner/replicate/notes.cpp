#include "experiments/runner/replicate/notes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "experiments/runner/replicate/point.hpp"
#include "experiments/runner/terminal/say.hpp"
#include "sim/algorithm/learned_prompts.hpp"
#include "sim/catalog/plain_text.hpp"
#include "sim/measure/metric.hpp"
#include "sim/model/score_model.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

// On prompts without data: by the class of the policy where there is one, as others are projected or climb on
// it. A policy that is learned on all prompts has something to learn there if its reward speaks of them.
bool is_silent(const ArmSpec& arm, const Settings& world) {
  const bool apart = !is_shared(arm.policy.values().empty() ? arm.reward : arm.policy, world);
  return apart && !(learns_on_all_prompts(arm) && is_shared(arm.reward, world));
}

// Of plans that end at one completion of each prompt: KLs of those that end at the reference's likeliest and
// at its least likely ones.
struct Reach {
  double nearest, farthest;
};

Reach reach_of(const World& world) {
  std::vector<double> least(world.graph.prompts()), most(world.graph.prompts());
  path_sum_range(world.graph, world.log_reference, least, most);
  return {-num::dot(world.rho, most), -num::dot(world.rho, least)};
}

// "horizon = 2": the point on the axes along which something else changes.
std::string elsewhere(const Study& study, std::size_t index) {
  const auto at = coordinates(study, index);
  std::string out;
  for (std::size_t i = 0; i < at.size(); ++i)
    if (const Axis& axis = study.axes[i]; !is_yardstick_key(axis.key) && axis.values.size() > 1)
      out += (out.empty() ? "" : ", ") + axis.name + " = " + to_text(axis.values[at[i]]);
  return out;
}

}  // namespace

std::string unseen_prompts(const Study& study) {
  std::vector<std::string> silent;
  for (std::size_t point = 0; point < study.points(); ++point) {
    const Recipe recipe = recipe_at(study, point);
    if (recipe.population == PromptSet::train) continue;
    for (const ArmSpec& arm : recipe.arms) {
      if (is_silent(arm, recipe.world) && std::ranges::find(silent, arm.name) == silent.end())
        silent.push_back(arm.name);
    }
  }
  if (silent.empty()) return "";
  return fmt::format(
      "on prompts without data the policy of {} is the reference: prompts do not share the parameters of {} "
      "class",
      fmt::join(silent, ", "), silent.size() == 1 ? "its" : "their");
}

std::string plans_may_end(const Study& study) {
  if (!ask_for(study.measures, Yardstick::kl)) return "";
  std::set<std::string> seen;
  for (std::size_t index = 0; index < study.points(); ++index) {
    const Recipe recipe = recipe_at(study, index);
    if (!recipe.yardsticks.kl) continue;
    const double kl = *recipe.yardsticks.kl;
    const std::string how = prompt_set_names()[static_cast<std::size_t>(recipe.population)];
    if (!seen.insert(identity(recipe.world) + how + to_text(kl)).second) continue;
    const World world = Point(study, index, std::numeric_limits<double>::infinity()).make(0);
    const Reach reach =
        reach_of(recipe.population == PromptSet::train ? world : measured_world(world, recipe.population));
    if (kl <= reach.nearest * (1 + 1e-12)) continue;
    const std::string where = elsewhere(study, index);
    return fmt::format(
        "at_kl = {}{}: plans of an arm's reward end between {:.4g} and {:.4g}, at the completions that it "
        "ranks best; where they end before, the value is missing",
        to_text(kl), where.empty() ? "" : " (at " + where + ")", reach.nearest, reach.farthest);
  }
  return "";
}

void say_notes(const Study& study) {
  for (const std::string& text : {unseen_prompts(study), plans_may_end(study)})
    if (!text.empty()) say("{}: note: {}\n", study.name, plain_text(text));
}

}  // namespace twostage
