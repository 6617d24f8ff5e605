// Which parameters a state uses when classes may be shared by the prompts of a forest: the copies of a state
// have one class state if they share, and each its own if not. Numbered layer by layer like the states of one
// copy, so that without sharing class state = state.
#pragma once

#include <stdexcept>

#include "sim/world/world.hpp"

namespace twostage {

class StateSharing {
 public:
  explicit StateSharing(const World& world)
      : copies_(world.shared_classes ? static_cast<StateId>(world.graph.prompts()) : 1) {
    for (int h = 0; h <= world.graph.horizon(); ++h)
      if ((world.graph.layer_end(h) - world.graph.layer_begin(h)) % copies_ != 0)
        throw std::invalid_argument("classes are shared only between prompts with equal graphs");
  }

  StateId copies() const { return copies_; }

  // Class states before layer h.
  StateId begin(const TokenGraph& graph, int h) const { return graph.layer_begin(h) / copies_; }
  StateId width(const TokenGraph& graph, int h) const {
    return (graph.layer_end(h) - graph.layer_begin(h)) / copies_;
  }
  // `s` lies in layer h.
  StateId class_state(const TokenGraph& graph, int h, StateId s) const {
    return begin(graph, h) + (s - graph.layer_begin(h)) % width(graph, h);
  }

 private:
  StateId copies_;
};

// Which states some path from a prompt reaches.
std::vector<bool> reachable_states(const TokenGraph& graph);

}  // namespace twostage
