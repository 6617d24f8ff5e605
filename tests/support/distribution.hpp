// Policies as distributions over the completions of a prompt, without dynamic programming: the oracle of
// losses that are written out.
#pragma once

#include <cmath>
#include <map>

#include "tests/support/worlds.hpp"

namespace twostage::test {

// Distribution over the completions of the only prompt, with its logarithms.
struct Distribution {
  std::map<Path, double> log_probability;

  double log_of(std::span<const EdgeId> path) const {
    return log_probability.at(Path(path.begin(), path.end()));
  }
  double kl(const Distribution& other) const {
    double sum = 0;
    for (const auto& [path, log_p] : log_probability) sum += std::exp(log_p) * (log_p - other.log_of(path));
    return sum;
  }
};

inline Distribution from_edges(const World& world, const std::vector<double>& log_policy) {
  Distribution out;
  for (const auto& path : completions(world.graph)) out.log_probability[path] = sum_along(log_policy, path);
  return out;
}

inline Distribution reference(const World& world) {
  return from_edges(world, world.log_reference);
}

// P_ref exp(r / beta), normalised over completions: the soft plan without dynamic programming.
inline Distribution plan(const World& world, const std::vector<double>& reward) {
  Distribution out = reference(world);
  double total = 0;
  for (auto& [path, log_p] : out.log_probability) {
    log_p += sum_along(reward, path) / world.beta;
    total += std::exp(log_p);
  }
  for (auto& [path, log_p] : out.log_probability) log_p -= std::log(total);
  return out;
}

// pi ∝ pi_ref exp(scores), state by state.
inline Distribution policy(const World& world, const std::vector<double>& scores) {
  const auto actions = static_cast<std::size_t>(world.graph.actions(0));
  std::vector<double> log_policy = world.log_reference;
  for (std::size_t s = 0; s < scores.size() / actions; ++s) {
    double total = 0;
    for (std::size_t e = s * actions; e < (s + 1) * actions; ++e) {
      log_policy[e] += scores[e];
      total += std::exp(log_policy[e]);
    }
    for (std::size_t e = s * actions; e < (s + 1) * actions; ++e) log_policy[e] -= std::log(total);
  }
  return from_edges(world, log_policy);
}

}  // namespace twostage::test
