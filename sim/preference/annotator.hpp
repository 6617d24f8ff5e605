// The annotator: who is asked which of two completions is better while a policy learns. It knows the true
// reward, and is a source of labels, not of rewards: what it answers is counted as labels and nothing else.
//   bt     y is preferred to z with probability sigmoid(r*(y) - r*(z)), as in the data
//   best   the better one always, and of equals either one
#pragma once

#include <cstdint>
#include <span>

#include "sim/catalog/settings.hpp"
#include "sim/world/world.hpp"

namespace twostage {

enum class Labels { bt, best };

Knob labels_knob();  // `labels`
Labels read_labels(const Settings& options);

class Annotator {
 public:
  // The world is referred to.
  Annotator(const World& world, Labels labels);

  // That a completion of reward `first` is preferred to one of reward `second`, path sums of r*.
  double probability_of_first(double first, double second) const;

  // Answers a question and counts it: whether `first` is preferred, by a uniform number.
  bool prefers_first(std::span<const EdgeId> first, std::span<const EdgeId> second, double uniform);

  std::uint64_t answered() const { return answered_; }

 private:
  const World& world_;
  Labels labels_;
  double rounding_;  // rewards that differ by less are equal
  std::uint64_t answered_ = 0;
};

}  // namespace twostage
