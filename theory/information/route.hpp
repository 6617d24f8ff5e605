// A route from preference pairs to a policy, as the theory sees it: which class is fitted, how it becomes a
// policy, and what is added to the likelihood.
#pragma once

#include "sim/model/score_model.hpp"

namespace twostage {

// All of theory is of labels by Bradley and Terry with the true reward. What is said where the world has a
// cycle instead of a formula.
inline constexpr auto kNoReward = "no formula for preferences that no reward gives";

// The penalties of sim/DEFINITIONS.md ("Objective") that have a population counterpart.
struct PenaltyTerm {
  enum class Kind { none, reference_kl, variance, ridge };
  Kind kind = Kind::none;
  double lambda = 0;
};

struct Route {
  enum class Kind {
    plan,   // Bradley-Terry maximum likelihood over a reward class, then its exact soft plan
    direct  // the same likelihood of the implicit reward of a policy class
  };
  Kind kind = Kind::plan;
  const LinearModel* model = nullptr;
  PenaltyTerm penalty = {};
};

}  // namespace twostage
