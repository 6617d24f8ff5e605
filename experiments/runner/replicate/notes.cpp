#include "experiments/runner/replicate/notes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "experiments/runner/replicate/columns.hpp"
#include "experiments/runner/replicate/point.hpp"
#include "experiments/runner/terminal/say.hpp"
#include "sim/algorithm/learned_prompts.hpp"
#include "sim/algorithm/reach.hpp"
#include "sim/catalog/plain_text.hpp"
#include "sim/model/score_model.hpp"

namespace twostage {
namespace {

// On prompts without data: by the class of the policy where there is one, as others are projected or climb on
// it. A policy that is learned on all prompts has something to learn there if its reward speaks of them.
bool is_silent(const ArmSpec& arm, const Settings& world) {
  const bool apart = !is_shared(arm.policy.values().empty() ? arm.reward : arm.policy, world);
  return apart && !(learns_on_all_prompts(arm) && is_shared(arm.reward, world));
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
  if (!hold_against(columns_of(study), Yardstick::kl)) return "";
  std::string first;
  std::size_t others = 0;
  std::set<std::string> seen;
  for (std::size_t index = 0; index < study.points(); ++index) {
    const Recipe recipe = recipe_at(study, index);
    if (!recipe.yardsticks.kl) continue;
    const double kl = *recipe.yardsticks.kl;
    const std::string how = prompt_set_names()[static_cast<std::size_t>(recipe.population)];
    if (!seen.insert(identity_but_budget(recipe) + how + to_text(kl)).second) continue;
    const World world = Point(study, index, std::numeric_limits<double>::infinity()).make(0);
    const World measured = measured_world(world, recipe.population);
    std::vector<std::string> ends;
    for (const ArmSpec& arm : recipe.arms)
      if (const auto reach = reach_of(arm, world, measured); reach && kl > reach->nearest * (1 + 1e-12))
        ends.push_back(
            fmt::format("between {:.4g} and {:.4g} of '{}'", reach->nearest, reach->farthest, arm.name));
    if (ends.empty()) continue;
    if (!first.empty()) {
      ++others;
      continue;
    }
    constexpr std::size_t shown = 3;
    if (ends.size() > shown) {
      ends[shown - 1] = fmt::format("so do those of {} more arms", ends.size() - shown + 1);
      ends.resize(shown);
    }
    const std::string where = elsewhere(study, index);
    first = fmt::format(
        "at_kl = {}{}: plans end at the completions that the reward ranks best, {}; where one ends before, "
        "the "
        "value is missing",
        to_text(kl), where.empty() ? "" : " (at " + where + ")", fmt::join(ends, ", "));
  }
  return others == 0 ? first : fmt::format("{}; likewise at {} more values or points", first, others);
}

void say_notes(const Study& study) {
  for (const std::string& text : {unseen_prompts(study), plans_may_end(study)})
    if (!text.empty()) say("{}: note: {}\n", study.name, plain_text(text));
}

}  // namespace twostage
