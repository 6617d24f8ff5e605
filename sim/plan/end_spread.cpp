#include "sim/plan/end_spread.hpp"

#include <algorithm>
#include <limits>
#include <vector>

namespace twostage {
namespace {

// Of the paths from the prompt to a state.
struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  bool several = false;

  bool reached() const { return low <= high; }
};

}  // namespace

std::optional<double> spread_within_ends(const TokenGraph& graph, std::span<const double> edge_values) {
  std::optional<double> widest;
  std::vector<Range> of(graph.states());
  for (std::size_t prompt = 0; prompt < graph.prompts(); ++prompt) {
    std::ranges::fill(of, Range{});
    of[prompt] = {.low = 0, .high = 0};
    for (std::size_t s = 0; s < graph.inner_states(); ++s) {
      if (!of[s].reached()) continue;
      const auto [begin, end] = graph.leaving(static_cast<StateId>(s));
      for (EdgeId e = begin; e < end; ++e) {
        Range& next = of[static_cast<std::size_t>(graph.successor(e))];
        const double value = edge_values[static_cast<std::size_t>(e)];
        next.several = next.several || of[s].several || next.reached();
        next.low = std::min(next.low, of[s].low + value);
        next.high = std::max(next.high, of[s].high + value);
      }
    }
    for (std::size_t s = graph.inner_states(); s < graph.states(); ++s)
      if (of[s].several) widest = std::max(widest.value_or(0), of[s].high - of[s].low);
  }
  return widest;
}

}  // namespace twostage
