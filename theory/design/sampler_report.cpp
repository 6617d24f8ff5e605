#include "theory/design/sampler_report.hpp"

#include <exception>
#include <limits>
#include <stdexcept>

#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kMostGap = 0.1;  // beyond it a design is no measure of others

MemberCoverage member(const World& world, std::span<const double> log_optimal,
                      std::span<const double> log_policy, double radius) {
  MemberCoverage out{coverage(world, log_optimal, log_policy).world, kNone};
  try {
    out.local = local_coverage(world, log_policy, radius);
  } catch (const InputError&) {
  }
  return out;
}

}  // namespace

SamplerReport sampler_report(const World& world, const EdgeFeatures& features, const PairPolicies& pairs) {
  SoftPlan optimum;
  soft_plan(world.graph, world.log_reference, world.reward, world.beta, optimum);
  const LocalLimit law = local_limit(world, features, pairs);
  SamplerReport out;
  out.limit = law.limit;
  out.condition = relative_condition_number(law);
  out.log_condition_bound = log_condition_bound(world, optimum.log_policy, pairs);
  bool lacks_directions = law.lacks_directions();
  try {
    const OptimalDesign design = optimal_design(world, features, DesignCriterion::regret);
    if (design.gap > kMostGap) throw std::runtime_error("optimal design: rounding keeps it from the optimum");
    out.best_limit = design.value / (2 * world.beta);
    out.efficiency = out.best_limit / out.limit;
    out.gap = design.gap;
    lacks_directions = lacks_directions || law.dimension < design.dimension;
  } catch (const std::exception& error) {  // too large, or singular to rounding
    out.best_limit = out.efficiency = out.gap = kNone;
    out.reason = error.what();
  }
  if (lacks_directions) {  // what is left of the law says nothing of them
    out.limit = out.condition = std::numeric_limits<double>::infinity();
    out.efficiency = 0;
    out.reason = "efficiency 0: the pairs show some direction too seldom for double precision";
  }
  out.radius = kl_divergence(world.graph, world.rho, optimum.log_policy, world.log_reference);
  out.first = member(world, optimum.log_policy, pairs.log_first, out.radius);
  out.second = pairs.log_first == pairs.log_second
                   ? out.first
                   : member(world, optimum.log_policy, pairs.log_second, out.radius);
  return out;
}

}  // namespace twostage
