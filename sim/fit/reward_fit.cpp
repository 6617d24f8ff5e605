#include "sim/fit/reward_fit.hpp"

#include "sim/fit/flat_set.hpp"
#include "sim/fit/sparse_fit.hpp"
#include "sim/fit/subset_fit.hpp"

namespace twostage {

RewardFit fit_reward(const LinearModel& model, const World& world, const PairTable& table,
                     const Penalty& penalty, std::optional<std::size_t> flat_rank) {
  if (penalty.kind == PenaltyKind::l1) return fit_sparse(model, world, table, penalty);
  RewardFit fit = fit_smooth_reward(model, world, table, penalty);
  if (flat_rank)
    settle_on(least_penalty_reward(model, world, table, *flat_rank, fit.theta), fit.theta, fit.certificate,
              fit.edge_error);
  return fit;
}

RewardFit fit_reward(const ScoreModel& model, const World& world, const PairTable& table,
                     const Penalty& penalty, const Starts& starts, std::optional<std::size_t> flat_rank) {
  if (const LinearModel* linear = model.linear())
    return fit_reward(*linear, world, table, penalty, flat_rank);
  if (const LinearModel* whole = model.sparse_of())
    return fit_subset(*whole, model.most_nonzero(), world, table, penalty);
  return fit_from_starts(model, world, table, penalty, starts);
}

FittedPlan fit_and_plan(const LinearModel& model, const World& world, const PairTable& table,
                        const Penalty& penalty, std::optional<std::size_t> flat_rank) {
  return plan_for(fit_reward(model, world, table, penalty, flat_rank), model, world);
}

FittedPlan fit_and_plan(const ScoreModel& model, const World& world, const PairTable& table,
                        const Penalty& penalty, const Starts& starts, std::optional<std::size_t> flat_rank) {
  return plan_for(fit_reward(model, world, table, penalty, starts, flat_rank), model, world);
}

}  // namespace twostage
