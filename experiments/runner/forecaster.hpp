// Theory's word on the arms of a study: which route of theory/route.hpp an arm is, and its prediction in a
// world.
#pragma once

#include <memory>
#include <vector>

#include "sim/algorithm/arm.hpp"
#include "theory/prediction.hpp"

namespace twostage {

class Forecaster {
 public:
  // The world and the policies of its pairs are referred to. Arms that differ in their algorithm alone, like
  // rm+plan and planned-dpo, share a prediction.
  Forecaster(const std::vector<ArmSpec>& arms, const World& world, const PairPolicies& pairs);

  std::size_t arms() const { return predictor_of_.size(); }
  Predictor& predictor(std::size_t arm) { return *predictors_[predictor_of_[arm]]; }

 private:
  std::vector<std::unique_ptr<LinearModel>> models_;
  std::vector<std::unique_ptr<Predictor>> predictors_;
  std::vector<std::size_t> predictor_of_;
};

}  // namespace twostage
