// What a pair sampler is worth, by theory: how much of what the best choice of pairs could tell it tells
// (theory/design/optimal_design.hpp), and how its completions cover those that matter
// (theory/design/coverage.hpp).
#pragma once

#include <string>

#include "theory/design/coverage.hpp"
#include "theory/design/optimal_design.hpp"

namespace twostage {

struct MemberCoverage {
  CoverageLogs logs;
  double local = 0;  // log, for the smallest ball that holds pi*; NaN where it is too large to list
};

struct SamplerReport {
  double limit = 0;       // lim n E[regret] from pairs of the sampler; infinite when they show some direction
                          // too seldom for double precision, as is then `condition`, and `efficiency` is 0
  double best_limit = 0;  // from pairs of the regret-optimal design, at most (1 + gap) times the least
  double efficiency = 0;  // best_limit / limit: the share of the pairs that the best design would need
  double gap = 0;         // how far from optimal the design can be, at most; 0.1 or less
  std::string reason;     // why best_limit, efficiency and gap are NaN, or the efficiency 0; else empty
  double condition = 0;   // relative condition number
  double log_condition_bound = 0;  // of every class, from concentrability
  double radius = 0;               // E KL(P* || P_ref)
  MemberCoverage first,
      second;  // of either completion of a pair, one and the same unless their policies differ
};

// `features` at the truth. std::invalid_argument where the return is too wide to integrate.
SamplerReport sampler_report(const World& world, const EdgeFeatures& features, const PairPolicies& pairs);

}  // namespace twostage
