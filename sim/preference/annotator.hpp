// The annotator: who is asked which of two completions is better while a policy learns. It knows the true
// reward, and is a source of labels, not of rewards: what it answers is counted as labels and nothing else.
//   bt     y is preferred to z as often as in the data (label_law.hpp): by Bradley and Terry,
//          sigmoid(r*(y) - r*(z)), unless the world has a cycle
//   best   the one that is preferred more often always, and of equals either one
#pragma once

#include <cstdint>
#include <span>

#include "sim/catalog/settings.hpp"
#include "sim/preference/label_law.hpp"
#include "sim/world/world.hpp"

namespace twostage {

enum class Labels { bt, best };

Knob labels_knob();  // `labels`
Labels read_labels(const Settings& options);

class Annotator {
 public:
  // The world is referred to.
  Annotator(const World& world, Labels labels);

  const LabelLaw& law() const { return law_; }

  // That the first of two completions is preferred, by what they are worth.
  double probability_of_first(const Worth& first, const Worth& second) const;
  // The same beside each of `second`.
  void probabilities_of_first(const Worth& first, std::span<const Worth> second, std::span<double> out) const;

  // Answers a question and counts it: whether `first` is preferred, by a uniform number.
  bool prefers_first(std::span<const EdgeId> first, std::span<const EdgeId> second, double uniform);

  std::uint64_t answered() const { return answered_; }

 private:
  LabelLaw law_;
  Labels labels_;
  double rounding_;  // log-odds that are less are none
  std::uint64_t answered_ = 0;
};

}  // namespace twostage
