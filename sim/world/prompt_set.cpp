#include "sim/world/prompt_set.hpp"

#include <algorithm>

#include "sim/numerics/reduce.hpp"

namespace twostage {

const std::vector<std::string>& prompt_set_names() {
  static const std::vector<std::string> names = {"train", "held-out", "all"};
  return names;
}

PromptSet prompt_set_named(const std::string& name) {
  const auto& names = prompt_set_names();
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) throw InputError("population", unknown_name("population", name, names));
  return static_cast<PromptSet>(found - names.begin());
}

bool holds_prompts_out(const Settings& resolved) {
  return resolved.has("held_out") && resolved.integer("held_out") > 0;
}

void check_prompt_set(PromptSet population, const Settings& resolved) {
  if (population == PromptSet::train || holds_prompts_out(resolved)) return;
  throw InputError("population", "population = '" + prompt_set_names()[static_cast<std::size_t>(population)] +
                                     "': world '" + resolved.text("family") +
                                     "' holds no prompts out; valid: 'train', or a world with held_out = 1 "
                                     "or more");
}

std::size_t prompts_with_data(const World& world) {
  return static_cast<std::size_t>(std::ranges::count_if(world.rho, [](double w) { return w > 0; }));
}

std::vector<bool> states_without_data(const World& world) {
  const TokenGraph& graph = world.graph;
  std::vector<bool> without(graph.states(), false);
  if (world.every_prompt.empty()) return without;
  std::vector<bool> with(graph.states(), false);
  for (std::size_t p = 0; p < graph.prompts(); ++p) (world.rho[p] > 0 ? with : without)[p] = true;
  for (EdgeId e = 0; static_cast<std::size_t>(e) < graph.edges(); ++e)
    for (auto* reached : {&with, &without})
      if ((*reached)[static_cast<std::size_t>(graph.source(e))])
        (*reached)[static_cast<std::size_t>(graph.successor(e))] = true;
  for (std::size_t s = 0; s < without.size(); ++s) without[s] = without[s] && !with[s];
  return without;
}

std::vector<double> prompt_measure(const World& world, PromptSet population) {
  if (population == PromptSet::train || world.every_prompt.empty()) return world.rho;
  std::vector<double> out = world.every_prompt;
  if (population == PromptSet::all) return out;
  for (std::size_t p = 0; p < out.size(); ++p)
    if (world.rho[p] > 0) out[p] = 0;
  const double total = num::sum(out);
  for (double& w : out) w /= total;
  return out;
}

World measured_world(const World& world, PromptSet population) {
  World out = world;
  out.rho = prompt_measure(world, population);
  return out;
}

}  // namespace twostage
