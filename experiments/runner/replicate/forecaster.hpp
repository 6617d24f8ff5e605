// Theory's word on the arms of a study: which route of theory/information/route.hpp an arm is, and its
// prediction in a world.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sim/algorithm/arm.hpp"
#include "theory/design/sampler_report.hpp"
#include "theory/prediction/prediction.hpp"

namespace twostage {

class Forecaster {
 public:
  // All are referred to. Arms that fit one class by one route, like rm+plan and planned-dpo, share a
  // prediction, and so do rewards of every action and all policies. One forecaster serves all numbers of
  // pairs in a world. `measured`: the prompts whose regret is predicted.
  Forecaster(const std::vector<ArmSpec>& arms, const World& world, const PairPolicies& pairs,
             PromptSet measured = PromptSet::train);

  std::size_t arms() const { return arms_.size(); }
  // Made when first asked for. What goes wrong in the making is the reason of predictions that are missing:
  // theory never costs a measurement.
  Predictor& predictor(std::size_t arm);

  // What the pairs are worth to an arm whose class holds the truth. Empty for other arms, as told by the
  // floor of their prediction, and where its numbers fail. `log_optimal`: pi*.
  std::optional<SamplerReport> sampler(std::size_t arm, std::span<const double> log_optimal);

 private:
  const std::vector<ArmSpec>& arms_;
  const World& world_;
  const PairPolicies& pairs_;
  PromptSet measured_;
  std::vector<std::unique_ptr<const LinearModel>> models_;
  std::vector<std::unique_ptr<Predictor>> predictors_;  // of the first of the arms that share one
  std::vector<std::size_t> predictor_of_;
};

}  // namespace twostage
