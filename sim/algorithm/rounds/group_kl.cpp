#include "sim/algorithm/rounds/group_kl.hpp"

#include <algorithm>
#include <cmath>

#include "sim/numerics/elementary.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

// By enumeration of all groups, as multisets.
class FiniteGroups final : public PolicyLoss {
 public:
  FiniteGroups(const World& world, std::span<const double> log_from, std::span<const double> edge_reward,
               const GroupKl& knobs)
      : world_(world),
        knobs_(knobs),
        all_(all_completions(world.graph)),
        probability_(all_.rows()),
        reward_(all_.rows()),
        reference_(all_.rows()),
        score_(all_.rows()),
        pull_(all_.rows()),
        chosen_(knobs.draws),
        of_policy_(knobs.draws),
        of_reward_(knobs.draws),
        weight_(knobs.draws) {
    path_sums(log_from, all_.edges, all_.horizon, probability_);
    num::exp(probability_, probability_);
    path_sums(edge_reward, all_.edges, all_.horizon, reward_);
    for (double& r : reward_) r /= knobs.temperature;
    path_sums(world.log_reference, all_.edges, all_.horizon, reference_);
  }

  double evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) override {
    path_sums(log_policy, all_.edges, all_.horizon, score_);
    for (std::size_t i = 0; i < score_.size(); ++i) score_[i] = knobs_.scale * (score_[i] - reference_[i]);
    std::ranges::fill(pull_, 0.0);
    loss_ = 0;
    for (std::size_t p = 0; p < world_.graph.prompts(); ++p)
      add_groups(0, all_.first(p), all_.first(p + 1), world_.rho[p], 0);
    add_along_paths(pull_, all_.edges, all_.horizon, d_log_policy);
    return loss_;
  }
  double slope_scale() const override { return knobs_.scale; }

 private:
  // All groups that begin with chosen_[0 .. size - 1], of which the last `alike` are the same and whose
  // probability, in any order, is `weight`; what follows is not before the last.
  void add_groups(std::size_t size, std::size_t from, std::size_t end, double weight, std::size_t alike) {
    if (weight == 0) return;  // too rare for a number
    if (size == knobs_.draws) return add_group(weight);
    for (std::size_t i = from; i < end; ++i) {
      const std::size_t run = size > 0 && chosen_[size - 1] == i ? alike + 1 : 1;
      chosen_[size] = i;
      add_groups(size + 1, i, end,
                 weight * probability_[i] * static_cast<double>(size + 1) / static_cast<double>(run), run);
    }
  }

  void add_group(double weight) {
    for (std::size_t k = 0; k < chosen_.size(); ++k) {
      of_policy_[k] = score_[chosen_[k]];
      of_reward_[k] = reward_[chosen_[k]];
    }
    const double log_policy = num::log_sum_exp(of_policy_), log_reward = num::log_sum_exp(of_reward_);
    double divergence = 0;
    for (std::size_t k = 0; k < chosen_.size(); ++k) {
      weight_[k] = num::exp(of_policy_[k] - log_policy);
      of_policy_[k] += log_reward - of_reward_[k] - log_policy;  // the logarithm of their ratio
      divergence += weight_[k] * of_policy_[k];
    }
    loss_ += weight * divergence;
    for (std::size_t k = 0; k < chosen_.size(); ++k)
      pull_[chosen_[k]] += weight * knobs_.scale * weight_[k] * (of_policy_[k] - divergence);
  }

  const World& world_;
  GroupKl knobs_;
  Completions all_;
  std::vector<double> probability_, reward_, reference_, score_, pull_;  // [completions]
  std::vector<std::size_t> chosen_;                                      // [draws]
  std::vector<double> of_policy_, of_reward_, weight_;                   // [draws]
  double loss_ = 0;
};

// Both laws are plans at temperature 1 from the policy that is drawn from, on every graph.
class ManyDraws final : public PolicyLoss {
 public:
  ManyDraws(const World& world, std::span<const double> log_from, std::span<const double> edge_reward,
            const GroupKl& knobs)
      : world_(world),
        scale_(knobs.scale),
        log_from_(log_from.begin(), log_from.end()),
        score_(log_from.size()),
        mass_(log_from.size()),
        cost_(log_from.size()),
        value_(world.graph.states()) {
    soft_plan(world.graph, log_from, edge_reward, knobs.temperature, target_);
  }

  double evaluate(std::span<const double> log_policy, std::span<double> d_log_policy) override {
    const TokenGraph& graph = world_.graph;
    for (std::size_t e = 0; e < score_.size(); ++e)
      score_[e] = scale_ * (log_policy[e] - world_.log_reference[e]);
    soft_plan(graph, log_from_, score_, 1, law_);
    occupancy(graph, world_.rho, law_.log_policy, mass_);
    for (std::size_t e = 0; e < cost_.size(); ++e) cost_[e] = law_.log_policy[e] - target_.log_policy[e];
    expected_return(graph, law_.log_policy, cost_, value_);
    for (std::size_t e = 0; e < cost_.size(); ++e) {
      const auto id = static_cast<EdgeId>(e);
      cost_[e] = mass_[e] * (cost_[e] + value_[static_cast<std::size_t>(graph.successor(id))] -
                             value_[static_cast<std::size_t>(graph.source(id))]);
    }
    soft_plan_pullback(graph, law_, 1, cost_, score_);
    num::axpy(scale_, score_, d_log_policy);
    return kl_divergence(graph, world_.rho, law_.log_policy, target_.log_policy);
  }
  double slope_scale() const override { return scale_; }

 private:
  const World& world_;
  double scale_;
  std::vector<double> log_from_, score_, mass_, cost_, value_;
  SoftPlan target_, law_;
};

}  // namespace

double grouped(double completions, std::size_t draws) {
  double groups = 1;  // (completions + draws - 1) choose draws
  for (std::size_t k = 1; k <= draws; ++k)
    groups *= (completions + static_cast<double>(k) - 1) / static_cast<double>(k);
  return groups * static_cast<double>(draws);
}

std::unique_ptr<PolicyLoss> group_kl(const World& world, std::span<const double> log_from,
                                     std::span<const double> edge_reward, const GroupKl& knobs) {
  if (knobs.draws == 0) return std::make_unique<ManyDraws>(world, log_from, edge_reward, knobs);
  return std::make_unique<FiniteGroups>(world, log_from, edge_reward, knobs);
}

}  // namespace twostage
