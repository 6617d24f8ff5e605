// Maximum likelihood of a reward class under any penalty (sim/DEFINITIONS.md, "Objective"): the smooth fit
// (smooth_fit.hpp), the sparse one for an l1 penalty (sparse_fit.hpp), the exact one of few features
// (subset_fit.hpp), and of a whole set of minima the member of least penalty (flat_set.hpp).
#pragma once

#include <optional>

#include "sim/fit/smooth_fit.hpp"

namespace twostage {

// `flat_rank` as in ArmInput.
RewardFit fit_reward(const LinearModel& model, const World& world, const PairTable& table,
                     const Penalty& penalty, std::optional<std::size_t> flat_rank = {});

// Of a class of rewards that need not be linear.
RewardFit fit_reward(const ScoreModel& model, const World& world, const PairTable& table,
                     const Penalty& penalty, const Starts& starts, std::optional<std::size_t> flat_rank = {});

// The two stages that rm+plan and rm+project share.
FittedPlan fit_and_plan(const LinearModel& model, const World& world, const PairTable& table,
                        const Penalty& penalty, std::optional<std::size_t> flat_rank = {});
FittedPlan fit_and_plan(const ScoreModel& model, const World& world, const PairTable& table,
                        const Penalty& penalty, const Starts& starts,
                        std::optional<std::size_t> flat_rank = {});

}  // namespace twostage
