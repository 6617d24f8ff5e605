#include "sim/preference/annotator.hpp"

#include <cmath>

namespace twostage {

Knob labels_knob() {
  return {"labels",
          "bt",
          0,
          0,
          {"bt", "best"},
          "how the annotator answers: by chance, as often as the data prefer it, or always the better one"};
}

Labels read_labels(const Settings& options) {
  return options.text("labels") == "best" ? Labels::best : Labels::bt;
}

Annotator::Annotator(const World& world, Labels labels)
    : law_(world), labels_(labels), rounding_(law_.rounding()) {}

double Annotator::probability_of_first(const Worth& first, const Worth& second) const {
  if (labels_ == Labels::bt) return law_.probability(first, second);
  const double log_odds = law_.log_odds(first, second);
  if (std::fabs(log_odds) <= rounding_) return 0.5;
  return log_odds > 0 ? 1 : 0;
}

void Annotator::probabilities_of_first(const Worth& first, std::span<const Worth> second,
                                       std::span<double> out) const {
  if (labels_ == Labels::bt) return law_.probabilities(first, second, out);
  for (std::size_t i = 0; i < second.size(); ++i) out[i] = probability_of_first(first, second[i]);
}

bool Annotator::prefers_first(std::span<const EdgeId> first, std::span<const EdgeId> second, double uniform) {
  ++answered_;
  return uniform < probability_of_first(law_.worth(first), law_.worth(second));
}

}  // namespace twostage
