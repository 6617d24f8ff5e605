#include "sim/existence/affine_margins.hpp"

#include <algorithm>
#include <functional>
#include <optional>

#include "sim/model/state_sharing.hpp"
#include "sim/numerics/interruption.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

std::span<const double> block(std::span<const double> edges, EdgeRange range) {
  return edges.subspan(static_cast<std::size_t>(range.begin), range.size());
}

}  // namespace

bool margins_are_affine(const LinearModel& model, const World& world) {
  const TokenGraph& graph = world.graph;
  if (graph.horizon() == 1) return true;
  const std::vector<bool> reached = reachable_states(graph);
  const std::span<const double> offset = model.offset();
  std::vector<double> unit(model.parameters(), 0.0), column(graph.edges());
  for (std::size_t k = model.parameters(); k-- > 0;) {
    num::may_interrupt();
    unit[k] = 1;
    model.scores(unit, column);
    unit[k] = 0;
    if (!offset.empty()) num::axpy(-1, offset, column);
    for (int h = 1; h < graph.horizon(); ++h)
      for (std::size_t prompt = 0; prompt < graph.prompts(); ++prompt) {
        const EdgeRange layer = graph.prompt_edges(h, prompt);
        std::optional<EdgeRange> first;  // of the states reached
        bool acts = false, alike = true;
        for (EdgeId e = layer.begin; e < layer.end; e = graph.leaving(graph.source(e)).end) {
          if (!reached[static_cast<std::size_t>(graph.source(e))]) continue;
          const EdgeRange here = graph.leaving(graph.source(e));
          if (!first) first = here;
          const std::span<const double> scores = block(column, here);
          acts = acts || std::ranges::adjacent_find(scores, std::ranges::not_equal_to{}) != scores.end();
          alike = alike && std::ranges::equal(scores, block(column, *first)) &&
                  std::ranges::equal(block(world.log_reference, here), block(world.log_reference, *first)) &&
                  (offset.empty() || std::ranges::equal(block(offset, here), block(offset, *first)));
        }
        if (acts && !alike) return false;
      }
  }
  return true;
}

}  // namespace twostage
