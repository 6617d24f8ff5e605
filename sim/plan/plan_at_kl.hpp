// The frontier of a reward: its soft plans at all temperatures, from the reference (infinite) to the best
// completions alone (0). KL(P_pi || P_ref) rises along it, so that one of them lies at any KL up to the
// largest. Policies that were fitted at one beta drift differently far from the reference; their rewards are
// compared fairly where their plans lie equally far.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "sim/world/world.hpp"

namespace twostage {

struct PlanAtKl {
  double temperature;              // infinite at KL 0
  double kl;                       // E_s0 KL(P_pi || P_ref) there
  std::vector<double> log_policy;  // [edges]
};

// The plan of `edge_reward` [edges] whose KL to the reference is `kl`, to 1e-12 of it (or absolutely, below
// 1). Nothing where no temperature reaches it: `kl` is not a number, or beyond the best completions of the
// reward. Rewards that tell nothing apart reach 0 alone.
std::optional<PlanAtKl> plan_at_kl(const World& world, std::span<const double> edge_reward, double kl);

}  // namespace twostage
