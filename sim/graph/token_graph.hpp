// Token graph: the layered, deterministic state space of a token MDP (states = where a prefix leads). Layer 0
// holds the prompts, layer H the finished completions. A completion (trajectory) is a path of H edges.
//
// States may have different numbers of actions. One with a single action (a goal that has been reached)
// leaves nothing to choose: it costs no parameters and no divergence.
//
// Numbering: states layer by layer; edges state by state, each state's in the order of its actions. So edges
// are layer by layer too, and in a prefix forest successor(e) = prompts() + e. Within a layer the states of
// one prompt are contiguous, prompt after prompt, as long as prompts do not share states.
//
// Sweeps go through stretches, runs of states with one number of actions: most graphs are a single one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace twostage {

using StateId = std::int32_t;
using EdgeId = std::int32_t;

struct EdgeRange {
  EdgeId begin;
  EdgeId end;
  std::size_t size() const { return static_cast<std::size_t>(end - begin); }
};

struct StateRange {
  StateId begin;
  StateId end;
  std::size_t size() const { return static_cast<std::size_t>(end - begin); }
};

// Consecutive states begin .. end, all with `actions` actions; their edges start at first_edge. They may span
// layers: begin lies in begin_layer, end - 1 in end_layer - 1.
struct Stretch {
  int actions;
  int begin_layer;
  int end_layer;
  StateId begin;
  StateId end;
  EdgeId first_edge;
  // The first edge of state s, which lies in the stretch or ends it.
  EdgeId edge(StateId s) const { return first_edge + (s - begin) * actions; }
};

class TokenGraph {
 public:
  // actions: how many each state before the last layer has (at least one), or one number for all;
  // layer_offsets: H + 2 numbers, layer_offsets[h] .. layer_offsets[h + 1] are the states of layer h;
  // successors: one state of the next layer for each edge;
  // prompt_offsets: (H + 1) x prompts + 1 numbers, those at h * prompts + p and after it bound the states of
  // prompt p in layer h; without them, prompts have equal parts of each layer if no edge leaves its part.
  // Checks all of them (std::invalid_argument).
  TokenGraph(int actions, const std::vector<StateId>& layer_offsets, std::vector<StateId> successors);
  TokenGraph(std::span<const int> actions, std::vector<StateId> layer_offsets,
             std::vector<StateId> successors, std::vector<StateId> prompt_offsets = {});

  int horizon() const { return static_cast<int>(layer_begin_.size()) - 2; }
  std::size_t prompts() const { return static_cast<std::size_t>(layer_begin_[1]); }
  std::size_t states() const { return static_cast<std::size_t>(layer_begin_.back()); }
  std::size_t inner_states() const { return edge_begin_.size() - 1; }
  std::size_t edges() const { return successor_.size(); }
  std::span<const Stretch> stretches() const { return stretch_; }

  StateId layer_begin(int h) const { return layer_begin_[static_cast<std::size_t>(h)]; }
  StateId layer_end(int h) const { return layer_begin_[static_cast<std::size_t>(h) + 1]; }
  std::size_t layer_width(int h) const { return static_cast<std::size_t>(layer_end(h) - layer_begin(h)); }
  EdgeRange layer_edges(int h) const { return {edge(layer_begin(h), 0), edge(layer_end(h), 0)}; }

  // Of states before the last layer; edge(s, 0) of the state behind them is the number of edges.
  int actions(StateId s) const { return edge(s + 1, 0) - edge(s, 0); }
  EdgeId edge(StateId s, int a) const { return edge_begin_[static_cast<std::size_t>(s)] + a; }
  EdgeRange leaving(StateId s) const { return {edge(s, 0), edge(s + 1, 0)}; }

  StateId source(EdgeId e) const { return source_[static_cast<std::size_t>(e)]; }
  int action(EdgeId e) const { return e - edge(source(e), 0); }
  StateId successor(EdgeId e) const { return successor_[static_cast<std::size_t>(e)]; }
  std::span<const StateId> successors() const { return successor_; }

  // Whether no state belongs to two prompts; else the two ranges below throw std::logic_error.
  bool prompts_are_apart() const { return !prompt_begin_.empty(); }
  // Whether, moreover, every prompt has a copy of the same graph, so that they can share parameters.
  bool prompts_are_copies() const { return copies_; }
  // The states of layer h, and the edges that leave layer h, of one prompt.
  StateRange prompt_states(int h, std::size_t prompt) const;
  EdgeRange prompt_edges(int h, std::size_t prompt) const;

 private:
  void number_edges(std::span<const int> actions);
  void find_prompts(std::vector<StateId> offsets);
  bool every_edge_stays(const std::vector<StateId>& offsets) const;
  bool equal_parts() const;

  std::vector<Stretch> stretch_;
  std::vector<StateId> layer_begin_;
  std::vector<EdgeId> edge_begin_;  // [inner states + 1]
  std::vector<StateId> source_;     // [edges]
  std::vector<StateId> successor_;  // [edges]
  std::vector<StateId> prompt_begin_;
  bool copies_ = false;
};

// The number of completions from each state on, [states], as doubles (they may exceed any integer type); and
// of all prompts together.
std::vector<double> completions_from(const TokenGraph& graph);
double count_completions(const TokenGraph& graph);

// The tree of all sequences with actions[h] choices of token h: one prompt, states and last edges in the
// order of their sequences (lexicographic).
TokenGraph prefix_tree(std::span<const int> actions);

// Disjoint graphs of equal horizon, one after the other: prompt p of the result is the p-th of all their
// prompts. Each must have its prompts apart (std::invalid_argument).
TokenGraph join(std::span<const TokenGraph> graphs);

// `copies` of one graph, joined.
TokenGraph forest(const TokenGraph& tree, std::size_t copies);

}  // namespace twostage
