// A metric for descents over Pi(R), the plans of a linear class of rewards: the curvature of the objective at
// theta = 0, where the plan is the reference. It is `strength` / beta^2 times the covariance of the features
// under the reference, which is the curvature of that many pulls towards or away from it, and of a loss of
// log-ratio margins X^T K X of the pairs, whose margins are those of the rewards.
#pragma once

#include <vector>

#include "sim/loss/policy_loss.hpp"
#include "sim/model/score_model.hpp"

namespace twostage {

// Factored for num::LbfgsOptions::metric; empty where it would be large or is singular.
std::vector<double> planned_metric(const LinearModel& rewards, const World& world, double strength,
                                   LogRatioLoss* pairs = nullptr);

}  // namespace twostage
