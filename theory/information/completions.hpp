// Every completion of a small world, one row each, prompt by prompt: what an exact expectation over pairs is
// enumerated from.
#pragma once

#include <cstddef>
#include <vector>

#include "sim/world/world.hpp"

namespace twostage {

struct Completions {
  std::size_t horizon = 0;
  std::vector<EdgeId> paths;       // [rows x horizon], lexicographic in the actions within a prompt
  std::vector<std::size_t> begin;  // [prompts + 1] first row of each prompt

  std::size_t rows() const { return begin.back(); }
  std::span<const EdgeId> path(std::size_t i) const { return {paths.data() + i * horizon, horizon}; }
};

// Throws InputError when the completions of all prompts exceed `limit` rows (it says by how much).
Completions enumerate_completions(const TokenGraph& graph, std::size_t limit);

}  // namespace twostage
