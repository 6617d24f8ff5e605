#include "sim/preference/annotator.hpp"

#include <cmath>

#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/plan/ties.hpp"

namespace twostage {

Knob labels_knob() {
  return {"labels",
          "bt",
          0,
          0,
          {"bt", "best"},
          "how the annotator answers: by chance, by Bradley and Terry, or always the better one"};
}

Labels read_labels(const Settings& options) {
  return options.text("labels") == "best" ? Labels::best : Labels::bt;
}

Annotator::Annotator(const World& world, Labels labels)
    : world_(world), labels_(labels), rounding_(rounding_of(world.graph, world.reward)) {}

double Annotator::probability_of_first(double first, double second) const {
  if (labels_ == Labels::bt) return num::sigmoid(first - second);
  if (std::fabs(first - second) <= rounding_) return 0.5;
  return first > second ? 1 : 0;
}

bool Annotator::prefers_first(std::span<const EdgeId> first, std::span<const EdgeId> second, double uniform) {
  ++answered_;
  return uniform < probability_of_first(path_sum(world_.reward, first), path_sum(world_.reward, second));
}

}  // namespace twostage
