// Bradley-Terry maximum likelihood of a reward class (sim/DEFINITIONS.md, "Objective"): minimise over theta
//   sum_i softplus(-(r_theta(xi+_i) - r_theta(xi-_i))) + penalty(r_theta).
// The objective is convex, so a stationary point is global. Newton's method with the exact Hessian up to
// about 2000 parameters, damped where it stalls and led by L-BFGS where its steps are dear (limits.hpp);
// L-BFGS alone beyond. An l1 penalty has its own fit (sparse_fit.hpp).
#pragma once

#include <optional>

#include "sim/fit/certificate.hpp"
#include "sim/model/score_model.hpp"
#include "sim/penalty/penalty.hpp"
#include "sim/preference/preference_data.hpp"

namespace twostage {

struct RewardFit {
  std::vector<double> theta;
  Certificate certificate;
  std::vector<double> edge_error;  // as in ArmResult
};

// `flat_rank` as in ArmInput.
RewardFit fit_reward(const LinearModel& model, const World& world, const PairTable& table,
                     const Penalty& penalty, std::optional<std::size_t> flat_rank = {});

// The two stages that rm+plan and rm+project share: the fit, its scores on edges, and its exact soft plan.
struct FittedPlan {
  RewardFit fit;
  std::vector<double> edge_reward;
  std::vector<double> log_policy;
};

FittedPlan fit_and_plan(const LinearModel& model, const World& world, const PairTable& table,
                        const Penalty& penalty, std::optional<std::size_t> flat_rank = {});

}  // namespace twostage
