#include "sim/algorithm/two_stage/ensemble.hpp"

#include <algorithm>
#include <cmath>

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/tuning.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/fit/limits.hpp"
#include "sim/fit/reward_fit.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/return_distribution.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/preference/resample.hpp"

namespace twostage {
namespace {

using Members = std::vector<std::vector<double>>;  // [members][edges]

enum class Pessimism { worst, deviation, variance };

struct Rule {
  std::size_t members;
  Pessimism pessimism;
  double c;

  bool is_mean() const { return members == 1 || (pessimism != Pessimism::worst && c == 0); }
};

Rule rule_of(const ArmSpec& spec) {
  const Settings options = arm_options(spec);
  const std::string& pessimism = options.text("pessimism");
  return {.members = static_cast<std::size_t>(options.integer("members")),
          .pessimism = pessimism == "worst"       ? Pessimism::worst
                       : pessimism == "deviation" ? Pessimism::deviation
                                                  : Pessimism::variance,
          .c = options.real("c")};
}

std::size_t members_of(const ArmSpec& spec) {
  return rule_of(spec).members;
}

// The same pairs as one member sees them.
ArmInput as_seen(const ArmInput& input, std::uint64_t member) {
  Philox4x64 stream = input.source.stream(Purpose::bootstrap, input.replicate, member, 0);
  ArmInput out = input;
  out.table = std::make_shared<const PairTable>(resampled(*input.table, stream));
  return out;
}

double pessimistic(std::span<const double> rewards, const Rule& rule) {
  if (rule.pessimism == Pessimism::worst) return *std::ranges::min_element(rewards);
  const auto m = static_cast<double>(rewards.size());
  const double mean = num::sum(rewards) / m;
  double square = 0;
  for (const double r : rewards) square += (r - mean) * (r - mean);
  return mean - rule.c * (rule.pessimism == Pessimism::variance ? square / m : std::sqrt(square / m));
}

std::vector<double> mean_of(const Members& edges) {
  std::vector<double> out(edges.front().size(), 0.0);
  for (const std::vector<double>& member : edges) num::axpy(1, member, out);
  for (double& r : out) r /= static_cast<double>(edges.size());
  return out;
}

// The rewards [members] of the ways to each state, one state after the other, by which they are told.
std::vector<double> of_states(const World& world, const Members& edges) {
  const TokenGraph& graph = world.graph;
  const std::size_t m = edges.size();
  std::vector<double> out(m * graph.states(), 0.0), value(graph.states());
  for (std::size_t k = 0; k < m; ++k) {
    expected_return(graph, world.log_reference, edges[k], value);
    for (std::size_t p = 0; p < graph.prompts(); ++p) out[p * m + k] = -value[p];
    for (std::size_t e = 0; e < graph.edges(); ++e) {
      const auto from = static_cast<std::size_t>(graph.source(static_cast<EdgeId>(e)));
      const auto to = static_cast<std::size_t>(graph.successor(static_cast<EdgeId>(e)));
      out[to * m + k] = out[from * m + k] + edges[k][e];
    }
  }
  return out;
}

// At the last edges, the whole of what a completion is worth.
std::vector<double> at_the_end(const World& world, const Members& edges, const Rule& rule) {
  const TokenGraph& graph = world.graph;
  const std::vector<double> rewards = of_states(world, edges);
  std::vector<double> out(graph.edges(), 0.0);
  const EdgeRange last = graph.layer_edges(graph.horizon() - 1);
  for (EdgeId e = last.begin; e < last.end; ++e)
    out[static_cast<std::size_t>(e)] = pessimistic(
        std::span(rewards).subspan(static_cast<std::size_t>(graph.successor(e)) * edges.size(), edges.size()),
        rule);
  return out;
}

// A member whose optimiser cannot tell leaves the whole without an estimate.
void find_reward(const World& world, const Members& edges, const Members& errors, const Rule& rule,
                 ArmResult& result) {
  const bool told = std::ranges::none_of(errors, [](const auto& error) { return error.empty(); });
  if (rule.is_mean() || edges.size() == 1) {
    result.edge_reward = mean_of(edges);
    if (told) result.edge_error = mean_of(errors);
    return;
  }
  result.edge_reward = at_the_end(world, edges, rule);
  if (!told) return;
  Members moved = edges;
  for (std::size_t k = 0; k < moved.size(); ++k) num::axpy(1, errors[k], moved[k]);
  result.edge_error = at_the_end(world, moved, rule);
  num::axpy(-1, result.edge_reward, result.edge_error);
}

// Of all members: no more than each of them claims.
void add_certificate(const Certificate& one, std::size_t members, Certificate& all) {
  all.converged = all.converged && one.converged;
  all.objective += one.objective / static_cast<double>(members);
  all.gradient_norm = std::fmax(all.gradient_norm, one.gradient_norm);
  all.iterations += one.iterations;
  if (one.optimum == Optimum::not_unique || all.optimum == Optimum::global) all.optimum = one.optimum;
}

// An unpenalised ensemble is as well determined as the worst determined member.
KnownExistence existence(const ArmSpec& spec, const ArmInput& input) {
  const std::size_t members = input.population ? 1 : members_of(spec);
  if (members == 1) return existence_of_reward(spec, input);
  const auto order = [](Existence outcome) {
    return outcome == Existence::not_attained ? 0
           : outcome == Existence::unique     ? 3
           : outcome == Existence::flat       ? 2
                                              : 1;
  };
  KnownExistence worst{.outcome = Existence::unique, .rank = arm_rewards(spec, input.world)->rank()};
  for (std::size_t k = 0; k < members && order(worst.outcome) > 0; ++k) {
    if (input.stop && input.stop()) throw Stopped{};
    const KnownExistence one = existence_of_reward(spec, as_seen(input, k));
    if (order(one.outcome) < order(worst.outcome) || (one.outcome == worst.outcome && one.rank < worst.rank))
      worst = one;
  }
  return worst;
}

// What one fit tells of separable pairs, the mean of many does not.
void judge(const ArmSpec& spec, const ArmInput& input, ArmResult& result) {
  (input.population || members_of(spec) == 1 ? judge_reward : disown_unjudged)(spec, input, result);
}

}  // namespace

ArmResult fit_ensemble(const ArmSpec& spec, const ArmInput& input) {
  const World& world = input.world;
  const Rule rule = rule_of(spec);
  const std::size_t members = input.population ? 1 : rule.members;
  const auto model = arm_rewards(spec, world);
  const Penalty penalty = read_penalty(spec.penalty).penalty;

  ArmResult result;
  result.certificate = {.converged = true, .optimum = Optimum::global};
  Members edges, errors;
  for (std::size_t k = 0; k < members; ++k) {
    if (input.stop && input.stop()) throw Stopped{};
    const ArmInput seen = members == 1 ? input : as_seen(input, k);
    std::optional<std::size_t> flat_rank = input.flat_rank;
    if (flat_rank && members > 1) {  // that is the least of them
      const KnownExistence known = existence_of_reward(spec, seen);
      flat_rank = known.outcome == Existence::flat ? std::optional(known.rank) : std::nullopt;
    }
    RewardFit fit = fit_reward(*model, world, *seen.table, penalty, flat_rank);
    add_certificate(fit.certificate, members, result.certificate);
    result.theta.insert(result.theta.end(), fit.theta.begin(), fit.theta.end());
    model->scores(fit.theta, edges.emplace_back(world.graph.edges()));
    errors.push_back(std::move(fit.edge_error));
  }
  if (!result.certificate.converged) disown(result.certificate);
  find_reward(world, edges, errors, rule, result);
  result.raw_parameters = result.theta.size();
  result.rank = model->rank();
  return result;
}

Algorithm after_an_ensemble(std::string target, decltype(Algorithm::run) run) {
  return {.target = std::move(target),
          .run = run,
          .uses_reward = true,
          .members = members_of,
          .takes_l1 = true,
          .idle = {{"c", "pessimism", "worst"}},
          .first_stage = rm_plan_entry().extra.run,  // the strength of one member's penalty
          .theory = no_route,
          .existence = existence,
          .existence_lasts = false,  // another resample, another answer
          .judge = judge,
          .check = check_ensemble,
          .held_out_loss = bradley_terry_loss};
}

void check_ensemble(const ArmSpec& spec, const World& world) {
  if (rule_of(spec).is_mean() || sum_belongs_to_states(world.graph, generic_scores(spec, world))) return;
  throw InputError("pessimism",
                   "arm '" + spec.name +
                       "': ways with different rewards merge here, where pessimism is no "
                       "reward of single tokens; valid: a class that scores the end of a completion alone "
                       "('terminal'), members = 1, or pessimism = \"deviation\" with c = 0");
}

Knob members_knob() {
  return {"members", std::int64_t{5},
          1,         256,
          {},        "rewards, each fitted to a resample of the pairs; 1: to the pairs"};
}

Knob pessimism_knob() {
  return {"pessimism",
          "worst",
          0,
          0,
          {"worst", "deviation", "variance"},
          "what a completion is worth: the least of its rewards, or their mean less c times their spread"};
}

Knob spread_weight_knob() {
  return {"c", 1.0, 0, 1e6, {}, "weight of the standard deviation or of the variance"};
}

}  // namespace twostage
