#include "experiments/runner/replicate/check_points.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "experiments/runner/replicate/point.hpp"
#include "sim/algorithm/learned_prompts.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/preference/given_pairs.hpp"
#include "sim/world/prompt_set.hpp"

namespace twostage {
namespace {

std::string gigabytes(double bytes) {
  return fmt::format("{:.3g} GB", bytes / 1e9);
}

template <typename Check>
auto located(const Study& study, std::size_t index, const std::string& prefix, Check check) {
  try {
    return check();
  } catch (const InputError& error) {
    const std::string key = prefix + (prefix.empty() || error.key().empty() ? "" : ".") + error.key();
    fail_at_point(study, key, index, error.what());
  }
}

World world_of_point(const Study& study, std::size_t index, double max_bytes) {
  return located(study, index, "world", [&] { return Point(study, index, max_bytes).make(0); });
}

// By numbers alone, before the world of any point is made.
void check_numbers(const Study& study, std::size_t index, const Recipe& recipe, double max_bytes,
                   Asked asked) {
  located(study, index, "", [&] { check_prompt_set(recipe.population, recipe.world); });
  if (world_bytes(recipe.world) > max_bytes)
    world_of_point(study, index, max_bytes);  // refuses, and says why
  if (const double bytes = data_bytes(recipe); asked == Asked::simulation && bytes > max_bytes)
    fail_at_point(
        study, "pairs", index,
        fmt::format("{} pairs need {} of memory and may take {}; lower pairs, threads or raise --memory",
                    recipe.pairs, gigabytes(bytes), gigabytes(max_bytes)));
}

// The KL that arms are measured at: no policy is farther from the reference than those that give all mass to
// its least likely completions.
void check_at_kl(const Study& study, std::size_t index, double kl, const World& measured) {
  const std::size_t prompts = measured.graph.prompts();
  std::vector<double> least(prompts), most(prompts);
  path_sum_range(measured.graph, measured.log_reference, least, most);
  const double farthest = -num::dot(measured.rho, least);
  if (kl > farthest * (1 + 1e-12))
    fail_at_point(
        study, "at_kl", index,
        fmt::format("at_kl = {} is farther from the reference than any policy is here; valid: 0 to {:.6g}, "
                    "\"optimum\" or \"arm:NAME\"",
                    kl, farthest));
}

// How the points of a group are measured, each way once.
void check_measures(const Study& study, const Columns& columns, const std::vector<std::size_t>& points,
                    const World& world) {
  if (!hold_against(columns, Yardstick::kl)) return;
  for (const std::size_t index : points) {
    const Recipe recipe = recipe_at(study, index);
    if (!recipe.yardsticks.kl) continue;
    check_at_kl(study, index, *recipe.yardsticks.kl, measured_world(world, recipe.population));
  }
}

// Points that differ at most in what is spent and in how the outcome is measured.
struct Group {
  std::size_t most;  // the point with the most pairs, which takes the most
  std::int64_t pairs;
  std::vector<std::size_t> measured = {};  // one point for each way of measuring
};

// The world and the classes of a group, as far as a recipe can be wrong about them; returns what they take.
Footprint check_group(const Study& study, const Columns& columns, const Group& group, const Recipe& recipe,
                      double max_bytes) {
  const std::size_t index = group.most;
  const World world = world_of_point(study, index, max_bytes);
  check_measures(study, columns, group.measured, world);
  if (gives_pairs(recipe.sampler))
    located(study, index, "sampler",
            [&] { given_pairs(recipe.sampler, world, static_cast<std::size_t>(recipe.pairs)); });
  std::vector<std::shared_ptr<const World>> learning;  // outlive the classes
  std::vector<std::unique_ptr<ScoreModel>> classes;
  std::vector<ArmModels> models;
  for (const ArmSpec& arm : recipe.arms) {
    const std::string prefix = "arms." + arm.name;
    models.emplace_back();
    learning.push_back(learning_world(arm, world));
    const auto make = [&](const std::string& key, const Settings& settings, Role role) -> const ScoreModel* {
      if (settings.values().empty()) return nullptr;
      const World& of_class = role == Role::policy ? *learning.back() : world;
      classes.push_back(
          located(study, index, prefix + key, [&] { return make_model(settings, of_class, role); }));
      return classes.back().get();
    };
    models.back().reward = make(".reward", arm.reward, Role::reward);
    models.back().policy = make(".policy", arm.policy, Role::policy);
    located(study, index, prefix,
            [&] { validate_arm(arm, world, static_cast<std::uint64_t>(recipe.pairs)); });
  }
  return footprint(recipe, world, models, columns);
}

}  // namespace

Footprint check_points(const Study& study, const Columns& columns, double max_bytes, Asked asked) {
  for (std::size_t index = 0; index < study.points(); ++index)
    check_numbers(study, index, recipe_at(study, index), max_bytes, asked);
  std::map<std::string, Group> groups;
  std::vector<std::string> order;
  for (std::size_t index = 0; index < study.points(); ++index) {
    const Recipe recipe = recipe_at(study, index);
    const auto [at, fresh] =
        groups.try_emplace(identity_but_budget(recipe), Group{.most = index, .pairs = recipe.pairs});
    Group& group = at->second;
    if (fresh) order.push_back(at->first);
    if (recipe.pairs > group.pairs) {
      group.most = index;
      group.pairs = recipe.pairs;
    }
    const auto as_here = [&](std::size_t other) { return measured_alike(recipe_at(study, other), recipe); };
    if (std::ranges::none_of(group.measured, as_here)) group.measured.push_back(index);
  }
  Footprint most;
  for (const std::string& identity : order) {
    const Group& group = groups.at(identity);
    const std::size_t index = group.most;
    const Recipe recipe = recipe_at(study, index);
    Footprint here = check_group(study, columns, group, recipe, max_bytes);
    if (asked == Asked::theory) here.data = here.arms = 0;
    if (here.total() > max_bytes)
      fail_at_point(
          study, "world", index,
          fmt::format(
              "a replicate needs {} of memory and may take {}: {} for the world, {} for {} pairs, {} for "
              "the arms at work, {} for predictions; lower the world, its classes, pairs or "
              "threads, or raise --memory",
              gigabytes(here.total()), gigabytes(max_bytes), gigabytes(here.world), gigabytes(here.data),
              recipe.pairs, gigabytes(here.arms), gigabytes(here.predictions)));
    if (here.total() > most.total()) most = here;
  }
  return most;
}

}  // namespace twostage
