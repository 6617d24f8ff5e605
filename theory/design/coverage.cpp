#include "theory/design/coverage.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/pair_functionals.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/world/prompt_set.hpp"
#include "theory/distributions/increasing_root.hpp"

namespace twostage {
namespace {

// log E_{pi*}[P*/P] from each state on.
std::vector<double> log_second_moment(const TokenGraph& graph, std::span<const double> log_optimal,
                                      std::span<const double> log_sampler) {
  std::vector<double> out(graph.states(), 0.0), terms;
  for (auto s = static_cast<StateId>(graph.inner_states()); s-- > 0;) {
    terms.clear();
    const EdgeRange range = graph.leaving(s);
    for (EdgeId e = range.begin; e < range.end; ++e) {
      const auto edge = static_cast<std::size_t>(e);
      terms.push_back(2 * log_optimal[edge] - log_sampler[edge] +
                      out[static_cast<std::size_t>(graph.successor(e))]);
    }
    out[static_cast<std::size_t>(s)] = num::log_sum_exp(terms);
  }
  return out;
}

// The log-probabilities of the rest of a path, under pi_ref and in the data.
struct Rest {
  double reference;
  double sampler;
};

// Those of which no other is at least as likely under pi_ref and at most as likely in the data: likelier
// under pi_ref means likelier in the data.
void keep_undominated(std::vector<Rest>& front) {
  std::ranges::sort(front, [](const Rest& a, const Rest& b) {
    return a.reference != b.reference ? a.reference > b.reference : a.sampler < b.sampler;
  });
  double least = std::numeric_limits<double>::infinity();
  std::erase_if(front, [&](const Rest& rest) {
    if (rest.sampler >= least) return true;
    least = rest.sampler;
    return false;
  });
}

std::vector<std::vector<Rest>> undominated(const World& world, std::span<const double> log_sampler) {
  const TokenGraph& graph = world.graph;
  std::vector<std::vector<Rest>> fronts(graph.states());
  for (std::size_t s = graph.inner_states(); s < graph.states(); ++s) fronts[s] = {{0, 0}};
  for (auto s = static_cast<StateId>(graph.inner_states()); s-- > 0;) {
    std::vector<Rest>& front = fronts[static_cast<std::size_t>(s)];
    const EdgeRange range = graph.leaving(s);
    for (EdgeId e = range.begin; e < range.end; ++e)
      for (const Rest& rest : fronts[static_cast<std::size_t>(graph.successor(e))])
        front.push_back({world.log_reference[static_cast<std::size_t>(e)] + rest.reference,
                         log_sampler[static_cast<std::size_t>(e)] + rest.sampler});
    keep_undominated(front);
    if (front.size() > kMostFront)
      throw InputError("horizon", "local coverage: more than " + std::to_string(kMostFront) +
                                      " completions of a state compete; use a shorter horizon or pairs from "
                                      "pi_ref");
  }
  return fronts;
}

}  // namespace

Coverage coverage(const World& world, std::span<const double> log_optimal,
                  std::span<const double> log_sampler) {
  const std::size_t prompts = world.graph.prompts();
  std::vector<double> ratio(log_optimal.begin(), log_optimal.end());
  for (std::size_t e = 0; e < ratio.size(); ++e) ratio[e] -= log_sampler[e];
  std::vector<double> rarest(prompts), most_common(prompts), least(prompts), largest(prompts);
  path_sum_range(world.graph, log_sampler, rarest, most_common);
  path_sum_range(world.graph, ratio, least, largest);
  for (auto* range : {&rarest, &largest}) range->resize(prompts_with_data(world));
  const std::vector<double> moment = log_second_moment(world.graph, log_optimal, log_sampler);

  Coverage out;
  std::vector<double> weighted;
  for (std::size_t s = 0; s < rarest.size(); ++s) {
    out.prompts.push_back({-rarest[s], largest[s], moment[s]});
    weighted.push_back(num::log(world.rho[s]) + moment[s]);
  }
  out.world = {-*std::ranges::min_element(rarest), *std::ranges::max_element(largest),
               num::log_sum_exp(weighted)};
  return out;
}

double ball_ratio(double log_p, double radius) {
  if (radius >= -log_p) return -log_p;
  if (radius <= 0) return 0;
  // In t = log(q/p). Both divergences of kl as q (e^-t - 1 + t), whose terms are never negative.
  const auto excess = [&](double t) -> ValueAndSlope {
    const double q = num::exp(t + log_p);
    const double others = -num::expm1(t + log_p);                   // 1 - q
    const double shift = num::log1p(-q * num::expm1(-t) / others);  // log((1-p) / (1-q))
    const double kl = q * num::exp_residual(-t) + others * num::exp_residual(shift);
    return {num::log(kl) - num::log(radius), q * (t + shift) / kl};
  };
  return increasing_root(excess, 0, -log_p);
}

double local_coverage(const World& world, std::span<const double> log_sampler, double radius) {
  const std::size_t prompts = world.graph.prompts();
  double largest = -std::numeric_limits<double>::infinity();
  if (std::ranges::equal(log_sampler, world.log_reference)) {
    std::vector<double> rarest(prompts), most_common(prompts);
    path_sum_range(world.graph, log_sampler, rarest, most_common);
    for (std::size_t s = 0; s < prompts_with_data(world); ++s)
      largest = std::max(largest, ball_ratio(rarest[s], radius / world.rho[s]));
    return largest;
  }
  const auto fronts = undominated(world, log_sampler);
  for (std::size_t s = 0; s < prompts_with_data(world); ++s)
    for (const Rest& path : fronts[s])
      largest = std::max(largest,
                         path.reference + ball_ratio(path.reference, radius / world.rho[s]) - path.sampler);
  return largest;
}

double relative_condition_number(const LocalLimit& limit) {
  if (limit.lacks_directions()) return std::numeric_limits<double>::infinity();
  return limit.eigenvalues.empty() ? 0 : limit.eigenvalues.back();
}

double log_condition_bound(const World& world, std::span<const double> log_optimal,
                           const PairPolicies& pairs) {
  const double first = coverage(world, log_optimal, pairs.log_first).world.optimal;
  const double second = coverage(world, log_optimal, pairs.log_second).world.optimal;
  const double d = largest_difference(world.graph, world.reward);
  const double log_slope = -num::softplus(d) - num::softplus(-d);
  return -log_slope - num::log_sum_exp(std::array{-first, -second});
}

}  // namespace twostage
