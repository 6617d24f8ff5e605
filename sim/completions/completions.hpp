// All completions of a graph, written out: for what is a function of the whole completion, and for exact
// expectations over pairs of them.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sim/world/world.hpp"

namespace twostage {

// Completions of prompts, prompt by prompt.
struct Completions {
  std::size_t horizon = 0;
  std::vector<std::size_t> prompt;  // [rows]
  std::vector<EdgeId> edges;        // [rows x horizon]

  std::size_t rows() const { return prompt.size(); }
  std::span<const EdgeId> path(std::size_t i) const { return {edges.data() + i * horizon, horizon}; }
  // The rows of a prompt run from its first to that of the next.
  std::size_t first(std::size_t of_prompt) const;
  std::size_t count(std::size_t of_prompt) const { return first(of_prompt + 1) - first(of_prompt); }
};

// Each once, in lexicographic order of the actions within a prompt.
Completions all_completions(const TokenGraph& graph);

// The same, but InputError of the key `horizon` where there are more than `limit`.
Completions all_completions(const TokenGraph& graph, std::size_t limit);

// Without those of prompts that are held out, which come last.
Completions with_data(const World& world, Completions all);

inline constexpr double kMostCompletions = 1 << 16;

// The same, where there are not too many. `reason` says why they have to be listed, as the beginning of a
// message, and `instead` what can be done otherwise: InputError of the key `expectation` where there are more
// than kMostCompletions.
Completions list_completions(const TokenGraph& graph, const char* reason, const char* instead);

}  // namespace twostage
