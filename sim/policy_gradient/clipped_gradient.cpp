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
    if (!fitted()) expected_return(world.graph, log_policy, reward_, value_);
    if (sampled_) {
      Rollouts drawn = draw_rollouts(world, log_policy, sampled_->completions, 1, sampled_->from,
                                     step / clipping_.epochs, task_.meanwhile);
      drawn_ += drawn.size();
      completions_ = {drawn.horizon, std::move(drawn.prompt), std::move(drawn.edges)};
    }
    if (fitted()) fit_critic();
    if (clipping_.ratio == Ratio::sequence)
      weigh_completions();
    else if (fitted())
      judge_tokens();
    else
      find_masses();
  }
  bool fitted() const { return sampled_ && clipping_.lambda; }

  // The mean of what was paid from each visited state on.
  void fit_critic() {
    const TokenGraph& graph = task_.world.graph;
    std::vector<double> visits(graph.states(), 0.0);
    std::ranges::fill(value_, 0.0);
    for (std::size_t i = 0; i < completions_.rows(); ++i) {
      const std::span<const EdgeId> path = completions_.path(i);
      double paid = 0;
      for (std::size_t h = path.size(); h-- > 0;) {
        const auto s = static_cast<std::size_t>(graph.source(path[h]));
        paid += reward_[static_cast<std::size_t>(path[h])];
        value_[s] += paid;
        visits[s] += 1;
      }
    }
    for (std::size_t s = 0; s < value_.size(); ++s)
      if (visits[s] > 0) value_[s] /= visits[s];
  }

  double surprise(EdgeId e) const {
    const TokenGraph& graph = task_.world.graph;
    return reward_[static_cast<std::size_t>(e)] + value_[static_cast<std::size_t>(graph.successor(e))] -
           value_[static_cast<std::size_t>(graph.source(e))];
  }

  // [completions x horizon]
  void judge_tokens() {
    advantage_.resize(completions_.edges.size());
    for (std::size_t i = 0; i < completions_.rows(); ++i) {
      double ahead = 0;
      for (std::size_t h = completions_.horizon; h-- > 0;) {
        const std::size_t k = i * completions_.horizon + h;
        advantage_[k] = ahead = surprise(completions_.edges[k]) + *clipping_.lambda * ahead;
      }
    }
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
    if (fitted()) {
      for (std::size_t k = 0; k < advantage_.size(); ++k) {
        const auto e = static_cast<std::size_t>(completions_.edges[k]);
        direction[e] += share() * slope(log_policy[e] - old_[e], advantage_[k]);
      }
      return;
    }
    for (std::size_t e = 0; e < direction.size(); ++e)
      if (mass_[e] != 0)
        direction[e] += mass_[e] * slope(log_policy[e] - old_[e], surprise(static_cast<EdgeId>(e)));
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
  // [completions], where the ratio is theirs; the first of tokens, too, where the critic is fitted
  std::vector<double> advantage_, weight_, old_sum_;
  std::uint64_t drawn_ = 0;
};

}  // namespace

std::unique_ptr<PolicyGradient> clipped_gradient(LearningTask task, const Clipping& clipping,
                                                 const std::optional<CompletionSource>& sampled) {
  return std::make_unique<ClippedGradient>(std::move(task), clipping, sampled);
}

}  // namespace twostage
