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

// Sums are not compared one by one until one is above the number: where that is, nobody can foresee, and a
// processor that guesses wrong loses more than a sum costs.
template <typename Probability>
EdgeId draw_action(const TokenGraph& graph, Probability probability_of, StateId s, double uniform) {
  const EdgeRange edges = graph.leaving(s);
  double sum = 0;
  EdgeId drawn = edges.begin;
  for (EdgeId e = edges.begin; e < edges.end; ++e) {
    sum += probability_of(static_cast<std::size_t>(e));
    drawn += uniform < sum ? 0 : 1;
  }
  if (drawn < edges.end) return drawn;
  // What rounding leaves goes to the last that can happen.
  for (EdgeId e = edges.end - 1; e > edges.begin; --e)
    if (probability_of(static_cast<std::size_t>(e)) > 0) return e;
  return edges.begin;
}

// Answers of one group, or a prompt of its own for each; no prompts: they are drawn. `probabilities_of(g, i,
// prompt)` gives what gives the probability of an edge.
template <typename Probabilities>
Rollouts draw(const World& world, Probabilities probabilities_of, std::size_t groups, std::size_t group,
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
      const auto probability_of = probabilities_of(g, i, out.prompt[g]);
      auto s = static_cast<StateId>(out.prompt[g]);
      for (std::size_t h = 0; h < horizon; ++h) {
        out.edges.push_back(draw_action(graph, probability_of, s, draw_uniform(engine)));
        s = graph.successor(out.edges.back());
      }
    }
  }
  return out;
}

// Of policies that are asked a few times in few states: no table is worth its making.
auto one_by_one(const PolicyOfMember& policy_of) {
  return [&policy_of](std::size_t group, std::size_t member, std::size_t prompt) {
    const std::span<const double> log_policy = policy_of(group, member, prompt);
    return [log_policy](std::size_t e) { return num::exp(log_policy[e]); };
  };
}

// Of one policy. A table of all probabilities is made at once, four of them in the time of one.
Rollouts draw_from_one(const World& world, std::span<const double> log_policy, std::size_t groups,
                       std::size_t group, std::vector<std::size_t> prompts, const RolloutSource& from,
                       std::uint64_t step, const std::function<void()>& meanwhile) {
  const std::size_t edges = log_policy.size();
  const std::size_t steps = groups * group * static_cast<std::size_t>(world.graph.horizon());
  if (steps < edges / 4) {
    const PolicyOfMember policy_of = [&](std::size_t, std::size_t, std::size_t) { return log_policy; };
    return draw(world, one_by_one(policy_of), groups, group, std::move(prompts), from, step, meanwhile);
  }
  std::vector<double> policy(edges);
  num::exp(log_policy, policy);
  const auto probabilities_of = [&policy](std::size_t, std::size_t, std::size_t) {
    return [&policy](std::size_t e) { return policy[e]; };
  };
  return draw(world, probabilities_of, groups, group, std::move(prompts), from, step, meanwhile);
}

}  // namespace

Rollouts draw_rollouts(const World& world, std::span<const double> log_policy, std::size_t groups,
                       std::size_t group, const RolloutSource& from, std::uint64_t step,
                       const std::function<void()>& meanwhile) {
  return draw_from_one(world, log_policy, groups, group, {}, from, step, meanwhile);
}

Rollouts draw_rollouts(const World& world, std::span<const std::span<const double>> members,
                       std::size_t groups, const RolloutSource& from, std::uint64_t step,
                       const std::function<void()>& meanwhile) {
  const PolicyOfMember policy_of = [&](std::size_t, std::size_t member, std::size_t) {
    return members[member];
  };
  return draw(world, one_by_one(policy_of), groups, members.size(), {}, from, step, meanwhile);
}

Rollouts draw_rollouts(const World& world, const PolicyOfMember& policy_of, std::size_t groups,
                       std::size_t group, const RolloutSource& from, std::uint64_t step,
                       const std::function<void()>& meanwhile) {
  return draw(world, one_by_one(policy_of), groups, group, {}, from, step, meanwhile);
}

Rollouts answer_prompts(const World& world, std::span<const double> log_policy,
                        std::vector<std::size_t> prompts, const RolloutSource& from, std::uint64_t step,
                        const std::function<void()>& meanwhile) {
  const std::size_t groups = prompts.size();
  return draw_from_one(world, log_policy, groups, 1, std::move(prompts), from, step, meanwhile);
}

}  // namespace twostage
