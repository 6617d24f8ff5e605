// Does an unpenalised policy fit rest on a minimum, where no exact test says whether there is one?
//
// An optimiser's gradient tolerance cannot tell a minimum from a valley that falls for ever: a loss like
// e^-u has a small gradient, far out, wherever the descent stops. Newton's method can, because its step has
// the scale of the problem: down an exponential tail it moves u by 1 at every depth, so its steps never
// shrink; near a minimum with curvature they shrink to nothing. So from the fitted theta, Gauss-Newton steps
// are taken in the directions that the data see (as many as the rank of the margins' derivative at a point in
// general position, which is a matter of the data and the class alone). The fit has settled once a step
// changes no margin of a pair and no logit at a visited state by more than 1/20; it has not when that does
// not happen in a dozen steps, or when a direction that the data see in general has lost all its curvature to
// rounding. Both forms of divergence are seen: margins that grow for ever (separated pairs), and a softmax
// that saturates while every margin tends to a limit.
//
// This is a numerical criterion, not a proof: a minimum whose curvature along a direction is below 1e-15 of
// the largest is taken for none.
#pragma once

#include "sim/loss/margin_loss.hpp"
#include "sim/model/score_model.hpp"
#include "sim/preference/preference_data.hpp"
#include "sim/random/philox.hpp"
#include "sim/world/world.hpp"

namespace twostage {

struct Settling {
  bool told = false;     // false: too large for the method (more than 400 parameters, say)
  bool settled = false;  // theta is, to rounding, a minimum of the loss
  bool flat = false;     // the margins of the data do not determine the policy, near theta or anywhere
};

// `stream` draws the point in general position.
// Margins are `scale` times differences of log-ratios, and cost what `loss` says.
Settling settling(const LinearModel& model, const World& world, const PairTable& table, double scale,
                  MarginLoss& loss, std::span<const double> theta, Philox4x64 stream);

}  // namespace twostage
