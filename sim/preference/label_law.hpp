// The law of labels: how often each of two completions of a prompt is preferred,
//   P(y > y' | s0) = sigmoid(r*(y) - r*(y') + K(y, y')).
// K is the world's cycle, skew-symmetric (sim/world/cycle.hpp). Without one this is Bradley and Terry's law
// of the true reward. Data, the annotator, targets and win rates all ask here.
#pragma once

#include <span>

#include "sim/world/cycle.hpp"
#include "sim/world/world.hpp"

namespace twostage {

// What a completion is to an annotator.
struct Worth {
  double reward = 0;      // r*, the sum along its path
  CyclePoint point = {};  // where it is on the cycle, if there is one
};

class LabelLaw {
 public:
  // The world is referred to.
  explicit LabelLaw(const World& world) : world_(world) {}

  Worth worth(std::span<const EdgeId> path) const;

  // Of the first being preferred.
  double log_odds(const Worth& first, const Worth& second) const {
    const double by_reward = first.reward - second.reward;
    return world_.cycle ? by_reward + turn(first.point, second.point) : by_reward;
  }
  double probability(const Worth& first, const Worth& second) const;
  // The same beside each of `second`.
  void probabilities(const Worth& first, std::span<const Worth> second, std::span<double> out) const;

  // Log-odds of no more are none: neither of the two is the better one.
  double rounding() const;

 private:
  const World& world_;
};

}  // namespace twostage
