// Actions of a policy by inverse-transform sampling: a uniform u picks the action in whose part of [0, 1) it
// lies, the first with a running sum above u.
//
// It is what draw_uniform makes of a word of the generator, word 2^-64 rounded to double; so u >= sum is the
// comparison of the word with a threshold, and no word is converted. Nor does the code branch on it, since no
// processor could foresee how.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/graph/token_graph.hpp"

namespace twostage {

// From this word on, the uniform would round to 1: draw_uniform takes the next word instead.
inline constexpr std::uint64_t kNoUniform = ~std::uint64_t{0} - 1023;

// The least word whose uniform is `sum` or more; kNoUniform where none is.
std::uint64_t threshold(double sum);

// Probabilities to the thresholds of their running sums. The last one that can happen takes what rounding
// leaves.
std::vector<std::uint64_t> thresholds(std::span<const double> probability);

// The first index whose threshold lies above the word, which is below kNoUniform, as the last threshold is.
inline std::size_t draw_index(std::span<const std::uint64_t> thresholds, std::uint64_t word) {
  const std::uint64_t* at = thresholds.data();
  // As many steps for every word: of those that are left, the last excepted, one half goes each time.
  std::size_t left = thresholds.size() - 1;
  while (left > 1) {
    const std::size_t half = left / 2;
    at += static_cast<std::size_t>(at[half - 1] <= word) * half;
    left -= half;
  }
  const auto index = static_cast<std::size_t>(at - thresholds.data());
  return left == 0 ? index : index + static_cast<std::size_t>(*at <= word);
}

class ActionSampler {
 public:
  // The graph is referred to; one log-probability per edge.
  ActionSampler(const TokenGraph& graph, std::span<const double> log_policy);

  // The edge that is taken from s. `actions`: how many every state of the graph has, or 0: any number.
  template <int actions = 0>
  EdgeId draw_from(StateId s, std::uint64_t word) const {
    if constexpr (actions > 0) {
      const EdgeId begin = s * actions;  // edges are numbered state by state
      const std::uint64_t* const row = thresholds_.data() + begin;
      EdgeId e = begin;  // thresholds increase, so those that lie not above the word are the first
      for (int a = 0; a + 1 < actions; ++a) e += static_cast<EdgeId>(row[a] <= word);
      return e;
    } else {
      const EdgeRange edges = graph_.leaving(s);
      const std::span row(thresholds_.data() + edges.begin, edges.size());
      return edges.begin + static_cast<EdgeId>(draw_index(row, word));
    }
  }

 private:
  const TokenGraph& graph_;
  std::vector<std::uint64_t> thresholds_;  // [edges]
};

}  // namespace twostage
