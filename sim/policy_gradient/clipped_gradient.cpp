#include "sim/policy_gradient/clipped_gradient.hpp"

#include <algorithm>

#include "sim/completions/completions.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/policy_gradient/token_terms.hpp"

namespace twostage {
namespace {

class ClippedGradient final : public PolicyGradient {
 public:
  ClippedGradient(LearningTask task, const Clipping& clipping, const std::optional<CompletionSource>& sampled)
      : task_(std::move(task)),
        clipping_(clipping),
        sampled_(sampled),
        reward_(edges()),
        mass_(edges()),
        value_(task_.world.graph.states()) {
    if (!sampled_ && clipping.ratio == Ratio::sequence)
      completions_ = list_completions(task_.world.graph, "a ratio of sequences is one of whole completions",
                                      "ratio = \"token\", or expectation = \"sampled\"");
  }

  void add(std::span<const double> log_policy, std::uint64_t step, std::span<double> direction) override {
    if (on_policy(step)) ask(log_policy, step);
    if (clipping_.ratio == Ratio::token)
      add_tokens(log_policy, direction);
    else
      add_sequences(log_policy, direction);
  }
  std::uint64_t rollouts() const override { return drawn_; }
  bool on_policy(std::uint64_t step) const override { return step % clipping_.epochs == 0; }

 private:
  std::size_t edges() const { return task_.edge_reward.size(); }

  // The policy becomes the old one: its value, and what it does.
  void ask(std::span<const double> log_policy, std::uint64_t step) {
    const World& world = task_.world;
    old_.assign(log_policy.begin(), log_policy.end());
    reward_to_climb(task_, clipping_.kl, log_policy, reward_);
    expected_return(world.graph, log_policy, reward_, value_);
    if (sampled_) {
      Rollouts drawn = draw_rollouts(world, log_policy, sampled_->completions, 1, sampled_->from,
                                     step / clipping_.epochs, task_.meanwhile);
      drawn_ += drawn.size();
      completions_ = {drawn.horizon, std::move(drawn.prompt), std::move(drawn.edges)};
    }
    if (clipping_.ratio == Ratio::token)
      find_masses();
    else
      weigh_completions();
  }

  // [edges] how often one is taken: its probability, or its share in the sample.
  void find_masses() {
    if (!sampled_) return occupancy(task_.world.graph, task_.world.rho, old_, mass_);
    std::ranges::fill(mass_, 0.0);
    for (const EdgeId e : completions_.edges) mass_[static_cast<std::size_t>(e)] += share();
  }
  double share() const { return 1 / static_cast<double>(completions_.rows()); }

  void weigh_completions() {
    const std::size_t count = completions_.rows();
    advantage_.resize(count);
    weight_.assign(count, share());
    old_sum_.resize(count);
    path_sums(reward_, completions_.edges, completions_.horizon, advantage_);
    path_sums(old_, completions_.edges, completions_.horizon, old_sum_);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t prompt = completions_.prompt[i];
      advantage_[i] -= value_[prompt];
      if (!sampled_) weight_[i] = task_.world.rho[prompt] * num::exp(old_sum_[i]);
    }
  }

  // d/dlog pi of min(rho A, clip(rho) A).
  double slope(double log_ratio, double advantage) const {
    const double ratio = num::exp(log_ratio);
    const bool clipped = advantage > 0 ? ratio > 1 + clipping_.epsilon : ratio < 1 - clipping_.epsilon;
    return clipped ? 0 : ratio * advantage;
  }

  void add_tokens(std::span<const double> log_policy, std::span<double> direction) const {
    const TokenGraph& graph = task_.world.graph;
    for (std::size_t e = 0; e < direction.size(); ++e) {
      if (mass_[e] == 0) continue;
      const auto from = static_cast<std::size_t>(graph.source(static_cast<EdgeId>(e)));
      const auto to = static_cast<std::size_t>(graph.successor(static_cast<EdgeId>(e)));
      direction[e] += mass_[e] * slope(log_policy[e] - old_[e], reward_[e] + value_[to] - value_[from]);
    }
  }

  void add_sequences(std::span<const double> log_policy, std::span<double> direction) const {
    std::vector<double> pull(completions_.rows());
    path_sums(log_policy, completions_.edges, completions_.horizon, pull);
    for (std::size_t i = 0; i < pull.size(); ++i)
      pull[i] = weight_[i] * slope(pull[i] - old_sum_[i], advantage_[i]);
    add_along_paths(pull, completions_.edges, completions_.horizon, direction);
  }

  LearningTask task_;
  Clipping clipping_;
  std::optional<CompletionSource> sampled_;
  std::vector<double> reward_, mass_, value_, old_;  // of the old policy
  Completions completions_;
  std::vector<double> advantage_, weight_, old_sum_;  // [completions], where the ratio is theirs
  std::uint64_t drawn_ = 0;
};

}  // namespace

std::unique_ptr<PolicyGradient> clipped_gradient(LearningTask task, const Clipping& clipping,
                                                 const std::optional<CompletionSource>& sampled) {
  return std::make_unique<ClippedGradient>(std::move(task), clipping, sampled);
}

}  // namespace twostage
