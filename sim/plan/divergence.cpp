#include "sim/plan/divergence.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {

double kl_divergence(const TokenGraph& graph, std::span<const double> rho, std::span<const double> log_p,
                     std::span<const double> log_q) {
  // Beyond this log-ratio x, p e^x would overflow, or miss q because p underflowed: there it is q itself.
  constexpr double kLargestRatio = 600;
  constexpr std::size_t kBlock = 512;
  std::vector<double> terms(graph.edges());
  std::vector<double> state_mass;
  occupancy(graph, rho, log_p, terms, state_mass);
  std::array<double, kBlock> ratio;
  std::array<double, kBlock> residual;
  for (std::size_t begin = 0; begin < terms.size(); begin += kBlock) {
    const std::size_t n = std::min(kBlock, terms.size() - begin);
    for (std::size_t i = 0; i < n; ++i) ratio[i] = log_q[begin + i] - log_p[begin + i];
    num::exp_residual(std::span(ratio).first(n), std::span(residual).first(n));
    for (std::size_t i = 0; i < n; ++i) {
      double& term = terms[begin + i];
      if (ratio[i] > kLargestRatio) {
        const StateId source = graph.source(static_cast<EdgeId>(begin + i));
        const double q = state_mass[static_cast<std::size_t>(source)] * num::exp(log_q[begin + i]);
        term = q - term * (1 + ratio[i]);
      } else {
        term *= residual[i];
      }
    }
  }
  return num::sum(terms);
}

double expected_value(const TokenGraph& graph, std::span<const double> rho,
                      std::span<const double> log_policy, std::span<const double> edge_values) {
  std::vector<double> mass(graph.edges());
  occupancy(graph, rho, log_policy, mass);
  return num::dot(mass, edge_values);
}

double soft_return(const World& world, std::span<const double> log_policy) {
  return expected_value(world.graph, world.rho, log_policy, world.reward) -
         world.beta * kl_divergence(world.graph, world.rho, log_policy, world.log_reference);
}

double regret(const World& world, std::span<const double> log_policy, std::span<const double> log_optimal) {
  return world.beta * kl_divergence(world.graph, world.rho, log_policy, log_optimal);
}

double policy_gap(const TokenGraph& graph, std::span<const double> rho, std::span<const double> log_p,
                  std::span<const double> log_q) {
  std::vector<double> p(graph.edges());
  std::vector<double> q(graph.edges());
  occupancy(graph, rho, log_p, p);
  occupancy(graph, rho, log_q, q);
  return largest_gap(p, q);
}

double largest_gap(std::span<const double> p, std::span<const double> q) {
  double gap = 0;
  for (std::size_t e = 0; e < p.size(); ++e) {
    const double difference = std::fabs(p[e] - q[e]);
    if (std::isnan(difference)) return difference;
    gap = difference > gap ? difference : gap;
  }
  return gap;
}

}  // namespace twostage
