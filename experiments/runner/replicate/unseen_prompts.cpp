#include "experiments/runner/replicate/unseen_prompts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "experiments/runner/terminal/say.hpp"
#include "sim/model/score_model.hpp"

namespace twostage {

std::string unseen_prompts(const Study& study) {
  std::vector<std::string> silent;
  for (std::size_t point = 0; point < study.points(); ++point) {
    const Recipe recipe = recipe_at(study, point);
    if (recipe.population == PromptSet::train) continue;
    for (const ArmSpec& arm : recipe.arms) {
      // The class of the policy where there is one: others are projected or climb on it.
      const Settings& of_class = arm.policy.values().empty() ? arm.reward : arm.policy;
      if (!is_shared(of_class, recipe.world) && std::ranges::find(silent, arm.name) == silent.end())
        silent.push_back(arm.name);
    }
  }
  if (silent.empty()) return "";
  return fmt::format(
      "on prompts without data the policy of {} is the reference: prompts do not share the parameters of {} "
      "class",
      fmt::join(silent, ", "), silent.size() == 1 ? "its" : "their");
}

void say_unseen_prompts(const Study& study) {
  if (const std::string text = unseen_prompts(study); !text.empty()) say("{}: note: {}\n", study.name, text);
}

}  // namespace twostage
