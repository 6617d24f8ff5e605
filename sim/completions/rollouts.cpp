#include "sim/completions/rollouts.hpp"

#include <stdexcept>

#include "sim/numerics/elementary.hpp"
#include "sim/random/draw.hpp"

namespace twostage {
namespace {

std::size_t draw_prompt(std::span<const double> rho, double uniform) {
  double sum = 0;
  for (std::size_t p = 0; p + 1 < rho.size(); ++p)
    if (uniform < (sum += rho[p])) return p;
  return rho.size() - 1;
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

}  // namespace

Rollouts draw_rollouts(const World& world, std::span<const double> log_policy, std::size_t groups,
                       std::size_t group, const RolloutSource& from, std::uint64_t step,
                       const std::function<void()>& meanwhile) {
  if (step >= kMostSampledSteps || groups * group > kMostRollouts)
    throw std::invalid_argument("draw_rollouts: too many steps, or rollouts in one");
  const TokenGraph& graph = world.graph;
  const auto horizon = static_cast<std::size_t>(graph.horizon());
  Rollouts out{.horizon = horizon, .group = group, .prompt = {}, .edges = {}};
  out.prompt.reserve(groups);
  out.edges.reserve(groups * group * horizon);
  for (std::size_t g = 0; g < groups; ++g) {
    if (meanwhile) meanwhile();
    for (std::size_t i = 0; i < group; ++i) {
      auto engine =
          from.source.stream(Purpose::on_policy, from.replicate, 0, step * kMostRollouts + g * group + i);
      const double of_prompt = draw_uniform(engine);
      if (i == 0) out.prompt.push_back(draw_prompt(world.rho, of_prompt));
      auto s = static_cast<StateId>(out.prompt[g]);
      for (std::size_t h = 0; h < horizon; ++h) {
        out.edges.push_back(draw_action(graph, log_policy, s, draw_uniform(engine)));
        s = graph.successor(out.edges.back());
      }
    }
  }
  return out;
}

}  // namespace twostage
