#include "sim/plan/plan_at_kl.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/numerics/interruption.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

// The plan at inverse temperature t, that of t r at temperature 1. A number that all edges have in common
// changes no plan, and is taken off: it would only cost digits.
class Frontier {
 public:
  Frontier(const World& world, std::span<const double> edge_reward)
      : world_(world), reward_(edge_reward.begin(), edge_reward.end()), scaled_(edge_reward.size()) {
    const auto [low, high] = std::ranges::minmax(reward_);
    const double middle = low / 2 + high / 2;
    for (double& r : reward_) r -= middle;
  }
  double size() const { return num::max_abs(reward_); }

  double kl_at(double t) {
    num::may_interrupt();
    for (std::size_t e = 0; e < scaled_.size(); ++e) scaled_[e] = t * reward_[e];
    soft_plan(world_.graph, world_.log_reference, scaled_, 1, plan_);
    return kl_divergence(world_.graph, world_.rho, plan_.log_policy, world_.log_reference);
  }
  const std::vector<double>& log_policy() const { return plan_.log_policy; }

 private:
  const World& world_;
  std::vector<double> reward_, scaled_;
  SoftPlan plan_;
};

}  // namespace

std::optional<PlanAtKl> plan_at_kl(const World& world, std::span<const double> edge_reward, double kl) {
  constexpr double infinite = std::numeric_limits<double>::infinity();
  if (!(kl >= 0) || !std::isfinite(num::max_abs(edge_reward))) return {};
  if (kl == 0) return PlanAtKl{infinite, 0, world.log_reference};
  Frontier frontier(world, edge_reward);
  const double size = frontier.size();
  if (size == 0) return {};
  const double accuracy = 1e-12 * std::fmin(1, kl) + 4e-16 * kl;

  // From where nothing is preferred to where sums of t r lose a digit before the point.
  double low = 0, below = -kl, high = 1 / size, above = frontier.kl_at(high) - kl;
  const double most = 1e13 / (size * world.graph.horizon());
  while (above < 0 && high < most) {
    low = high;
    below = above;
    high *= 4;
    above = frontier.kl_at(high) - kl;
  }
  if (above < -accuracy) return {};
  if (above < 0) return PlanAtKl{1 / high, above + kl, frontier.log_policy()};

  // False position, where an end that stays counts half (Illinois), and bisection where that is slow.
  double t = high, gap = above;
  for (int k = 0; k < 200 && std::fabs(gap) > accuracy; ++k) {
    const double straight = high - above * (high - low) / (above - below);
    t = k % 4 == 3 || !(straight > low && straight < high) ? low + (high - low) / 2 : straight;
    if (t == low || t == high) break;
    gap = frontier.kl_at(t) - kl;
    if (gap < 0) {
      low = t;
      below = gap;
      above /= 2;
    } else {
      high = t;
      above = gap;
      below /= 2;
    }
  }
  gap = frontier.kl_at(t) - kl;
  return PlanAtKl{1 / t, gap + kl, frontier.log_policy()};
}

}  // namespace twostage
