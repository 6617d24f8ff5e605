// Probability that the policy says something the data never showed: where direct routes are free to drift.
#include "sim/measure/groups.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

// One minus the exact sum over the distinct completions seen; clamped, since that sum rounds.
double unseen_mass(const Context& c, const ArmResult& arm) {
  const TokenGraph& graph = c.world.graph;
  const auto H = static_cast<std::size_t>(graph.horizon());
  const std::span<const EdgeId> seen = c.seen();
  std::vector<double> seen_mass(seen.size() / H);
  for (std::size_t i = 0; i < seen_mass.size(); ++i) {
    const std::span<const EdgeId> path = seen.subspan(i * H, H);
    seen_mass[i] = c.world.rho[static_cast<std::size_t>(graph.source(path[0]))] *
                   num::exp(log_probability(c.world, arm.policy, path));
  }
  const double unseen = 1.0 - num::sum(seen_mass);
  return unseen < 0 ? 0.0 : unseen;
}

}  // namespace

MetricEntries unseen_mass_metrics() {
  return {exact_metric(
      "unseen_mass", "probability of completions that are not in the data", "Xu et al. 2404.10719",
      {.kind = MetricKind::always,
       .long_name = "mass on unseen completions",
       .units = "1",
       .definition = "1 - sum of rho(s0) P_pi(xi|s0) over the distinct completions xi (of prompt "
                     "s0) that occur in the data, chosen or rejected.",
       .value = unseen_mass,
       .range = kShare})};
}

}  // namespace twostage
