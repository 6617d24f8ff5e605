#include "sim/plan/divergence.hpp"

#include <cmath>
#include <vector>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {

double kl_divergence(const TokenGraph& graph, std::span<const double> rho, std::span<const double> log_p,
                     std::span<const double> log_q) {
  // Beyond this log-ratio p e^x would overflow, or miss q because p underflowed: there e^x p is q itself.
  constexpr double kLargestRatio = 600;
  std::vector<double> terms(graph.edges());
  std::vector<double> state_mass;
  occupancy(graph, rho, log_p, terms, state_mass);
  for (std::size_t e = 0; e < terms.size(); ++e) {
    const double x = log_q[e] - log_p[e];
    if (x > kLargestRatio) {
      const double source_mass = state_mass[static_cast<std::size_t>(graph.source(static_cast<EdgeId>(e)))];
      terms[e] = source_mass * num::exp(log_q[e]) - terms[e] * (1 + x);
    } else {
      terms[e] *= num::exp_residual(x);
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
  double gap = 0;
  for (std::size_t e = 0; e < p.size(); ++e) gap = std::fmax(gap, std::fabs(p[e] - q[e]));
  return gap;
}

}  // namespace twostage
