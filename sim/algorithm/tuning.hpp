// Choice of the penalty strength by K-fold cross-validation: the lambda of the grid with the least loss of
// the held-out pairs, in the algorithm's own terms (Algorithm::held_out_loss). Pair i is in fold i mod K.
// Ties go to the smaller lambda.
#pragma once

#include <functional>

#include "sim/algorithm/arm.hpp"
#include "sim/penalty/penalty.hpp"

namespace twostage {

struct Tuned {
  double lambda = 0;
  bool at_edge = false;               // the best value is the grid's first or last
  std::vector<double> held_out_loss;  // [grid] nats, summed over pairs
};

// `fit` fits the arm `spec` with penalty settings of its own, on the data of its input.
Tuned tune_penalty(const ArmSpec& spec, const ArmInput& input, const Tuning& tuning,
                   const std::function<ArmResult(const ArmSpec&, const ArmInput&)>& fit,
                   decltype(Algorithm::held_out_loss) held_out_loss);

// The held-out loss of every route that models preferences as Bradley-Terry does: -log likelihood under the
// fit's edge_reward (for direct routes the implicit reward beta log pi/pi_ref), nats.
double bradley_terry_loss(const ArmSpec& spec, const World& world, const ArmResult& fit,
                          const PreferenceData& held_out);

// `spec` with a given strength and tuning switched off.
ArmSpec with_strength(const ArmSpec& spec, double lambda);

}  // namespace twostage
