// Token graph: the layered, deterministic state space of a token MDP (states = where a prefix
// leads). Layer 0 holds the prompts, layer H the finished completions; the states of one layer have equally
// many actions, A in every layer of most worlds. A completion (trajectory) is a path of H edges.
//
// Numbering: states layer by layer; edges state by state, each state's in the order of its actions (e = s * A
// + a where A is the same everywhere). So edges are layer by layer too, and in a prefix forest successor(e) =
// prompts() + e.
//
// Sweeps go through stretches, runs of layers with one number of actions: most graphs are a single one.
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

// Consecutive layers begin_layer .. end_layer whose states begin .. end all have `actions` actions; their
// edges start at first_edge.
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
  // actions: how many in each of the layers 0 .. H - 1, or one number for all;
  // layer_offsets: H + 2 numbers, layer_offsets[h] .. layer_offsets[h + 1] are the states of layer h;
  // successors: one state of the next layer for each edge. Checks them (std::invalid_argument).
  TokenGraph(int actions, const std::vector<StateId>& layer_offsets, std::vector<StateId> successors);
  TokenGraph(std::span<const int> actions, std::vector<StateId> layer_offsets,
             std::vector<StateId> successors);

  int horizon() const { return static_cast<int>(layer_begin_.size()) - 2; }
  std::size_t prompts() const { return static_cast<std::size_t>(layer_begin_[1]); }
  std::size_t states() const { return static_cast<std::size_t>(layer_begin_.back()); }
  std::size_t inner_states() const { return static_cast<std::size_t>(stretch_.back().end); }
  std::size_t edges() const { return successor_.size(); }
  std::span<const Stretch> stretches() const { return stretch_; }

  int actions(int h) const { return of_state(layer_begin(h)).actions; }  // of a state of layer h
  std::vector<int> actions_by_layer() const;

  StateId layer_begin(int h) const { return layer_begin_[static_cast<std::size_t>(h)]; }
  StateId layer_end(int h) const { return layer_begin_[static_cast<std::size_t>(h) + 1]; }
  EdgeId edge(StateId s, int a) const { return of_state(s).edge(s) + a; }
  EdgeRange leaving(StateId s) const {
    const Stretch& stretch = of_state(s);
    return {stretch.edge(s), stretch.edge(s + 1)};
  }
  StateId source(EdgeId e) const {
    const Stretch& stretch = of_edge(e);
    return stretch.begin + (e - stretch.first_edge) / stretch.actions;
  }
  int action(EdgeId e) const {
    const Stretch& stretch = of_edge(e);
    return (e - stretch.first_edge) % stretch.actions;
  }
  StateId successor(EdgeId e) const { return successor_[static_cast<std::size_t>(e)]; }
  std::span<const StateId> successors() const { return successor_; }

  // Number of completions of one prompt, the product of the layers' actions, as a double (it may exceed any
  // integer type).
  double completions() const;

 private:
  const Stretch& of_state(StateId s) const {
    const Stretch* stretch = &stretch_.back();
    while (s < stretch->begin) --stretch;
    return *stretch;
  }
  const Stretch& of_edge(EdgeId e) const {
    const Stretch* stretch = &stretch_.back();
    while (e < stretch->first_edge) --stretch;
    return *stretch;
  }

  std::vector<Stretch> stretch_;
  std::vector<StateId> layer_begin_;
  std::vector<StateId> successor_;
};

// The tree of all sequences with actions[h] choices of token h: one prompt, states and last edges in the
// order of their sequences (lexicographic).
TokenGraph prefix_tree(std::span<const int> actions);

// `prompts` disjoint copies of a one-prompt graph; within each layer the copies are contiguous, so state i
// of layer h of copy p is layer_begin(h) + p * width(h) + i.
TokenGraph forest(const TokenGraph& tree, std::size_t prompts);

// The edges that leave layer h of copy `prompt` of a forest: contiguous, in the order of the tree.
EdgeRange prompt_edges(const TokenGraph& forest, int h, std::size_t prompt);

}  // namespace twostage
