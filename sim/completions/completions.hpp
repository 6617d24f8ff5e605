// All completions of a graph, written out: for what is a function of the whole completion.
#pragma once

#include <vector>

#include "sim/graph/token_graph.hpp"

namespace twostage {

struct Completions {
  std::size_t horizon = 0;
  std::vector<std::size_t> prompt;  // [completions], prompt by prompt
  std::vector<EdgeId> edges;        // [completions x horizon]

  std::size_t count(std::size_t of_prompt) const;
};
Completions all_completions(const TokenGraph& graph);

inline constexpr double kMostCompletions = 1 << 16;

// The same, where there are not too many. `reason` says why they have to be listed, as the beginning of a
// message, and `instead` what can be done otherwise: InputError of the key `expectation` where there are more
// than kMostCompletions.
Completions list_completions(const TokenGraph& graph, const char* reason, const char* instead);

}  // namespace twostage
