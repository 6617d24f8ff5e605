#include "sim/graph/token_graph.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace twostage {
namespace {

std::size_t at(auto i) {
  return static_cast<std::size_t>(i);
}

}  // namespace

TokenGraph::TokenGraph(int actions, const std::vector<StateId>& layer_offsets,
                       std::vector<StateId> successors)
    : TokenGraph(std::vector<int>(layer_offsets.size() < 3 ? 0 : at(layer_offsets.end()[-2]), actions),
                 layer_offsets, std::move(successors)) {}

TokenGraph::TokenGraph(std::span<const int> actions, std::vector<StateId> layer_offsets,
                       std::vector<StateId> successors, std::vector<StateId> prompt_offsets)
    : layer_begin_(std::move(layer_offsets)), successor_(std::move(successors)) {
  if (layer_begin_.size() < 3 || layer_begin_[0] != 0)
    throw std::invalid_argument("token graph: needs layers 0..H with H >= 1, the first starting at state 0");
  for (int h = 0; h <= horizon(); ++h)
    if (layer_end(h) <= layer_begin(h)) throw std::invalid_argument("token graph: empty layer");
  if (actions.size() != at(layer_begin(horizon())))
    throw std::invalid_argument("token graph: one number of actions for each state before the last layer");
  number_edges(actions);
  for (int h = 0; h < horizon(); ++h)
    for (EdgeId e = layer_edges(h).begin; e < layer_edges(h).end; ++e)
      if (successor(e) < layer_begin(h + 1) || successor(e) >= layer_end(h + 1))
        throw std::invalid_argument("token graph: an edge must lead to the next layer");
  find_prompts(std::move(prompt_offsets));
}

void TokenGraph::number_edges(std::span<const int> actions) {
  std::int64_t edges = 0;
  edge_begin_.reserve(actions.size() + 1);
  edge_begin_.push_back(0);
  for (int h = 0; h < horizon(); ++h)
    for (StateId s = layer_begin(h); s < layer_end(h); ++s) {
      const int here = actions[at(s)];
      if (here < 1) throw std::invalid_argument("token graph: a state needs at least one action");
      if (stretch_.empty() || stretch_.back().actions != here)
        stretch_.push_back({here, h, h, s, s, edge_begin_.back()});
      stretch_.back().end_layer = h + 1;
      stretch_.back().end = s + 1;
      edges += here;
      if (edges > std::numeric_limits<EdgeId>::max())
        throw std::invalid_argument("token graph: more edges than can be numbered");
      edge_begin_.push_back(static_cast<EdgeId>(edges));
    }
  if (successor_.size() != at(edges))
    throw std::invalid_argument("token graph: one successor per edge of the layers before the last");
  source_.resize(at(edges));
  for (StateId s = 0; at(s) < inner_states(); ++s)
    std::fill(source_.begin() + edge(s, 0), source_.begin() + edge(s + 1, 0), s);
}

void TokenGraph::find_prompts(std::vector<StateId> offsets) {
  const std::size_t P = prompts();
  const bool stated = !offsets.empty();
  if (!stated) {
    for (int h = 0; h <= horizon(); ++h) {
      if (layer_width(h) % P != 0) return;
      for (std::size_t p = 0; p < P; ++p)
        offsets.push_back(layer_begin(h) + static_cast<StateId>(p * (layer_width(h) / P)));
    }
    offsets.push_back(layer_begin_.back());
  }
  bool sound = offsets.size() == (layer_begin_.size() - 1) * P + 1 && std::ranges::is_sorted(offsets) &&
               offsets.back() == layer_begin_.back();
  for (int h = 0; sound && h <= horizon(); ++h) sound = offsets[at(h) * P] == layer_begin(h);
  if (!sound || !every_edge_stays(offsets)) {
    if (stated) throw std::invalid_argument("token graph: the parts of the prompts are not apart");
    return;
  }
  prompt_begin_ = std::move(offsets);
  copies_ = equal_parts();
}

bool TokenGraph::every_edge_stays(const std::vector<StateId>& offsets) const {
  const std::size_t P = prompts();
  for (std::size_t part = 0; part + P + 1 < offsets.size(); ++part)
    for (EdgeId e = edge(offsets[part], 0); e < edge(offsets[part + 1], 0); ++e)
      if (successor(e) < offsets[part + P] || successor(e) >= offsets[part + P + 1]) return false;
  return true;
}

