// Choice of the penalty strength by K-fold cross-validation, one rule for all arms: the lambda of the grid
// with the highest Bradley-Terry likelihood of the held-out pairs under the arm's reward (for direct routes
// the implicit reward beta log pi/pi_ref). Pair i is in fold i mod K. Ties go to the smaller lambda.
#pragma once

#include "sim/algorithm/arm.hpp"
#include "sim/penalty/penalty.hpp"

namespace twostage {

struct Tuned {
  double lambda = 0;
  bool at_edge = false;               // the best value is the grid's first or last
  std::vector<double> held_out_loss;  // [grid] nats, summed over pairs
};

// `run` fits the arm `spec` with penalty settings of its own, on the data of its input.
Tuned tune_penalty(const ArmSpec& spec, const ArmInput& input, const Tuning& tuning,
                   ArmResult (*run)(const ArmSpec&, const ArmInput&));

// `spec` with a given strength and tuning switched off.
ArmSpec with_strength(const ArmSpec& spec, double lambda);

}  // namespace twostage
