#include "experiments/runner/commands/explain/texts.hpp"

#include <fmt/format.h>

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
  std::string out;
  for (const Stretch& stretch : graph.stretches())
    out += fmt::format("{}{}", out.empty() ? "" : " then ", stretch.actions);
  return out;
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

}  // namespace twostage
