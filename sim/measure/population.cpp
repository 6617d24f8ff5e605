// How well the arm's reward predicts fresh labels: pairs drawn i.i.d. from the reference, labelled by
// Bradley-Terry on the true reward. What a validation set of infinite size would show.
#include <algorithm>
#include <array>
#include <limits>

#include "sim/measure/groups.hpp"
#include "sim/measure/limits.hpp"
#include "sim/measure/ties.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/pair_functionals.hpp"
#include "sim/plan/return_distribution.hpp"

namespace twostage {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

bool likelihood_fits(const Context& c, const ArmResult& arm) {
  return pair_functionals_fit(c.world.graph, c.world.reward) &&
         pair_functionals_fit(c.world.graph, arm.edge_reward);
}

double log_likelihood(const Context& c, const ArmResult& arm) {
  if (!likelihood_fits(c, arm)) return kNaN;
  return population_log_likelihood(c.world.graph, c.world.rho, c.world.reward, arm.edge_reward,
                                   c.world.log_reference);
}

std::string likelihood_inexact(const Context& c, const ArmResult& arm) {
  return likelihood_fits(c, arm) ? "" : kRewardTooWide;
}

// One prompt: P(the label agrees with the sign of the fitted difference) + P(tie)/2
//   = 2 E[sigma(D) 1{D_hat > 0}] + P(D_hat = 0)/2,  D the true difference.
// With sigma as a sine integral the double sum over pairs becomes, for each node, one pass over the atoms in
// order of their fitted return that carries the transform of all those below: N times nodes, not N^2.
double accuracy_of_prompt(std::span<const ReturnAtom> atoms, const PairQuadrature& rule, double tie) {
  constexpr std::size_t kLanes = 8;  // nodes in one pass
  double right = 0;
  for (std::size_t k0 = 0; k0 < rule.node.size(); k0 += kLanes) {
    std::array<double, kLanes> node{};
    std::array<double, kLanes> weight{};
    for (std::size_t j = 0; j < kLanes && k0 + j < rule.node.size(); ++j) {
      node[j] = rule.node[k0 + j];
      weight[j] = rule.weight[k0 + j];
    }
    std::array<double, kLanes> cos_below{};
    std::array<double, kLanes> sin_below{};
    std::array<double, kLanes> sum{};
    double mass_below = 0;
    double ordered = 0;  // P(D_hat > 0)
    double tied = 0;     // P(D_hat = 0)
    for (std::size_t begin = 0, end = 0; begin < atoms.size(); begin = end) {
      std::array<double, kLanes> cos_group{};
      std::array<double, kLanes> sin_group{};
      double mass = 0;
      do {
        std::array<double, kLanes> angle{};
        std::array<double, kLanes> s{};
        std::array<double, kLanes> c{};
        for (std::size_t j = 0; j < kLanes; ++j) angle[j] = node[j] * atoms[end].second;
        num::sincos(angle, s, c);
        for (std::size_t j = 0; j < kLanes; ++j) {
          cos_group[j] += atoms[end].p * c[j];
          sin_group[j] += atoms[end].p * s[j];
        }
        mass += atoms[end].p;
        ++end;
      } while (end < atoms.size() && atoms[end].first - atoms[end - 1].first <= tie);
      for (std::size_t j = 0; j < kLanes; ++j) {
        sum[j] += sin_group[j] * cos_below[j] - cos_group[j] * sin_below[j];  // Im of e^{i w D}
        cos_below[j] += cos_group[j];
        sin_below[j] += sin_group[j];
      }
      ordered += mass * mass_below;
      tied += mass * mass;
      mass_below += mass;
    }
    if (k0 == 0) right = ordered + tied / 2;  // 2 * P(D_hat > 0)/2, and the ties
    for (std::size_t j = 0; j < kLanes; ++j) right += 2 * weight[j] * sum[j];
  }
  return right;
}

bool joint_returns_can_be_listed(const Context& c, const ArmResult& arm) {
  return most_return_atoms(c.world.graph, arm.edge_reward, c.world.reward) <= kMostAtoms;
}

double accuracy(const Context& c, const ArmResult& arm) {
  if (!pair_functionals_fit(c.world.graph, c.world.reward)) return kNaN;
  if (!joint_returns_can_be_listed(c, arm)) return kNaN;
  const std::vector<ReturnAtom> atoms = return_distribution(c.world.graph, arm.edge_reward, c.world.reward,
                                                            c.world.log_reference, c.world.log_reference);
  const PairQuadrature rule = pair_quadrature(largest_difference(c.world.graph, c.world.reward));
  const double tie = tie_tolerance(c.world.graph, arm.edge_reward);
  double total = 0;
  for (auto begin = atoms.begin(); begin != atoms.end();) {
    const auto end =
        std::find_if(begin, atoms.end(), [&](const auto& a) { return a.prompt != begin->prompt; });
    total +=
        c.world.rho[static_cast<std::size_t>(begin->prompt)] * accuracy_of_prompt({begin, end}, rule, tie);
    begin = end;
  }
  return total;
}

std::string accuracy_inexact(const Context& c, const ArmResult& arm) {
  if (!pair_functionals_fit(c.world.graph, c.world.reward)) return kRewardTooWide;
  return joint_returns_can_be_listed(c, arm) ? "" : kTooManyReturns;
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
           .inexact = likelihood_inexact}),
      exact_metric(
          "rm_population_accuracy", "share of fresh pairs ranked right", "Swamy et al. 2503.01067",
          {.kind = MetricKind::on_request,
           .long_name = "population accuracy of the reward",
           .units = "1",
           .definition = "P(r(xi+) > r(xi-)) + P(r(xi+) = r(xi-)) / 2 over pairs drawn i.i.d. from the "
                         "reference and labelled by Bradley-Terry on the true reward; fitted rewards that "
                         "differ by no more than 1e-12 H max|r(e)| are equal.",
           .value = accuracy,
           .inexact = accuracy_inexact}),
  };
}

}  // namespace twostage
