#include "sim/world/family.hpp"

#include <algorithm>
#include <cmath>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/random/draw.hpp"
#include "sim/world/headroom.hpp"

namespace twostage {
namespace {

// Softmax of normals, in logs; the order of the sum is fixed.
void log_softmax(std::span<double> logits) {
  const double lse = num::log_sum_exp(logits);
  for (double& x : logits) x -= lse;
}

std::vector<double> draw_weights(const Settings& resolved, const WorldSeed& seed, std::size_t prompts) {
  std::vector<double> rho(prompts, 1.0 / static_cast<double>(prompts));
  if (resolved.text("prompt_weights") == "uniform") return rho;
  for (std::size_t p = 0; p < prompts; ++p)
    rho[p] = num::exp(world_normal(seed, WorldPart::prompt_weight, p, 0));
  const double total = num::sum(rho);
  for (double& w : rho) w /= total;
  return rho;
}

// Data have the first prompts alone, with the weights that these have without the others.
void set_weights(World& world, const Settings& resolved, const WorldSeed& seed) {
  const std::size_t all = world.graph.prompts();
  const auto with_data = static_cast<std::size_t>(resolved.integer("prompts"));
  world.rho = draw_weights(resolved, seed, with_data);
  world.rho.resize(all, 0.0);
  if (with_data < all) world.every_prompt = draw_weights(resolved, seed, all);
}

std::vector<double> draw_reference(const Settings& resolved, const WorldSeed& seed, const TokenGraph& graph) {
  std::vector<double> log_reference = uniform_policy(graph);
  if (resolved.text("reference") == "uniform") return log_reference;
  // The log-odds of two actions is a difference of two logits: sd reference_spread.
  const double sd = resolved.real("reference_spread") / std::sqrt(2.0);
  for (std::size_t p = 0; p < graph.prompts(); ++p) {
    std::size_t item = 0;
    for (int h = 0; h < graph.horizon(); ++h) {
      const StateRange states = graph.prompt_states(h, p);
      for (StateId s = states.begin; s < states.end; ++s) {
        const EdgeRange leaving = graph.leaving(s);
        const std::span edges =
            std::span(log_reference).subspan(static_cast<std::size_t>(leaving.begin), leaving.size());
        for (double& logit : edges) logit = sd * world_normal(seed, WorldPart::reference, p, item++);
        log_softmax(edges);
      }
    }
  }
  return log_reference;
}

}  // namespace

Philox4x64 world_stream(const WorldSeed& seed, WorldPart part, std::size_t prompt, std::size_t item) {
  return seed.stream(static_cast<std::uint64_t>(part) << 37 | static_cast<std::uint64_t>(prompt) << 25 |
                     static_cast<std::uint64_t>(item));
}

double world_normal(const WorldSeed& seed, WorldPart part, std::size_t prompt, std::size_t item) {
  auto engine = world_stream(seed, part, prompt, item);
  return draw_normal(engine);
}

double world_uniform(const WorldSeed& seed, WorldPart part, std::size_t prompt, std::size_t item) {
  auto engine = world_stream(seed, part, prompt, item);
  return draw_uniform(engine);
}

std::vector<Knob> family_knobs(const HorizonRange& horizon, std::vector<Knob> own) {
  std::vector<Knob> knobs = {
      {"horizon",
       horizon.fallback,
       static_cast<double>(horizon.min),
       static_cast<double>(horizon.max),
       {},
       "tokens in a completion, H"},
      {"beta", 1.0, 1e-3, 1e3, {}, "temperature of the KL term"},
      {"prompts", std::int64_t{1}, 1, static_cast<double>(kMaxPrompts), {}, "number of prompts"},
      {"held_out",
       std::int64_t{0},
       0,
       static_cast<double>(kMaxPrompts - 1),
       {},
       "further prompts, of which there are no data",
       true},
      {"prompt_weights", "uniform", 0, 0, {"uniform", "random"}, "random: proportional to exp(normal)"},
      {"shared_truth", true, 0, 0, {}, "one true reward for all prompts, or one drawn for each"},
      {"shared_classes", true, 0, 0, {}, "one parameter vector for all prompts, or one for each"},
      {"reference", "uniform", 0, 0, {"uniform", "random"}, "reference policy; random: normal log-odds"},
      {"reference_spread", 1.0, 0, 10, {}, "standard deviation of the log-odds of two actions, if random"},
      {"headroom", 0.0, 0, 1e3, {}, "rescales the truth to this J(pi*) - J(pi_ref); 0: keeps its own scale"},
      {"scale", 1.0, 0, 1e3, {}, "factor on the truth (without effect when headroom is set)"},
      {"instance",
       "replicate",
       0,
       0,
       {"replicate", "fixed"},
       "a new world for each replicate, or one for all"},
      {"number", std::int64_t{0}, 0, 1e9, {}, "which world that is, if fixed"},
  };
  std::ranges::move(own, std::back_inserter(knobs));
  return knobs;
}

std::size_t prompt_count(const Settings& resolved) {
  const std::int64_t held_out = resolved.has("held_out") ? resolved.integer("held_out") : 0;
  return static_cast<std::size_t>(resolved.integer("prompts") + held_out);
}

World blank_forest(const Settings& resolved, const WorldSeed& seed, const TokenGraph& tree) {
  return blank_world(resolved, seed, forest(tree, prompt_count(resolved)));
}

World blank_world(const Settings& resolved, const WorldSeed& seed, TokenGraph graph) {
  std::vector<double> log_reference = draw_reference(resolved, seed, graph);
  std::vector<double> reward(graph.edges(), 0.0);
  World world{.family = resolved.text("family"),
              .graph = std::move(graph),
              .rho = {},
              .log_reference = std::move(log_reference),
              .reward = std::move(reward),
              .beta = resolved.real("beta"),
              .shared_classes = resolved.boolean("shared_classes"),
              .basis = nullptr,
              .edges_are_distinct_prefixes = true};
  set_weights(world, resolved, seed);
  return world;
}

void draw_truth(World& world, const Settings& resolved, const TokenGraph& tree,
                const std::function<void(std::size_t, std::span<double>)>& fill) {
  const bool shared = resolved.boolean("shared_truth");
  std::vector<double> edges(tree.edges());
  for (std::size_t p = 0; p < world.graph.prompts(); ++p) {
    if (p == 0 || !shared) fill(p, edges);
    for (int h = 0; h < tree.horizon(); ++h) {
      const EdgeRange from = tree.prompt_edges(h, 0);
      std::copy(edges.begin() + from.begin, edges.begin() + from.end,
                world.reward.begin() + world.graph.prompt_edges(h, p).begin);
    }
  }
}

void draw_linear_truth(World& world, const Settings& resolved, const WorldSeed& seed, int degree,
                       const std::function<std::size_t(std::size_t)>& item, double excess) {
  world.truth_degree = excess > 0 ? degree + 1 : degree;
  const std::size_t plain = world.basis->count_up_to(degree);
  std::vector<double> theta(world.basis->count_up_to(world.truth_degree));
  const auto draw = [&](std::size_t prompt) {
    for (std::size_t k = 0; k < theta.size(); ++k)
      theta[k] = (k < plain ? 1 : excess) * world_normal(seed, WorldPart::truth, prompt, item(k));
  };
  if (resolved.boolean("shared_truth")) {
    draw(0);
    world.basis->synthesize(theta, world.reward);
    return;
  }
  for (std::size_t p = 0; p < world.graph.prompts(); ++p) {
    draw(p);
    world.basis->synthesize_prompt(p, theta, world.reward);
  }
}

std::vector<double> reward_spread(const World& world) {
  std::vector<double> low(world.graph.states(), 0.0), high(world.graph.states(), 0.0);
  for (auto s = static_cast<StateId>(world.graph.inner_states()); s-- > 0;) {
    const EdgeRange edges = world.graph.leaving(s);
    const auto k = static_cast<std::size_t>(s);
    for (EdgeId e = edges.begin; e < edges.end; ++e) {
      const auto to = static_cast<std::size_t>(world.graph.successor(e));
      const double reward = world.reward[static_cast<std::size_t>(e)];
      low[k] = e == edges.begin ? reward + low[to] : std::min(low[k], reward + low[to]);
      high[k] = e == edges.begin ? reward + high[to] : std::max(high[k], reward + high[to]);
    }
  }
  std::vector<double> spread(world.graph.prompts());
  for (std::size_t p = 0; p < spread.size(); ++p) spread[p] = high[p] - low[p];
  return spread;
}

void scale_truth(World& world, const Settings& resolved) {
  double scale = resolved.real("scale");
  if (const double target = resolved.real("headroom"); target > 0) {
    if (scale == 0) std::ranges::fill(world.reward, 0.0);
    scale = scale_for_headroom(world, target);
  }
  for (double& r : world.reward) r *= scale;
}

}  // namespace twostage
