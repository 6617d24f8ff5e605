// Policy gradients from rollouts.
#include <cmath>

#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/plan/ties.hpp"
#include "sim/policy_gradient/token_terms.hpp"

namespace twostage {
namespace {

class SampledGradient final : public PolicyGradient {
 public:
  SampledGradient(LearningTask task, const Estimator& estimator, std::size_t groups,
                  const RolloutSource& from)
      : task_(std::move(task)),
        estimator_(estimator),
        groups_(groups),
        from_(from),
        rounding_(rounding_of(task_.world.graph, task_.edge_reward)),
        reward_(task_.edge_reward.size()) {}

  void add(std::span<const double> log_policy, std::uint64_t step, std::span<double> direction) override {
    const Rollouts rollouts =
        draw_rollouts(task_.world, log_policy, groups_, estimator_.group.size, from_, step, task_.meanwhile);
    drawn_ += rollouts.size();
    reward_to_climb(task_, estimator_.kl, log_policy, reward_);
    std::vector<double> weight(rollouts.size());
    path_sums(reward_, rollouts.edges, rollouts.horizon, weight);
    subtract_baseline(rollouts, log_policy, weight);
    const double share = 1 / static_cast<double>(rollouts.size());
    for (double& w : weight) w *= share;
    add_along_paths(weight, rollouts.edges, rollouts.horizon, direction);
    if (estimator_.kl != KlTerm::k2_loss && estimator_.kl != KlTerm::k3_loss) return;
    for (const EdgeId e : rollouts.edges) {
      const auto k = static_cast<std::size_t>(e);
      direction[k] -=
          share * task_.world.beta * kl_slope(estimator_.kl, log_policy[k] - task_.world.log_reference[k]);
    }
  }
  std::uint64_t rollouts() const override { return drawn_; }

 private:
  void subtract_baseline(const Rollouts& rollouts, std::span<const double> log_policy,
                         std::span<double> value) {
    if (estimator_.baseline == Baseline::none) return;
    if (estimator_.baseline == Baseline::value) {
      std::vector<double> expected(task_.world.graph.states());
      expected_return(task_.world.graph, log_policy, reward_, expected);
      for (std::size_t i = 0; i < value.size(); ++i)
        value[i] -= expected[rollouts.prompt[i / rollouts.group]];
      return;
    }
    for (std::size_t g = 0; g < rollouts.prompt.size(); ++g) {
      const std::span<double> group = value.subspan(g * rollouts.group, rollouts.group);
      if (estimator_.baseline == Baseline::group)
        group_advantages_of(group, tolerance(rollouts, g), estimator_.group, group);
      else
        leave_one_out(group);
    }
  }

  // The mean of the others is as far from a member as G / (G - 1) times the mean of all.
  static void leave_one_out(std::span<double> value) {
    const auto size = static_cast<double>(value.size());
    const double mean = num::sum(value) / size;
    for (double& v : value) v = (v - mean) * (size / (size - 1));
  }

  // Scores of a group that differ by less are equal, and leave it without a spread.
  double tolerance(const Rollouts& rollouts, std::size_t group) const {
    if (estimator_.group.spread == Spread::none) return 0;
    double error = 0;
    if (!task_.edge_error.empty())
      for (std::size_t i = group * rollouts.group; i < (group + 1) * rollouts.group; ++i)
        error = std::fmax(error, std::fabs(path_sum(task_.edge_error, rollouts.path(i))));
    return tie_tolerance(rounding_, error, error);
  }

  LearningTask task_;
  Estimator estimator_;
  std::size_t groups_;
  RolloutSource from_;
  double rounding_;
  std::vector<double> reward_;
  std::uint64_t drawn_ = 0;
};

}  // namespace

std::unique_ptr<PolicyGradient> sampled_gradient(LearningTask task, const Estimator& estimator,
                                                 std::size_t groups, const RolloutSource& from) {
  return std::make_unique<SampledGradient>(std::move(task), estimator, groups, from);
}

}  // namespace twostage
