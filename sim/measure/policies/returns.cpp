// How good the policy is under the true reward: J_beta, its loss against the optimum, and the reward alone.
#include "sim/measure/groups.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/policy/policy_law.hpp"

namespace twostage {
namespace {

constexpr auto kSource = "Swamy et al. 2503.01067";

double regret_value(const Context& c, const ArmResult& arm) {
  return c.world.beta * kl_to_optimum(c.world, arm.policy, c.optimum);
}

double headroom_value(const Context& c, const ArmResult&) {
  return regret(c.world, c.world.log_reference, c.optimum.log_policy);
}

double soft_return_value(const Context& c, const ArmResult& arm) {
  return soft_return(c.world, arm.policy);
}

double expected_reward_value(const Context& c, const ArmResult& arm) {
  return expected_reward(c.world, arm.policy);
}

}  // namespace

MetricEntries return_metrics() {
  return {
      exact_metric(
          "regret", "loss of soft return against the optimum", kSource,
          {.kind = MetricKind::always,
           .long_name = "regret",
           .units = "reward",
           .definition = "J_beta(pi*) - J_beta(pi), computed as beta E_s0 KL(P_pi || P_pi*), which it "
                         "equals; never negative.",
           .value = regret_value,
           .range = kNotNegative}),
      exact_metric(
          "target_regret", "what the loss and the class lose with any number of pairs", kSource,
          {.kind = MetricKind::on_request,
           .long_name = "regret of the arm's target",
           .units = "reward",
           .definition =
               "J_beta(pi*) - J_beta(pi), pi the policy of the arm's class that its loss leads to where "
               "pairs without number are drawn from the reference and nothing is penalised: fitted to "
               "all pairs of completions, each as often as it is to be expected.",
           .value = regret_value,
           .of_target = true,
           .range = kNotNegative}),
      exact_metric(
          "headroom", "regret of the reference, which an arm that has learned nothing has", kSource,
          {.kind = MetricKind::on_request,
           .long_name = "headroom",
           .units = "reward",
           .definition = "J_beta(pi*) - J_beta(pi_ref) of the prompts that are measured; the same for "
                         "all arms.",
           .value = headroom_value,
           .range = kNotNegative}),
      exact_metric("soft_return", "true reward minus the KL cost", kSource,
                   {.kind = MetricKind::always,
                    .long_name = "soft return",
                    .units = "reward",
                    .definition = "J_beta(pi) = E_pi[r*] - beta E_s0 KL(P_pi || P_ref).",
                    .value = soft_return_value}),
      exact_metric("expected_reward", "true reward of the policy", kSource,
                   {.kind = MetricKind::always,
                    .long_name = "expected true reward",
                    .units = "reward",
                    .definition = "E_pi[r*]: the true reward of a completion, prompts drawn from rho.",
                    .value = expected_reward_value}),
  };
}

}  // namespace twostage
