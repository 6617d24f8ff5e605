// A score for each final state, on the edges that enter it: the verdict on a completion depends only on where
// it ends. One final state of each prompt (of all prompts that share final states) is pinned at 0, since a
// constant per prompt changes no comparison; a final state that no path reaches has no parameter. Hence rank
// = parameters. The first that is reached is pinned, unless the reference hardly ever ends there, as at the
// edge of a long walk: then nothing that can be computed would depend on its distance to the others, and the
// likeliest is.
#pragma once

#include "sim/model/score_model.hpp"
#include "sim/model/state_sharing.hpp"

namespace twostage {

class TerminalModel final : public LinearModel {
 public:
  explicit TerminalModel(const World& world);

  std::size_t parameters() const override { return parameters_; }
  void scores(std::span<const double> theta, std::span<double> edge_scores) const override;
  void pullback(std::span<const double> theta, std::span<const double> d_scores,
                std::span<double> out) const override;
  std::size_t rank() const override { return parameters_; }
  void add_path(std::span<const EdgeId> path, double scale, FeatureRow& row) const override;
  double integer_unit(std::size_t) const override { return 1; }
  void path_covariance(std::span<const double> log_policy, std::span<double> out) const override;
  bool by_end() const override { return true; }
  double covariance_work(const World& world) const override {
    return 2 * static_cast<double>(world.graph.edges());
  }

 private:
  std::size_t final_of(StateId s) const;  // s lies in the last layer
  std::int32_t parameter(EdgeId last) const;
  // Of final states that prompts share, in order.
  std::size_t pinned(const std::vector<std::size_t>& set) const;

  const World& world_;
  StateSharing sharing_;
  std::vector<std::int32_t>
      parameter_of_final_;  // [class states of the last layer], -1: pinned or not reached
  std::size_t parameters_ = 0;
};

}  // namespace twostage
