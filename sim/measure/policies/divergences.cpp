// How far the policy is from the optimum and from the reference, as distributions over completions.
#include "sim/measure/groups.hpp"
#include "sim/policy/policy_law.hpp"

namespace twostage {
namespace {

double to_optimum(const Context& c, const ArmResult& arm) {
  return kl_to_optimum(c.world, arm.policy, c.optimum);
}
double from_optimum(const Context& c, const ArmResult& arm) {
  return kl_from_optimum(c.world, arm.policy, c.optimum);
}
double to_reference(const Context& c, const ArmResult& arm) {
  return kl_to_reference(c.world, arm.policy);
}
double from_reference(const Context& c, const ArmResult& arm) {
  return kl_from_reference(c.world, arm.policy);
}

Entry<Metric> entry(std::string name, std::string summary, std::string long_name, std::string definition,
                    double (*value)(const Context&, const ArmResult&)) {
  return exact_metric(std::move(name), std::move(summary), "Kullback and Leibler 1951",
                      {.kind = MetricKind::always,
                       .long_name = std::move(long_name),
                       .units = "nat",
                       .definition = std::move(definition),
                       .value = value,
                       .range = kNotNegative});
}

}  // namespace

MetricEntries divergence_metrics() {
  return {
      entry("kl_to_optimum", "reverse KL to the optimum", "KL divergence to the optimum",
            "E_s0 KL(P_pi || P_pi*) over completions; regret / beta.", to_optimum),
      entry("kl_from_optimum", "forward KL from the optimum", "KL divergence from the optimum",
            "E_s0 KL(P_pi* || P_pi) over completions: mass of the optimum that the policy misses.",
            from_optimum),
      entry("kl_to_reference", "how far the policy moved", "KL divergence to the reference",
            "E_s0 KL(P_pi || P_ref) over completions: the distance that J_beta charges for.", to_reference),
      entry("kl_from_reference", "mass of the reference that was lost", "KL divergence from the reference",
            "E_s0 KL(P_ref || P_pi) over completions: the default penalty of every arm, without lambda.",
            from_reference),
  };
}

}  // namespace twostage
