// How well the arm's reward predicts fresh labels: pairs drawn i.i.d. from the reference, labelled by
// Bradley-Terry on the true reward. What a validation set of infinite size would show.
#include <cmath>

#include "sim/measure/groups.hpp"
#include "sim/measure/limits.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/pair_functionals.hpp"
#include "sim/plan/return_distribution.hpp"
#include "sim/plan/ties.hpp"

namespace twostage {
namespace {

bool likelihood_fits(const Context& c, const ArmResult& arm) {
  return !c.world.cycle && pair_functionals_fit(c.world.graph, c.world.reward) &&
         pair_functionals_fit(c.world.graph, arm.edge_reward);
}

double log_likelihood(const Context& c, const ArmResult& arm) {
  if (!likelihood_fits(c, arm)) return kNaN;
  return population_log_likelihood(c.world.graph, c.world.rho, c.world.reward, arm.edge_reward,
                                   c.world.log_reference);
}

std::string likelihood_inexact(const Context& c, const ArmResult& arm) {
  return likelihood_fits(c, arm) ? "" : c.world.cycle ? kNoRewardGivesLabels : kRewardTooWide;
}

// One prompt: P(the label agrees with the sign of the fitted difference) + P(tie)/2
//   = 2 E[sigma(D) 1{D_hat > 0}] + P(D_hat = 0)/2,  D the true difference.
// With sigma as a sine integral the double sum over pairs becomes, for each node, one pass over the atoms in
// order of their fitted return that carries the transform of all those below: N times nodes, not N^2.
double accuracy_of_prompt(std::span<const ReturnAtom> atoms, const PairQuadrature& rule, double rounding) {
  const std::vector<std::size_t> group_ends = tied_group_ends(atoms, rounding);
  double ordered = 0;  // P(D_hat > 0)
  double tied = 0;     // P(D_hat = 0)
  double below = 0;
  std::size_t i = 0;
  for (const std::size_t end : group_ends) {
    double mass = 0;
    for (; i < end; ++i) mass += atoms[i].p;
    ordered += mass * below;
    tied += mass * mass;
    below += mass;
  }

  double right = ordered + tied / 2;
  std::vector<double> angle(atoms.size());
  std::vector<double> sin(atoms.size());
  std::vector<double> cos(atoms.size());
  for (std::size_t k = 0; k < rule.node.size(); ++k) {
    for (std::size_t j = 0; j < atoms.size(); ++j) angle[j] = rule.node[k] * atoms[j].second;
    num::sincos(angle, sin, cos);
    double integrand = 0;  // E[sin(w D) 1{D_hat > 0}]
    double cos_below = 0;
    double sin_below = 0;
    i = 0;
    for (const std::size_t end : group_ends) {
      double cos_group = 0;
      double sin_group = 0;
      for (; i < end; ++i) {
        cos_group += atoms[i].p * cos[i];
        sin_group += atoms[i].p * sin[i];
      }
      integrand += sin_group * cos_below - cos_group * sin_below;
      cos_below += cos_group;
      sin_below += sin_group;
    }
    right += 2 * rule.weight[k] * integrand;
  }
  return right;
}

// Why there is no exact accuracy; null when there is.
const char* accuracy_refusal(const Context& c, const ArmResult& arm) {
  if (c.world.cycle) return kNoRewardGivesLabels;
  if (!pair_functionals_fit(c.world.graph, c.world.reward)) return kRewardTooWide;
  for (const double r : arm.edge_reward)
    if (!std::isfinite(r)) return kRewardNotFinite;
  if (most_return_atoms(c.world.graph, arm.edge_reward, c.world.reward) > kMostAtoms) return kTooManyReturns;
  return nullptr;
}

double accuracy(const Context& c, const ArmResult& arm) {
  if (accuracy_refusal(c, arm) != nullptr) return kNaN;
  const std::vector<ReturnAtom> atoms =
      return_distribution(c.world.graph, arm.edge_reward, c.world.reward, c.world.log_reference,
                          c.world.log_reference, arm.edge_error);
  const PairQuadrature rule = pair_quadrature(largest_difference(c.world.graph, c.world.reward));
  const double rounding = rounding_of(c.world.graph, arm.edge_reward);
  double total = 0;
  for_each_prompt(atoms, [&](std::size_t prompt, std::span<const ReturnAtom> law) {
    total += c.world.rho[prompt] * accuracy_of_prompt(law, rule, rounding);
  });
  return total;
}

std::string accuracy_inexact(const Context& c, const ArmResult& arm) {
  const char* const refusal = accuracy_refusal(c, arm);
  return refusal != nullptr ? refusal : "";
}

}  // namespace

MetricEntries population_metrics() {
  return {
      exact_metric(
          "rm_population_log_likelihood", "Bradley-Terry log-likelihood on fresh pairs",
          "Swamy et al. 2503.01067",
          {.kind = MetricKind::on_request,
           .long_name = "population log-likelihood of the reward",
           .units = "nat",
           .definition = "E log sigmoid(r(xi+) - r(xi-)) over pairs drawn i.i.d. from the reference and "
                         "labelled by Bradley-Terry on the true reward; r the arm's reward (for direct "
                         "routes beta log pi/pi_ref).",
           .value = log_likelihood,
           .inexact = likelihood_inexact,
           .range = kNotPositive}),
      exact_metric(
          "rm_population_accuracy", "share of fresh pairs ranked right", "Swamy et al. 2503.01067",
          {.kind = MetricKind::on_request,
           .long_name = "population accuracy of the reward",
           .units = "1",
           .definition =
               "P(r(xi+) > r(xi-)) + P(r(xi+) = r(xi-)) / 2 over pairs drawn i.i.d. from the "
               "reference and labelled by Bradley-Terry on the true reward; fitted rewards that "
               "differ by no more than their error are equal: 1e-12 H max|r(e)| for rounding, and ten "
               "times what the step that the optimiser would take next changes.",
           .value = accuracy,
           .inexact = accuracy_inexact,
           .range = kShare}),
  };
}

}  // namespace twostage
