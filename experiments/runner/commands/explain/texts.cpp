#include "experiments/runner/commands/explain/texts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/plan/sweeps.hpp"

namespace twostage {

std::string choice_text(const Settings& settings, const std::string& selector) {
  std::string knobs;
  for (const auto& [key, value] : settings.values())
    if (key != selector) knobs += fmt::format("{}{} = {}", knobs.empty() ? "" : ", ", key, to_text(value));
  const std::string& name = settings.text(selector);
  return knobs.empty() ? name : fmt::format("{} ({})", name, knobs);
}

std::string alphabet(const TokenGraph& graph) {
  std::string by_layer;
  int before = 0, fewest = graph.actions(0), most = fewest;
  bool regular = true;
  for (int h = 0; h < graph.horizon(); ++h) {
    const int first = graph.actions(graph.layer_begin(h));
    for (StateId s = graph.layer_begin(h); s < graph.layer_end(h); ++s) {
      regular = regular && graph.actions(s) == first;
      fewest = std::min(fewest, graph.actions(s));
      most = std::max(most, graph.actions(s));
    }
    if (first != before) by_layer += fmt::format("{}{}", by_layer.empty() ? "" : " then ", first);
    before = first;
  }
  return regular ? by_layer : fmt::format("{} to {}", fewest, most);
}

std::string completions_text(const TokenGraph& graph) {
  const std::vector<double> all = completions_from(graph);
  const auto [fewest, most] =
      std::minmax_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(graph.prompts()));
  return *fewest == *most ? fmt::format("{:g}", *most) : fmt::format("{:g} to {:g}", *fewest, *most);
}

PairCount count_pairs(const World& world, const PreferenceData& data) {
  PairCount out;
  for (std::size_t i = 0; i < data.size(); ++i) {
    out.all += data.weight_of(i);
    if (path_sum(world.reward, data.chosen_path(i)) < path_sum(world.reward, data.rejected_path(i)))
      out.surprising += data.weight_of(i);
  }
  return out;
}

std::string labels_text(const World& world) {
  return world.cycle ? "labelled by preferences that no reward gives" : "labelled by Bradley-Terry";
}

std::string no_reward_text(const WholeReplicate& replicate) {
  std::vector<std::string> assume, do_not;
  for (const ArmSpec& arm : replicate.point.recipe().arms)
    (algorithms().at(arm.algorithm).extra.any_preferences ? do_not : assume).push_back(arm.name);
  std::string out = "No reward gives these preferences; regrets are by r*, the part that one gives.";
  if (!assume.empty())
    out += fmt::format(" Arms that assume a reward, and aim at the one whose labels are nearest: {}.",
                       fmt::join(assume, ", "));
  if (!do_not.empty()) out += fmt::format(" Arms that do not: {}.", fmt::join(do_not, ", "));
  return out;
}

std::string population_text(const WholeReplicate& replicate) {
  const PromptSet population = replicate.point.recipe().population;
  const std::size_t held_out = replicate.world().graph.prompts() - prompts_with_data(replicate.world());
  return fmt::format(
      "{} of the prompts {} held out: there are no data of {}. Policies are measured on {} prompts.",
      held_out, held_out == 1 ? "is" : "are", held_out == 1 ? "it" : "them",
      population == PromptSet::train      ? "the other"
      : population == PromptSet::held_out ? "these"
                                          : "all");
}

}  // namespace twostage
