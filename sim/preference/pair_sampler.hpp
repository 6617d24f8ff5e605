// The pair sampler: which policies the two completions of a pair are drawn from, xi ~ p and xi' ~ q given the
// prompt, before anyone labels them.
//
//   reference      p = q = pi_ref: data collected once, before there is anything to prefer
//   uniform        p = q = every action equally likely in each state, hence every completion
//   optimal        p = q = pi*: on-policy data of a converged learner
//   tempered       p = q = pi_t,  P_t(xi|s0) ∝ P_ref(xi|s0) exp(t r*(xi)/beta): reward-guided, from pi_ref
//                  (t = 0) over pi* (t = 1) to what a judge of sharper taste would pick
//   policy-guided  p = pi_t, q = pi_-t: one completion from above, one from below, so that their rewards
//   differ
//   given          no policies: the comparisons themselves are written down (given_pairs.hpp)
//
// pi_t is the soft plan of the reward t r*, hence a policy on the same graph. A mixture of policies drawn
// once for a whole completion is none, so there is no such entry; that is also why of the mixtures of Shi et
// al. only the guided component stands here, on the reference where they have the uniform policy.
//
// Source: Shi, Zhou and Du 2024, arXiv 2409.19605 (which sampler online DPO should use). Regime: t = 0 and 1
// are pi_ref and pi* to the bit; all are positive on every edge, so that any class stays identified.
#pragma once

#include <span>
#include <vector>

#include "sim/catalog/registry.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/world/world.hpp"

namespace twostage {

struct PairPolicies {
  std::vector<double> log_first;   // [edges] of xi; empty where the pairs are given
  std::vector<double> log_second;  // [edges] of xi'
};

struct PairSampler {
  // Null: the pairs are given, there is nothing to draw them from.
  PairPolicies (*make)(const Settings& resolved, const World& world, const SoftPlan& optimum);
};

const Registry<PairSampler>& pair_samplers();

// { kind = "reference" }: what holds where nothing is said.
Settings default_pair_sampler();

// From "kind" and its knobs; `optimum` is the soft plan of the world's reward. Throws InputError.
PairPolicies make_pair_policies(const Settings& given, const World& world, const SoftPlan& optimum);

}  // namespace twostage
