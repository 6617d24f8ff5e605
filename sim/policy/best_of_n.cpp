#include "sim/policy/best_of_n.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/numerics/elementary.hpp"
#include "sim/plan/ties.hpp"

namespace twostage {
namespace {

using Level = ReweightedReference::Level;

// The true reward beside the score, where the policy has to hold both.
std::span<const double> beside(const World& world, std::span<const double> edge_score) {
  return sum_belongs_to_states(world.graph, edge_score) ? std::span<const double>{} : world.reward;
}

void refuse_more_than(double limit, double scores) {
  if (scores <= limit) return;
  throw InputError("algorithm",
                   "best-of-n needs the law of all scores, of which there may be " + to_text(scores) +
                       " here; valid: up to " + to_text(limit) +
                       ": lower the horizon or the number of prompts, or score the end of a completion alone "
                       "(class 'terminal')");
}

// Levels of the score under the reference (q), prompt by prompt.
std::vector<std::vector<Level>> levels_of(const World& world, std::span<const ReturnAtom> scores,
                                          double rounding, double n) {
  std::vector<std::vector<Level>> out(world.graph.prompts());
  for_each_prompt(scores, [&](std::size_t prompt, std::span<const ReturnAtom> law) {
    std::vector<double> mass;
    std::size_t i = 0;
    for (const std::size_t end : tied_group_ends(law, rounding)) {
      double here = 0;
      for (; i < end; ++i) here += law[i].q;
      if (here <= 0) continue;  // never drawn
      mass.push_back(here);
      out[prompt].push_back({.highest = law[end - 1].first, .log_weight = -num::log(here)});
    }
    const std::vector<double> kept = best_of_n_log_masses(mass, n);
    for (std::size_t k = 0; k < kept.size(); ++k) out[prompt][k].log_weight += kept[k];
  });
  return out;
}

// The same law on edges: the soft plan, at temperature 1, of the logarithm of the weight.
EdgePolicy on_states(const World& world, std::span<const double> edge_score, const ReweightedReference& law) {
  const TokenGraph& graph = world.graph;
  std::vector<double> score(graph.states(), 0.0);
  std::vector<std::size_t> prompt(graph.states(), 0);
  for (std::size_t p = 0; p < graph.prompts(); ++p) prompt[p] = p;
  std::vector<double> log_weight(graph.edges(), 0.0);
  const StateId ends = graph.layer_begin(graph.horizon());
  for (EdgeId e = 0; static_cast<std::size_t>(e) < graph.edges(); ++e) {
    const auto i = static_cast<std::size_t>(e);
    const auto from = static_cast<std::size_t>(graph.source(e));
    const auto to = static_cast<std::size_t>(graph.successor(e));
    // What no prompt leads to has no score of its own, and none that counts.
    score[to] = score[from] + edge_score[i];
    prompt[to] = prompt[from];
    if (graph.successor(e) >= ends) log_weight[i] = law.log_weight(prompt[to], score[to]);
  }
  SoftPlan plan;
  soft_plan(graph, world.log_reference, log_weight, 1, plan);
  return EdgePolicy(std::move(plan.log_policy));
}

}  // namespace

std::vector<double> best_of_n_log_masses(std::span<const double> mass, double n) {
  std::vector<double> out(mass.size());
  std::vector<double> above(mass.size(), 0.0);  // reference mass of higher values
  for (std::size_t k = mass.size(); k-- > 1;) above[k - 1] = above[k] + mass[k];
  double below = 0;
  for (std::size_t k = 0; k < mass.size(); ++k) {
    const double up_to = below + mass[k];
    const double log_up_to = above[k] < 0.5 ? num::log1p(-above[k]) : num::log(up_to);
    out[k] = n * log_up_to;
    if (below > 0) out[k] += num::log(-num::expm1(n * num::log1p(-mass[k] / up_to)));
    below = up_to;
  }
  return out;
}

void check_best_of_n(const World& world, std::span<const double> edge_score) {
  const std::span<const double> reward = beside(world, edge_score);
  refuse_more_than(reward.empty() ? kMostScores : kMostReweightedScores,
                   most_return_atoms(world.graph, edge_score, reward));
}

PolicyLaw best_of_n(const World& world, std::vector<double> edge_score, std::span<const double> edge_error,
                    double n) {
  const TokenGraph& graph = world.graph;
  if (!std::ranges::all_of(edge_score, [](double r) { return std::isfinite(r); }))
    return EdgePolicy(std::vector<double>(graph.edges(), std::numeric_limits<double>::quiet_NaN()));
  check_best_of_n(world, edge_score);
  const std::span<const double> reward = beside(world, edge_score);
  const std::vector<ReturnAtom> scores =
      return_distribution(graph, edge_score, reward, world.log_reference, world.log_reference, edge_error);
  auto levels = levels_of(world, scores, rounding_of(graph, edge_score), n);
  ReweightedReference law(std::move(edge_score), std::move(levels), scores);
  if (reward.empty()) return on_states(world, law.edge_score(), law);
  return law;
}

}  // namespace twostage
