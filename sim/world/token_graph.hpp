// Token graph: the layered, deterministic state space of a token MDP (states = where a prefix
// leads). Layer 0 holds the prompts, layer H the finished completions; every state before layer H has the
// same number A of actions. A completion (trajectory) is a path of H edges.
//
// Numbering: states layer by layer; edge e = s * A + a leaves state s by action a. So edges are layer by
// layer too, and in a prefix forest successor(e) = prompts() + e.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace twostage {

using StateId = std::int32_t;
using EdgeId = std::int32_t;

class TokenGraph {
 public:
  // layer_offsets: H + 2 numbers, layer_offsets[h] .. layer_offsets[h + 1] are the states of layer h;
  // successors: one state of the next layer for each edge. Checks both (std::invalid_argument).
  TokenGraph(int actions, std::vector<StateId> layer_offsets, std::vector<StateId> successors);

  int horizon() const { return static_cast<int>(layer_begin_.size()) - 2; }
  int actions() const { return actions_; }
  std::size_t prompts() const { return static_cast<std::size_t>(layer_begin_[1]); }
  std::size_t states() const { return static_cast<std::size_t>(layer_begin_.back()); }
  std::size_t inner_states() const { return successor_.size() / static_cast<std::size_t>(actions_); }
  std::size_t edges() const { return successor_.size(); }

  StateId layer_begin(int h) const { return layer_begin_[static_cast<std::size_t>(h)]; }
  StateId layer_end(int h) const { return layer_begin_[static_cast<std::size_t>(h) + 1]; }
  EdgeId edge(StateId s, int a) const { return s * actions_ + a; }
  StateId source(EdgeId e) const { return e / actions_; }
  int action(EdgeId e) const { return e % actions_; }
  StateId successor(EdgeId e) const { return successor_[static_cast<std::size_t>(e)]; }
  std::span<const StateId> successors() const { return successor_; }

  // Number of completions of one prompt, A^H, as a double (it may exceed any integer type).
  double completions() const;

 private:
  int actions_;
  std::vector<StateId> layer_begin_;
  std::vector<StateId> successor_;
};

// `prompts` disjoint copies of a one-prompt graph; within each layer the copies are contiguous, so state i
// of layer h of copy p is layer_begin(h) + p * width(h) + i.
TokenGraph forest(const TokenGraph& tree, std::size_t prompts);

// The edges that leave layer h of copy `prompt` of a forest: contiguous, in the order of the tree.
struct EdgeRange {
  EdgeId begin;
  EdgeId end;
  std::size_t size() const { return static_cast<std::size_t>(end - begin); }
};
EdgeRange prompt_edges(const TokenGraph& forest, int h, std::size_t prompt);

}  // namespace twostage
