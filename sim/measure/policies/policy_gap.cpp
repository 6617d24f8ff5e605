// Are two arms' policies the same? The measure of every equivalence claim.
#include "sim/measure/groups.hpp"
#include "sim/policy/policy_law.hpp"

namespace twostage {
namespace {

double gap(const World& world, const ArmResult& arm, const ArmResult& arm_b) {
  return policy_gap(world, arm.policy, arm_b.policy);
}

}  // namespace

MetricEntries policy_gap_metrics() {
  return {exact_metric(
      "policy_gap", "largest difference of two arms' edge occupancies", "Swamy et al. 2503.01067",
      {.kind = MetricKind::pairwise,
       .long_name = "policy gap",
       .units = "1",
       .definition = "max over edges e of |mu_a(e) - mu_b(e)|, mu(e) the probability that a "
                     "completion crosses e, prompts drawn from rho; 0 exactly when the policies "
                     "agree wherever either goes.",
       .pair = gap,
       .range = kShare,
       .of_itself = 0.0})};
}

}  // namespace twostage
