// Rollouts: completions that a policy is asked for while it learns, in groups that answer one prompt.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "sim/random/stream.hpp"
#include "sim/world/world.hpp"

namespace twostage {

struct Rollouts {
  std::size_t horizon = 0;
  std::size_t group = 0;            // completions of one prompt
  std::vector<std::size_t> prompt;  // [groups]
  std::vector<EdgeId> edges;        // [groups x group x horizon], one completion after the other

  std::size_t size() const { return prompt.size() * group; }
  std::span<const EdgeId> path(std::size_t i) const { return {edges.data() + i * horizon, horizon}; }
};

// Where a course draws: rollout i of step t is named by (replicate, t, i), so that fewer groups and fewer
// steps are the beginning of more, and arms meet the same uniforms.
struct RolloutSource {
  RandomSource source;
  std::uint64_t replicate;
};
inline constexpr std::uint64_t kMostSampledSteps = std::uint64_t{1} << 24;
inline constexpr std::uint64_t kMostRollouts = std::uint64_t{1} << 16;  // a step

// `groups` prompts drawn from rho, each answered `group` times by the policy `log_policy` [edges].
// `meanwhile`, if any, is called before each group; what it throws ends the drawing. std::invalid_argument
// beyond the limits above.
Rollouts draw_rollouts(const World& world, std::span<const double> log_policy, std::size_t groups,
                       std::size_t group, const RolloutSource& from, std::uint64_t step,
                       const std::function<void()>& meanwhile = {});

// The same, the members of a group each from a policy of its own, `members` [group] of [edges].
Rollouts draw_rollouts(const World& world, std::span<const std::span<const double>> members,
                       std::size_t groups, const RolloutSource& from, std::uint64_t step,
                       const std::function<void()>& meanwhile = {});

// The same, each member of each group from a policy that may depend on the prompt: [edges], by
// (group, member, prompt).
using PolicyOfMember =
    std::function<std::span<const double>(std::size_t group, std::size_t member, std::size_t prompt)>;
Rollouts draw_rollouts(const World& world, const PolicyOfMember& policy_of, std::size_t groups,
                       std::size_t group, const RolloutSource& from, std::uint64_t step,
                       const std::function<void()>& meanwhile = {});

// The same for prompts that are given, one completion each.
Rollouts answer_prompts(const World& world, std::span<const double> log_policy,
                        std::vector<std::size_t> prompts, const RolloutSource& from, std::uint64_t step,
                        const std::function<void()>& meanwhile = {});

}  // namespace twostage
