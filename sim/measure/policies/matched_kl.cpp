// Arms at one KL to the reference: the reward of one, planned as far from it as the other's policy is.
#include <cmath>

#include "sim/measure/groups.hpp"
#include "sim/measure/limits.hpp"
#include "sim/measure/policies/at_kl.hpp"
#include "sim/measure/policies/win_rate.hpp"
#include "sim/policy/policy_law.hpp"

namespace twostage {
namespace {

constexpr auto kOverOptimisation = "Gao et al. 2210.10760";

std::optional<PlanAtKl> matched(const World& world, const ArmResult& arm, const ArmResult& arm_b) {
  return plan_at_kl(world, arm.edge_reward, kl_to_reference(world, arm_b.policy));
}

std::string no_win_rate(const Context& c, const ArmResult& arm) {
  return returns_can_be_listed(c.world) ? why_no_plan(c, arm) : kTooManyReturns;
}

double reward_at_kl(const Context& c, const ArmResult& arm) {
  const auto plan = plan_at_yardstick(c, arm);
  return plan ? expected_reward(c.world, EdgePolicy(plan->log_policy)) : kNaN;
}

double win_rate_at_kl(const Context& c, const ArmResult& arm) {
  const auto plan = plan_at_yardstick(c, arm);
  return plan ? win_rate_against_reference(c.world, EdgePolicy(plan->log_policy)) : kNaN;
}

double reward_at_kl_of(const World& world, const ArmResult& arm, const ArmResult& arm_b) {
  const auto plan = matched(world, arm, arm_b);
  return plan ? expected_reward(world, EdgePolicy(plan->log_policy)) : kNaN;
}

double win_rate_at_kl_of(const World& world, const ArmResult& arm, const ArmResult& arm_b) {
  const auto plan = matched(world, arm, arm_b);
  return plan ? win_rate_against_reference(world, EdgePolicy(plan->log_policy)) : kNaN;
}

}  // namespace

std::optional<PlanAtKl> plan_at_yardstick(const Context& c, const ArmResult& arm) {
  return plan_at_kl(c.world, arm.edge_reward,
                    c.yardsticks.kl.value_or(kl_to_reference(c.world, EdgePolicy(c.optimum.log_policy))));
}

std::string why_no_plan(const Context& c, const ArmResult& arm) {
  if (c.yardsticks.kl && std::isnan(*c.yardsticks.kl))
    return "no value: the arm whose KL at_kl names has no policy";
  return plan_at_yardstick(c, arm)
             ? ""
             : "no value: the plans of the arm's reward end before at_kl, at its best completions";
}

MetricEntries matched_kl_metrics() {
  return {
      exact_metric(
          "reward_at_kl", "expected true reward at a stated distance from the reference", kOverOptimisation,
          {.kind = MetricKind::on_request,
           .long_name = "expected true reward at the KL that the study states",
           .units = "reward",
           .definition = "E_pi[r*] of the soft plan of the arm's reward (of direct routes beta log "
                         "pi/pi_ref) at the temperature where KL(P_pi || P_ref) is the study's at_kl "
                         "(unless stated, that of pi*); missing where no temperature reaches it.",
           .value = reward_at_kl,
           .yardstick = Yardstick::kl,
           .inexact = why_no_plan}),
      exact_metric("win_rate_at_kl", "win rate against the reference at a stated distance from it",
                   kOverOptimisation,
                   {.kind = MetricKind::on_request,
                    .long_name = "win rate against the reference at the KL that the study states",
                    .units = "1",
                    .definition = "win_rate of the soft plan of the arm's reward at the temperature where "
                                  "KL(P_pi || P_ref) is the study's at_kl (unless stated, that of pi*); "
                                  "missing where no temperature reaches it, or where win_rate is.",
                    .value = win_rate_at_kl,
                    .yardstick = Yardstick::kl,
                    .inexact = no_win_rate,
                    .range = kShare}),
      exact_metric("reward_at_kl_of", "expected true reward, as far from the reference as another arm",
                   kOverOptimisation,
                   {.kind = MetricKind::pairwise_on_request,
                    .long_name = "expected true reward at the KL of the other arm",
                    .units = "reward",
                    .definition = "E_pi[r*] of the soft plan of the arm's reward (of direct routes beta log "
                                  "pi/pi_ref) at the temperature where KL(P_pi || P_ref) is that of arm_b's "
                                  "policy; missing where no temperature reaches it.",
                    .pair = reward_at_kl_of}),
      exact_metric("win_rate_at_kl_of", "win rate against the reference, as far from it as another arm",
                   kOverOptimisation,
                   {.kind = MetricKind::pairwise_on_request,
                    .long_name = "win rate against the reference at the KL of the other arm",
                    .units = "1",
                    .definition = "win_rate of the soft plan of the arm's reward at the temperature where "
                                  "KL(P_pi || P_ref) is that of arm_b's policy; missing where no temperature "
                                  "reaches it, or where win_rate is.",
                    .pair = win_rate_at_kl_of,
                    .range = kShare}),
  };
}

}  // namespace twostage
