// Policy gradients in expectation.
#include <algorithm>
#include <optional>

#include "sim/completions/score_levels.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/policy_gradient/token_terms.hpp"

namespace twostage {
namespace {

class ExactGradient final : public PolicyGradient {
 public:
  ExactGradient(LearningTask task, const Estimator& estimator)
      : task_(std::move(task)),
        estimator_(estimator),
        reward_(task_.edge_reward.size()),
        mass_(task_.edge_reward.size()) {
    if (estimator.baseline == Baseline::group && estimator.group.spread != Spread::none) list_levels();
  }

  void add(std::span<const double> log_policy, std::uint64_t, std::span<double> direction) override {
    if (levels_) {
      add_spread_gradient(log_policy, direction);
    } else {
      reward_to_climb(task_, estimator_.kl, log_policy, reward_);
      add_return_gradient(task_.world, log_policy, reward_, factor(), direction);
    }
    if (estimator_.kl == KlTerm::k2_loss || estimator_.kl == KlTerm::k3_loss)
      add_kl_terms(log_policy, direction);
  }

 private:
  // A member of the group whose mean it is compared with takes its own share away.
  double factor() const {
    const bool in_it = estimator_.baseline == Baseline::group && estimator_.group.size > 0;
    return in_it ? 1 - 1 / static_cast<double>(estimator_.group.size) : 1;
  }

  void list_levels() {
    levels_.emplace(task_.world, task_.edge_reward, task_.edge_error);
    double groups = 0;
    for (std::size_t p = 0; p < task_.world.graph.prompts(); ++p) {
      const std::size_t values = levels_->scores(p).size();
      groups = std::max(groups, count_groups(values, estimator_.group) * static_cast<double>(values));
    }
    if (!(groups <= kMostGroups))
      throw InputError("expectation", "an exact expectation would go through " + to_text(groups) +
                                          " groups a prompt and step; valid: up to " + to_text(kMostGroups) +
                                          ": a smaller group, std = \"none\", or expectation = \"sampled\"");
  }

  void add_spread_gradient(std::span<const double> log_policy, std::span<double> direction) {
    const std::vector<double> mass = levels_->masses(log_policy);
    std::vector<double> weight;
    for (std::size_t p = 0; p < task_.world.graph.prompts(); ++p) {
      if (task_.meanwhile) task_.meanwhile();
      const std::vector<double> of_prompt =
          group_advantages(levels_->scores(p), levels_->of_prompt(mass, p), estimator_.group);
      weight.insert(weight.end(), of_prompt.begin(), of_prompt.end());
    }
    levels_->add_gradient(log_policy, weight, direction);
  }

  void add_kl_terms(std::span<const double> log_policy, std::span<double> direction) {
    const World& world = task_.world;
    occupancy(world.graph, world.rho, log_policy, mass_);
    for (std::size_t e = 0; e < mass_.size(); ++e)
      direction[e] -= world.beta * mass_[e] * kl_slope(estimator_.kl, log_policy[e] - world.log_reference[e]);
  }

  LearningTask task_;
  Estimator estimator_;
  std::optional<ScoreLevels> levels_;
  std::vector<double> reward_, mass_;
};

}  // namespace

std::unique_ptr<PolicyGradient> exact_gradient(LearningTask task, const Estimator& estimator) {
  return std::make_unique<ExactGradient>(std::move(task), estimator);
}

}  // namespace twostage
