#include "sim/completions/rollouts.hpp"

#include <stdexcept>
#include <utility>

#include "sim/numerics/elementary.hpp"
#include "sim/random/draw.hpp"

namespace twostage {
namespace {

std::size_t draw_prompt(std::span<const double> rho, double uniform) {
  double sum = 0;
  std::size_t possible = 0;  // the last that can happen takes what rounding leaves
  for (std::size_t p = 0; p < rho.size(); ++p) {
    if (rho[p] > 0) possible = p;
    if (uniform < (sum += rho[p])) return p;
  }
  return possible;
}

// A policy of one step is asked a few times in few states: no table is worth its making.
EdgeId draw_action(const TokenGraph& graph, std::span<const double> log_policy, StateId s, double uniform) {
  const EdgeRange edges = graph.leaving(s);
  double sum = 0;
  EdgeId possible = edges.begin;  // the last that can happen takes what rounding leaves
  for (EdgeId e = edges.begin; e < edges.end; ++e) {
    const double probability = num::exp(log_policy[static_cast<std::size_t>(e)]);
    if (probability > 0) possible = e;
    if (uniform < (sum += probability)) return e;
  }
  return possible;
}

// Answers of one group, or a prompt of its own for each; no prompts: they are drawn.
Rollouts draw(const World& world, const PolicyOfMember& policy_of, std::size_t groups, std::size_t group,
              std::vector<std::size_t> prompts, const RolloutSource& from, std::uint64_t step,
              const std::function<void()>& meanwhile) {
  if (step >= kMostSampledSteps || groups * group > kMostRollouts)
    throw std::invalid_argument("draw_rollouts: too many steps, or rollouts in one");
  const TokenGraph& graph = world.graph;
  const auto horizon = static_cast<std::size_t>(graph.horizon());
  const bool drawn = prompts.empty();
  Rollouts out{.horizon = horizon, .group = group, .prompt = std::move(prompts), .edges = {}};
  out.prompt.resize(groups);
  out.edges.reserve(groups * group * horizon);
  for (std::size_t g = 0; g < groups; ++g) {
    if (meanwhile) meanwhile();
    for (std::size_t i = 0; i < group; ++i) {
      auto engine =
          from.source.stream(Purpose::on_policy, from.replicate, 0, step * kMostRollouts + g * group + i);
      const double of_prompt = draw_uniform(engine);
      if (i == 0 && drawn) out.prompt[g] = draw_prompt(world.rho, of_prompt);
      const std::span<const double> log_policy = policy_of(g, i, out.prompt[g]);
      auto s = static_cast<StateId>(out.prompt[g]);
      for (std::size_t h = 0; h < horizon; ++h) {
        out.edges.push_back(draw_action(graph, log_policy, s, draw_uniform(engine)));
        s = graph.successor(out.edges.back());
      }
    }
  }
  return out;
}

}  // namespace

Rollouts draw_rollouts(const World& world, std::span<const double> log_policy, std::size_t groups,
                       std::size_t group, const RolloutSource& from, std::uint64_t step,
                       const std::function<void()>& meanwhile) {
  const auto policy_of = [&](std::size_t, std::size_t, std::size_t) { return log_policy; };
  return draw(world, policy_of, groups, group, {}, from, step, meanwhile);
}

Rollouts draw_rollouts(const World& world, std::span<const std::span<const double>> members,
                       std::size_t groups, const RolloutSource& from, std::uint64_t step,
                       const std::function<void()>& meanwhile) {
  const auto policy_of = [&](std::size_t, std::size_t member, std::size_t) { return members[member]; };
  return draw(world, policy_of, groups, members.size(), {}, from, step, meanwhile);
}

Rollouts draw_rollouts(const World& world, const PolicyOfMember& policy_of, std::size_t groups,
                       std::size_t group, const RolloutSource& from, std::uint64_t step,
                       const std::function<void()>& meanwhile) {
  return draw(world, policy_of, groups, group, {}, from, step, meanwhile);
}

Rollouts answer_prompts(const World& world, std::span<const double> log_policy,
                        std::vector<std::size_t> prompts, const RolloutSource& from, std::uint64_t step,
                        const std::function<void()>& meanwhile) {
  const std::size_t groups = prompts.size();
  const auto policy_of = [&](std::size_t, std::size_t, std::size_t) { return log_policy; };
  return draw(world, policy_of, groups, 1, std::move(prompts), from, step, meanwhile);
}

}  // namespace twostage
