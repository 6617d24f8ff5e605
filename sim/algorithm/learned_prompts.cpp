#include "sim/algorithm/learned_prompts.hpp"

#include "sim/algorithm/entries.hpp"
#include "sim/world/prompt_set.hpp"

namespace twostage {

Knob learned_prompts_knob() {
  return {"prompts",
          "train",
          0,
          0,
          {"train", "all"},
          "prompts on which its policy is learned: those with data, or those that are held out as well",
          true};
}

bool learns_on_all_prompts(const ArmSpec& spec) {
  const Settings options = arm_options(spec);
  return options.has("prompts") && options.text("prompts") == "all";
}

std::shared_ptr<const World> learning_world(const ArmSpec& spec, const World& world) {
  if (!learns_on_all_prompts(spec)) return {std::shared_ptr<const World>{}, &world};
  return std::make_shared<const World>(measured_world(world, PromptSet::all));
}

void check_learned_prompts(const ArmSpec& spec, const World& world) {
  if (!learns_on_all_prompts(spec)) return;
  if (world.every_prompt.empty())
    throw InputError("prompts", "arm '" + spec.name +
                                    "': prompts = 'all' in a world that holds no prompts out, where all have "
                                    "data; valid: 'train', or a world with held_out = 1 or more");
  arm_model(spec, *learning_world(spec, world), Role::policy);
}

double learning_world_bytes(const ArmSpec& spec, const World& world) {
  if (!learns_on_all_prompts(spec)) return 0;
  constexpr double of_edge = 4 * sizeof(EdgeId) + 3 * sizeof(double), of_state = 4 * sizeof(StateId);
  return of_edge * static_cast<double>(world.graph.edges()) +
         of_state * static_cast<double>(world.graph.states());
}

}  // namespace twostage
