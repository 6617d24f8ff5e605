// Bradley-Terry maximum likelihood of a reward class under a smooth penalty, and the plan for its reward:
// minimise over theta
//   sum_i softplus(-(r_theta(xi+_i) - r_theta(xi-_i))) + penalty(r_theta).
// Where rewards are linear in theta the objective is convex, so a stationary point is global. Newton's method
// with the exact Hessian up to about 2000 parameters, damped where it stalls and led by L-BFGS where its
// steps are dear (limits.hpp); L-BFGS alone beyond. Other classes go down from several starts by L-BFGS, to
// the best stationary point found.
#pragma once

#include "sim/fit/certificate.hpp"
#include "sim/fit/multi_start.hpp"
#include "sim/model/score_model.hpp"
#include "sim/penalty/penalty.hpp"
#include "sim/preference/preference_data.hpp"
#include "sim/world/world.hpp"

namespace twostage {

struct RewardFit {
  std::vector<double> theta;
  Certificate certificate;
  std::vector<double> edge_error;  // as in ArmResult
};

// Any penalty but l1: std::logic_error.
RewardFit fit_smooth_reward(const LinearModel& model, const World& world, const PairTable& table,
                            const Penalty& penalty);

// Of a class of rewards that need not be linear.
RewardFit fit_from_starts(const ScoreModel& model, const World& world, const PairTable& table,
                          const Penalty& penalty, const Starts& starts);

// A fit, its scores on edges, and its exact soft plan.
struct FittedPlan {
  RewardFit fit;
  std::vector<double> edge_reward;
  std::vector<double> log_policy;
};
FittedPlan plan_for(RewardFit fit, const ScoreModel& model, const World& world);

}  // namespace twostage
