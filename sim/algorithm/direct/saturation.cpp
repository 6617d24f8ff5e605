#include "sim/algorithm/direct/saturation.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/world/prompt_set.hpp"

namespace twostage {
namespace {

// All policies, of each prompt on its own.
bool applies(const ArmSpec& spec, const World& world) {
  return world.edges_are_distinct_prefixes && arm_model(spec, world, Role::policy)->every_policy() &&
         (!world.shared_classes || prompts_with_data(world) == 1);
}

// Of one prompt: how many completions it has had in pairs, and the signs of their c.
struct Signs {
  double seen = 0;
  bool positive = false, negative = false, zero = false;
};

}  // namespace

KnownExistence existence_where_saturating(const ArmSpec& spec, const ArmInput& input, double a, double b) {
  if (!applies(spec, input.world)) return {};
  const TokenGraph& graph = input.world.graph;
  struct Counts {
    StateId prompt;
    double c = 0, size = 0;
  };
  std::map<EdgeId, Counts> of;  // by the last edge, which tells the completion
  const auto count = [&](std::span<const EdgeId> path, double chosen, double rejected) {
    Counts& one = of.try_emplace(path.back(), Counts{graph.source(path.front())}).first->second;
    one.c += a * chosen - b * rejected;
    one.size += a * chosen + b * rejected;
  };
  const PairTable& table = *input.table;
  for (std::size_t k = 0; k < table.rows(); ++k) {
    count(table.first_path(k), table.wins[k], table.losses[k]);
    count(table.second_path(k), table.losses[k], table.wins[k]);
  }
  std::map<StateId, Signs> signs;
  for (const auto& [edge, one] : of) {
    Signs& here = signs[one.prompt];
    ++here.seen;
    const bool zero = std::fabs(one.c) <= 1e-12 * one.size;
    here.zero = here.zero || zero;
    here.positive = here.positive || (!zero && one.c > 0);
    here.negative = here.negative || (!zero && one.c < 0);
  }
  const std::vector<double> completions = completions_from(graph);
  for (const auto& [prompt, here] : signs) {
    const bool silent = here.zero || here.seen < completions[static_cast<std::size_t>(prompt)];
    if ((here.positive && here.negative) || (silent && (here.positive || here.negative)))
      return {.outcome = Existence::not_attained};
  }
  return {};
}

void require_saturating_tree(const ArmSpec& spec, const World& world, double a, double b) {
  if (!stands_alone(spec)) return;
  if (!applies(spec, world))
    throw InputError("kind", "arm '" + spec.name + "': nobody tests whether '" + spec.algorithm +
                                 "' without penalty has an estimate here (over all policies of a tree it is "
                                 "proved to have none); valid: a penalty, such as reference-kl, or a course");
  if (a == b)
    throw InputError("kind", "arm '" + spec.name + "': '" + spec.algorithm +
                                 "' without penalty has no minimum over all policies on any data but ties: "
                                 "all mass leaves what is rejected more often than chosen; valid: a "
                                 "penalty, such as reference-kl, or a course, which ends after its steps");
}

}  // namespace twostage
