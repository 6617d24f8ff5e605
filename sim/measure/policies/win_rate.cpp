// Win rates: the chance that a completion of the arm is preferred to one of a rival, same prompt, drawn
// independently. `win_rate_bt` lets a Bradley-Terry annotator with the true reward judge (a smooth
// functional, exact at any horizon); `win_rate` compares the true rewards themselves (a discrete one, exact
// as long as the distinct returns can be listed).
#include "sim/measure/policies/win_rate.hpp"

#include "sim/measure/groups.hpp"
#include "sim/measure/limits.hpp"
#include "sim/plan/pair_functionals.hpp"
#include "sim/plan/return_distribution.hpp"
#include "sim/plan/ties.hpp"

namespace twostage {
namespace {

double bradley_terry(const Context& c, std::span<const double> log_policy,
                     std::span<const double> log_rival) {
  if (!pair_functionals_fit(c.world.graph, c.world.reward)) return kNaN;
  return expected_sigmoid(c.world.graph, c.world.rho, c.world.reward, log_policy, log_rival);
}

double win_rate_bt(const Context& c, const ArmResult& arm) {
  return bradley_terry(c, arm.log_policy(), c.world.log_reference);
}

double win_rate_bt_optimum(const Context& c, const ArmResult& arm) {
  return bradley_terry(c, arm.log_policy(), c.optimum.log_policy);
}

std::string truth_too_wide(const Context& c, const ArmResult&) {
  return pair_functionals_fit(c.world.graph, c.world.reward) ? "" : kRewardTooWide;
}

double win_rate(const Context& c, const ArmResult& arm) {
  return win_rate_against_reference(c.world, arm.policy);
}

std::string too_many_returns(const Context& c, const ArmResult&) {
  return returns_can_be_listed(c.world) ? "" : kTooManyReturns;
}

}  // namespace

bool returns_can_be_listed(const World& world) {
  return most_return_atoms(world.graph, world.reward, {}) <= kMostAtoms;
}

double win_rate_against_reference(const World& world, const PolicyLaw& policy) {
  if (!returns_can_be_listed(world)) return kNaN;
  return win_rate_in(world, law_of_rewards(world, policy));
}

double win_rate_in(const World& world, std::span<const ReturnAtom> atoms) {
  const double rounding = rounding_of(world.graph, world.reward);
  double total = 0;
  for_each_prompt(atoms, [&](std::size_t prompt, std::span<const ReturnAtom> law) {
    double wins = 0;
    double below = 0;  // mass of the other under the current group of ties
    std::size_t i = 0;
    for (const std::size_t end : tied_group_ends(law, rounding)) {
      double p = 0;
      double q = 0;
      for (; i < end; ++i) {
        p += law[i].p;
        q += law[i].q;
      }
      wins += p * (below + q / 2);
      below += q;
    }
    total += world.rho[prompt] * wins;
  });
  return total;
}

MetricEntries win_rate_metrics() {
  return {
      exact_metric(
          "win_rate_bt", "win rate against the reference, Bradley-Terry judge", "Swamy et al. 2503.01067",
          {.kind = MetricKind::on_request,
           .long_name = "Bradley-Terry win rate against the reference",
           .units = "1",
           .definition = "E_s0 E sigmoid(r*(xi) - r*(xi')), xi from the policy and xi' from the reference, "
                         "independent given the prompt.",
           .value = win_rate_bt,
           .asks = PolicyForm::on_edges,
           .inexact = truth_too_wide,
           .range = kShare}),
      exact_metric("win_rate_bt_optimum", "win rate against the optimum, Bradley-Terry judge",
                   "Swamy et al. 2503.01067",
                   {.kind = MetricKind::on_request,
                    .long_name = "Bradley-Terry win rate against the optimum",
                    .units = "1",
                    .definition = "E_s0 E sigmoid(r*(xi) - r*(xi')), xi from the policy and xi' from pi*, "
                                  "independent given the prompt.",
                    .value = win_rate_bt_optimum,
                    .asks = PolicyForm::on_edges,
                    .inexact = truth_too_wide,
                    .range = kShare}),
      exact_metric(
          "win_rate", "win rate against the reference, true reward as judge", "Swamy et al. 2503.01067",
          {.kind = MetricKind::on_request,
           .long_name = "win rate against the reference",
           .units = "1",
           .definition = "E_s0 [P(r*(xi) > r*(xi')) + P(r*(xi) = r*(xi')) / 2], xi from the policy and xi' "
                         "from the reference, independent given the prompt; rewards that differ by no more "
                         "than 1e-12 H max|r*(e)| are equal.",
           .value = win_rate,
           .inexact = too_many_returns,
           .range = kShare}),
  };
}

}  // namespace twostage
