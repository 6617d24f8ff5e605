#include "sim/completions/score_levels.hpp"

#include <algorithm>

#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/plan/ties.hpp"

namespace twostage {
namespace {

constexpr auto kNowhere = static_cast<std::size_t>(-1);  // of a state that no prompt leads to

}  // namespace

ScoreLevels::ScoreLevels(const World& world, std::span<const double> edge_score,
                         std::span<const double> edge_error)
    : world_(world), by_state_(sum_belongs_to_states(world.graph, edge_score)) {
  if (!by_state_)
    listed_ = list_completions(world.graph, "the scores of all completions have to be listed here",
                               "a reward of the end of a completion alone (class 'terminal'), std = "
                               "\"none\", or expectation = \"sampled\"");
  sort_into_levels(
      by_state_ ? outcomes_by_state(edge_score, edge_error) : outcomes_by_completion(edge_score, edge_error),
      rounding_of(world.graph, edge_score));
}

std::vector<ScoreLevels::Outcome> ScoreLevels::outcomes_by_state(std::span<const double> edge_score,
                                                                 std::span<const double> edge_error) const {
  const TokenGraph& graph = world_.graph;
  std::vector<Outcome> at(graph.states(), {kNowhere, 0, 0});
  for (std::size_t p = 0; p < graph.prompts(); ++p) at[p].prompt = p;
  for (std::size_t e = 0; e < graph.edges(); ++e) {
    const Outcome& from = at[static_cast<std::size_t>(graph.source(static_cast<EdgeId>(e)))];
    if (from.prompt == kNowhere) continue;
    at[static_cast<std::size_t>(graph.successor(static_cast<EdgeId>(e)))] = {
        from.prompt, from.score + edge_score[e], from.error + (edge_error.empty() ? 0 : edge_error[e])};
  }
  at.erase(at.begin(), at.begin() + graph.layer_begin(graph.horizon()));
  return at;
}

std::vector<ScoreLevels::Outcome> ScoreLevels::outcomes_by_completion(
    std::span<const double> edge_score, std::span<const double> edge_error) const {
  const std::size_t count = listed_.rows();
  std::vector<double> score(count), error(count, 0.0);
  path_sums(edge_score, listed_.edges, listed_.horizon, score);
  if (!edge_error.empty()) path_sums(edge_error, listed_.edges, listed_.horizon, error);
  std::vector<Outcome> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back({listed_.prompt[i], score[i], error[i]});
  return out;
}

void ScoreLevels::sort_into_levels(const std::vector<Outcome>& outcomes, double rounding) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    if (outcomes[i].prompt != kNowhere) order.push_back(i);
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return std::tuple(outcomes[a].prompt, outcomes[a].score, a) <
           std::tuple(outcomes[b].prompt, outcomes[b].score, b);
  });
  std::vector<ReturnAtom> atoms;
  for (const std::size_t i : order)
    atoms.push_back({.prompt = static_cast<std::int32_t>(outcomes[i].prompt),
                     .first = outcomes[i].score,
                     .second = 0,
                     .p = 0,
                     .q = 0,
                     .error = outcomes[i].error});
  prompt_.assign(outcomes.size(), kNowhere);
  level_.assign(outcomes.size(), kNowhere);
  begin_ = {0};
  std::size_t next = 0;  // of `order`
  for_each_prompt(atoms, [&](std::size_t prompt, std::span<const ReturnAtom> law) {
    std::size_t i = 0;
    for (const std::size_t end : tied_group_ends(law, rounding)) {
      score_.push_back(law[i].first);
      for (; i < end; ++i, ++next) {
        prompt_[order[next]] = prompt;
        level_[order[next]] = score_.size() - 1;
      }
    }
    begin_.push_back(score_.size());
  });
}

std::vector<double> ScoreLevels::masses(std::span<const double> log_policy) const {
  const TokenGraph& graph = world_.graph;
  std::vector<double> out(score_.size(), 0.0);
  std::vector<double> mass(level_.size());
  if (by_state_) {
    // Each state has one prompt: its part of the states' masses is given by that prompt after division, by 1
    // where the prompt has no data.
    std::vector<double> edges(graph.edges()), states, weight = world_.rho;
    std::ranges::replace(weight, 0.0, 1.0);
    occupancy(graph, weight, log_policy, edges, states);
    for (std::size_t i = 0; i < mass.size(); ++i)
      mass[i] =
          prompt_[i] == kNowhere
              ? 0
              : states[static_cast<std::size_t>(graph.layer_begin(graph.horizon())) + i] / weight[prompt_[i]];
  } else {
    path_sums(log_policy, listed_.edges, listed_.horizon, mass);
    num::exp(mass, mass);
  }
  for (std::size_t i = 0; i < mass.size(); ++i)
    if (level_[i] != kNowhere) out[level_[i]] += mass[i];
  return out;
}

std::vector<std::size_t> ScoreLevels::of(const Completions& all) const {
  const TokenGraph& graph = world_.graph;
  const StateId ends = graph.layer_begin(graph.horizon());
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < all.rows(); ++i) {
    const EdgeId last = all.edges[(i + 1) * all.horizon - 1];
    const std::size_t outcome = by_state_ ? static_cast<std::size_t>(graph.successor(last) - ends) : i;
    out.push_back(level_[outcome] - begin_[all.prompt[i]]);
  }
  return out;
}

void ScoreLevels::add_gradient(std::span<const double> log_policy, std::span<const double> weight,
                               std::span<double> direction) const {
  const TokenGraph& graph = world_.graph;
  if (!by_state_) {
    std::vector<double> mass(level_.size());
    path_sums(log_policy, listed_.edges, listed_.horizon, mass);
    num::exp(mass, mass);
    for (std::size_t i = 0; i < mass.size(); ++i) mass[i] *= world_.rho[prompt_[i]] * weight[level_[i]];
    add_along_paths(mass, listed_.edges, listed_.horizon, direction);
    return;
  }
  std::vector<double> of_end(graph.edges(), 0.0), mass(graph.edges()), value(graph.states());
  const StateId ends = graph.layer_begin(graph.horizon());
  for (std::size_t e = 0; e < graph.edges(); ++e)
    if (const StateId to = graph.successor(static_cast<EdgeId>(e)); to >= ends)
      if (const std::size_t level = level_[static_cast<std::size_t>(to - ends)]; level != kNowhere)
        of_end[e] = weight[level];
  occupancy(graph, world_.rho, log_policy, mass);
  expected_return(graph, log_policy, of_end, value);
  for (std::size_t e = 0; e < graph.edges(); ++e)
    direction[e] +=
        mass[e] * (of_end[e] + value[static_cast<std::size_t>(graph.successor(static_cast<EdgeId>(e)))]);
}

}  // namespace twostage