bool TokenGraph::equal_parts() const {
  for (int h = 0; h <= horizon(); ++h)
    for (std::size_t p = 1; p < prompts(); ++p) {
      const StateRange first = prompt_states(h, 0), mine = prompt_states(h, p);
      if (mine.size() != first.size()) return false;
      if (h == horizon()) continue;
      const StateId next = prompt_states(h + 1, p).begin - prompt_states(h + 1, 0).begin;
      for (StateId i = 0; at(i) < first.size(); ++i)
        if (actions(mine.begin + i) != actions(first.begin + i)) return false;
      const EdgeId shift = edge(mine.begin, 0) - edge(first.begin, 0);
      for (EdgeId e = edge(first.begin, 0); e < edge(first.end, 0); ++e)
        if (successor(e + shift) != successor(e) + next) return false;
    }
  return true;
}

StateRange TokenGraph::prompt_states(int h, std::size_t prompt) const {
  if (!prompts_are_apart()) throw std::logic_error("token graph: prompts share states");
  const std::size_t part = at(h) * prompts() + prompt;
  return {prompt_begin_[part], prompt_begin_[part + 1]};
}

EdgeRange TokenGraph::prompt_edges(int h, std::size_t prompt) const {
  const StateRange states = prompt_states(h, prompt);
  return {edge(states.begin, 0), edge(states.end, 0)};
}

std::vector<double> completions_from(const TokenGraph& graph) {
  std::vector<double> count(graph.states(), 1.0);
  for (auto s = static_cast<StateId>(graph.inner_states()); s-- > 0;) {
    const EdgeRange edges = graph.leaving(s);
    // Equal counts are multiplied: a product is rounded once, a sum at every term.
    const double first = count[at(graph.successor(edges.begin))];
    double sum = 0;
    bool equal = true;
    for (EdgeId e = edges.begin; e < edges.end; ++e) {
      sum += count[at(graph.successor(e))];
      equal = equal && count[at(graph.successor(e))] == first;
    }
    count[at(s)] = equal ? static_cast<double>(edges.size()) * first : sum;
  }
  return count;
}

double count_completions(const TokenGraph& graph) {
  const std::vector<double> count = completions_from(graph);
  return std::accumulate(count.begin(), count.begin() + static_cast<std::ptrdiff_t>(graph.prompts()), 0.0);
}

TokenGraph prefix_tree(std::span<const int> actions) {
  std::vector<StateId> begin = {0, 1};
  std::vector<int> of_state;
  StateId width = 1;
  for (const int here : actions) {
    of_state.insert(of_state.end(), at(width), here);
    begin.push_back(begin.back() + (width *= here));
  }
  std::vector<StateId> successor(at(begin.back() - 1));
  std::iota(successor.begin(), successor.end(), StateId{1});
  return {of_state, std::move(begin), std::move(successor)};
}

namespace {

// The graphs part(0) .. part(count - 1), one after the other.
template <typename Part>
TokenGraph join_parts(std::size_t count, Part part) {
  const int H = part(0).horizon();
  std::vector<StateId> layers = {0}, prompts;
  std::vector<int> actions;
  std::vector<StateId> successors;
  for (std::size_t g = 0; g < count; ++g)
    if (part(g).horizon() != H || !part(g).prompts_are_apart())
      throw std::invalid_argument("token graph: joined graphs need one horizon and prompts apart");
  for (int h = 0; h <= H; ++h) {
    StateId states = layers.back();
    for (std::size_t g = 0; g < count; ++g) {
      for (std::size_t p = 0; p < part(g).prompts(); ++p) {
        prompts.push_back(states);
        states += static_cast<StateId>(part(g).prompt_states(h, p).size());
      }
    }
    layers.push_back(states);
    if (h == H) break;
    StateId next = states;
    for (std::size_t g = 0; g < count; ++g) {
      const TokenGraph& graph = part(g);
      for (StateId s = graph.layer_begin(h); s < graph.layer_end(h); ++s) actions.push_back(graph.actions(s));
      for (EdgeId e = graph.layer_edges(h).begin; e < graph.layer_edges(h).end; ++e)
        successors.push_back(next + graph.successor(e) - graph.layer_begin(h + 1));
      next += static_cast<StateId>(graph.layer_width(h + 1));
    }
  }
  prompts.push_back(layers.back());
  return {actions, std::move(layers), std::move(successors), std::move(prompts)};
}

}  // namespace

TokenGraph join(std::span<const TokenGraph> graphs) {
  if (graphs.empty()) throw std::invalid_argument("token graph: nothing to join");
  return join_parts(graphs.size(), [&](std::size_t g) -> const TokenGraph& { return graphs[g]; });
}

TokenGraph forest(const TokenGraph& tree, std::size_t copies) {
  return join_parts(copies, [&](std::size_t) -> const TokenGraph& { return tree; });
}

}  // namespace twostage
