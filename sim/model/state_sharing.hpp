// Which parameters a state uses. Where prompts share their classes, states of one layer share a class state
// if they are copies of each other or bear the same label (World::state_label); where not, each state is its
// own. Numbered layer by layer, within a layer in the order of the copy or of the labels, so that without
// sharing class state = state.
#pragma once

#include <vector>

#include "sim/world/world.hpp"

namespace twostage {

class StateSharing {
 public:
  // Throws std::invalid_argument where classes are shared by prompts whose graphs differ without labels, or
  // by states with different numbers of actions.
  explicit StateSharing(const World& world);

  StateId class_state(StateId s) const { return class_state_[static_cast<std::size_t>(s)]; }
  // Class states before layer h, and in it.
  StateId begin(int h) const { return begin_[static_cast<std::size_t>(h)]; }
  std::size_t width(int h) const { return static_cast<std::size_t>(begin(h + 1) - begin(h)); }

 private:
  std::vector<StateId> class_state_;  // [states]
  std::vector<StateId> begin_;        // [H + 2]
};

// Which states some path from a prompt reaches.
std::vector<bool> reachable_states(const TokenGraph& graph);

}  // namespace twostage
