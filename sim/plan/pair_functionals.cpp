#include "sim/plan/pair_functionals.hpp"

#include <cmath>
#include <numbers>
#include <stdexcept>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/pair_transform.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

constexpr double kAliasMargin = 40;
constexpr double kCutOff = 12.5;
constexpr double kLargestDifference = 1e4;
constexpr double kLargestReturn = 5e4;  // of a path or of one edge

// sinh for x > 0, without loss near zero.
double sinh_positive(double x) {
  const double e = num::expm1(x);
  return (e + e / (e + 1)) / 2;
}

struct ReturnRange {
  double difference = 0;  // largest |r(xi) - r(xi')| within a prompt
  double magnitude = 0;   // largest |r(xi)|
};

ReturnRange return_range(const TokenGraph& graph, std::span<const double> edge_values) {
  std::vector<double> low(graph.prompts());
  std::vector<double> high(graph.prompts());
  path_sum_range(graph, edge_values, low, high);
  ReturnRange range;
  for (std::size_t p = 0; p < low.size(); ++p) {
    range.difference = std::fmax(range.difference, high[p] - low[p]);
    range.magnitude = std::fmax(range.magnitude, std::fmax(std::fabs(low[p]), std::fabs(high[p])));
  }
  return range;
}

PairQuadrature quadrature_for(const TokenGraph& graph, std::span<const double> edge_values) {
  if (!pair_functionals_fit(graph, edge_values))
    throw std::invalid_argument("pair functional: the return spans too wide a range to integrate");
  return pair_quadrature(largest_difference(graph, edge_values));
}

// sum_p rho_p sum_k term(k, p * nodes + k)
template <typename Term>
double integrate(std::span<const double> rho, std::size_t nodes, Term term) {
  std::vector<double> terms(nodes);
  std::vector<double> prompts(rho.size());
  for (std::size_t p = 0; p < rho.size(); ++p) {
    for (std::size_t k = 0; k < nodes; ++k) terms[k] = term(k, p * nodes + k);
    prompts[p] = rho[p] * num::sum(terms);
  }
  return num::sum(prompts);
}

double mean_return(const TokenGraph& graph, std::span<const double> rho, std::span<const double> log_policy,
                   std::span<const double> edge_values) {
  std::vector<double> value(graph.states());
  expected_return(graph, log_policy, edge_values, value);
  return num::dot(rho, std::span(value).first(graph.prompts()));
}

}  // namespace

PairQuadrature pair_quadrature(double range) {
  const double step = 2 * std::numbers::pi / (range + kAliasMargin);
  const auto nodes = static_cast<std::size_t>(std::ceil(kCutOff / step));
  PairQuadrature rule{std::vector<double>(nodes), std::vector<double>(nodes)};
  for (std::size_t k = 0; k < nodes; ++k) {
    rule.node[k] = (static_cast<double>(k) + 0.5) * step;
    rule.weight[k] = step / sinh_positive(std::numbers::pi * rule.node[k]);
  }
  return rule;
}

double largest_difference(const TokenGraph& graph, std::span<const double> edge_values) {
  return return_range(graph, edge_values).difference;
}

bool pair_functionals_fit(const TokenGraph& graph, std::span<const double> edge_values) {
  for (const double r : edge_values)
    if (!(std::fabs(r) <= kLargestReturn)) return false;
  const ReturnRange range = return_range(graph, edge_values);
  return range.difference <= kLargestDifference && range.magnitude <= kLargestReturn;
}

double expected_sigmoid(const TokenGraph& graph, std::span<const double> rho,
                        std::span<const double> edge_values, std::span<const double> log_p,
                        std::span<const double> log_q) {
  const PairQuadrature rule = quadrature_for(graph, edge_values);
  const PairTransform pair = pair_transform({graph, edge_values, {}, log_p, log_q}, rule.node);
  return 0.5 + integrate(rho, rule.node.size(),
                         [&](std::size_t k, std::size_t i) { return rule.weight[k] * pair.sin(i); });
}

double expected_softplus(const TokenGraph& graph, std::span<const double> rho,
                         std::span<const double> edge_values, std::span<const double> log_p,
                         std::span<const double> log_q) {
  const PairQuadrature rule = quadrature_for(graph, edge_values);
  const PairTransform pair = pair_transform({graph, edge_values, {}, log_p, log_q}, rule.node);
  const double difference =
      mean_return(graph, rho, log_p, edge_values) - mean_return(graph, rho, log_q, edge_values);
  return std::numbers::ln2 - difference / 2 +
         integrate(rho, rule.node.size(), [&](std::size_t k, std::size_t i) {
           return rule.weight[k] / rule.node[k] * (1 - pair.cos(i));
         });
}

double expected_sigmoid_slope(const TokenGraph& graph, std::span<const double> rho,
                              std::span<const double> edge_values, std::span<const double> log_p,
                              std::span<const double> log_q) {
  const PairQuadrature rule = quadrature_for(graph, edge_values);
  const PairTransform pair = pair_transform({graph, edge_values, {}, log_p, log_q}, rule.node);
  return integrate(rho, rule.node.size(),
                   [&](std::size_t k, std::size_t i) { return rule.weight[k] * rule.node[k] * pair.cos(i); });
}

double population_log_likelihood(const TokenGraph& graph, std::span<const double> rho,
                                 std::span<const double> truth, std::span<const double> fitted,
                                 std::span<const double> log_sampler) {
  // E[sigma(-D) D_hat] = E[D_hat]/2 - int E[sin(w D) D_hat] / sinh(pi w) dw; both members of a pair have the
  // same law, so E[D_hat] = 0 and E[exp(i w D) D_hat] = 2 i Im(m conj phi) with m = E[r_hat exp(i w r)].
  const PairQuadrature rule = quadrature_for(graph, truth);
  const PairTransform t = pair_transform({graph, truth, fitted, log_sampler, log_sampler}, rule.node);
  const double mixed = integrate(rho, rule.node.size(), [&](std::size_t k, std::size_t i) {
    return -2 * rule.weight[k] * (t.moment.im[i] * t.p.re[i] - t.moment.re[i] * t.p.im[i]);
  });
  return -(expected_softplus(graph, rho, fitted, log_sampler, log_sampler) + mixed);
}

}  // namespace twostage
