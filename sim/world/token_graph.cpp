#include "sim/world/token_graph.hpp"

#include <numeric>
#include <stdexcept>

namespace twostage {

TokenGraph::TokenGraph(int actions, const std::vector<StateId>& layer_offsets,
                       std::vector<StateId> successors)
    : TokenGraph(std::vector<int>(layer_offsets.size() < 3 ? 0 : layer_offsets.size() - 2, actions),
                 layer_offsets, std::move(successors)) {}

TokenGraph::TokenGraph(std::span<const int> actions, std::vector<StateId> layer_offsets,
                       std::vector<StateId> successors)
    : layer_begin_(std::move(layer_offsets)), successor_(std::move(successors)) {
  if (layer_begin_.size() < 3 || layer_begin_[0] != 0)
    throw std::invalid_argument("token graph: needs layers 0..H with H >= 1, the first starting at state 0");
  if (actions.size() != layer_begin_.size() - 2)
    throw std::invalid_argument("token graph: one number of actions for each layer before the last");
  EdgeId edges = 0;
  for (int h = 0; h < horizon(); ++h) {
    const int here = actions[static_cast<std::size_t>(h)];
    if (here < 2) throw std::invalid_argument("token graph: a state needs at least two actions");
    if (layer_end(h) <= layer_begin(h)) throw std::invalid_argument("token graph: empty layer");
    if (stretch_.empty() || stretch_.back().actions != here)
      stretch_.push_back({here, h, h, layer_begin(h), layer_begin(h), edges});
    stretch_.back().end_layer = h + 1;
    stretch_.back().end = layer_end(h);
    edges += here * (layer_end(h) - layer_begin(h));
  }
  if (successor_.size() != static_cast<std::size_t>(edges))
    throw std::invalid_argument("token graph: one successor per edge of the layers before the last");
  for (int h = 0; h < horizon(); ++h) {
    for (EdgeId e = edge(layer_begin(h), 0); e < edge(layer_end(h), 0); ++e)
      if (successor(e) < layer_begin(h + 1) || successor(e) >= layer_end(h + 1))
        throw std::invalid_argument("token graph: an edge must lead to the next layer");
  }
}

double TokenGraph::completions() const {
  double count = 1;
  for (int h = 0; h < horizon(); ++h) count *= actions(h);
  return count;
}

std::vector<int> TokenGraph::actions_by_layer() const {
  std::vector<int> out;
  for (int h = 0; h < horizon(); ++h) out.push_back(actions(h));
  return out;
}

TokenGraph prefix_tree(std::span<const int> actions) {
  std::vector<StateId> begin = {0, 1};
  StateId width = 1;
  for (const int here : actions) begin.push_back(begin.back() + (width *= here));
  std::vector<StateId> successor(static_cast<std::size_t>(begin.back() - 1));
  std::iota(successor.begin(), successor.end(), StateId{1});
  return {actions, std::move(begin), std::move(successor)};
}

TokenGraph forest(const TokenGraph& tree, std::size_t prompts) {
  const int H = tree.horizon();
  const auto P = static_cast<StateId>(prompts);
  std::vector<StateId> begin(static_cast<std::size_t>(H) + 2);
  for (std::size_t h = 0; h < begin.size(); ++h)
    begin[h] =
        P * (h <= static_cast<std::size_t>(H) ? tree.layer_begin(static_cast<int>(h)) : tree.layer_end(H));
  std::vector<StateId> successor;
  successor.reserve(tree.edges() * prompts);
  for (int h = 0; h < H; ++h) {
    const StateId next_width = tree.layer_end(h + 1) - tree.layer_begin(h + 1);
    for (StateId p = 0; p < P; ++p)
      for (EdgeId e = tree.edge(tree.layer_begin(h), 0); e < tree.edge(tree.layer_end(h), 0); ++e)
        successor.push_back(begin[static_cast<std::size_t>(h) + 1] + p * next_width + tree.successor(e) -
                            tree.layer_begin(h + 1));
  }
  return {tree.actions_by_layer(), std::move(begin), std::move(successor)};
}

EdgeRange prompt_edges(const TokenGraph& forest, int h, std::size_t prompt) {
  const auto width = (forest.layer_end(h) - forest.layer_begin(h)) / static_cast<StateId>(forest.prompts());
  const StateId first = forest.layer_begin(h) + static_cast<StateId>(prompt) * width;
  return {forest.edge(first, 0), forest.edge(first + width, 0)};
}

}  // namespace twostage
