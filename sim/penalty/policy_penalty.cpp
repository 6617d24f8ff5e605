#include "sim/penalty/policy_penalty.hpp"

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/penalty/path_variance.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {

PolicyPenalty::PolicyPenalty(const World& world, const Penalty& penalty)
    : world_(world),
      penalty_(penalty),
      reference_mass_(world.graph.edges()),
      log_ratio_(world.graph.edges()) {
  occupancy(world.graph, world.rho, world.log_reference, reference_mass_);
}

double PolicyPenalty::evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) {
  const double lambda = penalty_.lambda;
  for (std::size_t e = 0; e < log_ratio_.size(); ++e) log_ratio_[e] = log_policy[e] - world_.log_reference[e];
  switch (penalty_.kind) {
    case PenaltyKind::reference_kl:
      // sum_a pi_ref (e^l - 1 - l) = KL, since both policies sum to one; its terms are never negative.
      num::axpy(-lambda, reference_mass_, d_log_policy);
      num::exp_residual(log_ratio_, log_ratio_);
      return lambda * num::dot(reference_mass_, log_ratio_);
    case PenaltyKind::variance:
    case PenaltyKind::pooled_variance:
      return add_path_variance(world_, world_.log_reference, log_ratio_,
                               penalty_.kind == PenaltyKind::pooled_variance, lambda / 2, d_log_policy);
    case PenaltyKind::ridge:
    case PenaltyKind::l1:  // refused for policies
    case PenaltyKind::none:
      break;
  }
  return 0;
}

}  // namespace twostage
