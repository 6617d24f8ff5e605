// What a policy is: for each prompt a law over its completions. Two forms:
//   on edges       log pi(a|s), so that P_pi(xi|s0) = prod_h pi(a_h|s_h);
//   on completions a reweighting of the reference by a score of the completion,
//                  P_pi(xi|s0) = P_ref(xi|s0) w(score(xi) | s0).
// The second is no policy on edges where completions merge: there the next token depends on the score so far,
// which the state does not hold. Whoever measures asks for the weaker thing, the law of completions, and has
// it of both forms; what can be had of edges alone says so (`on_edges`).
#pragma once

#include <span>
#include <variant>
#include <vector>

#include "sim/plan/return_distribution.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/world/world.hpp"

namespace twostage {

struct EdgePolicy {
  EdgePolicy() = default;
  explicit EdgePolicy(std::vector<double> log_pi) : log_policy(std::move(log_pi)) {}
  std::vector<double> log_policy;  // [edges] log pi(a|s)
};

// Weights are constant on the levels of a score: sets of scores that count as equal. Whatever is asked of it
// is a sum over the distinct pairs of score and true reward.
class ReweightedReference {
 public:
  struct Level {
    double highest;     // score in it
    double log_weight;  // log P_pi(xi|s0) / P_ref(xi|s0)
  };
  struct Atom {  // completions of one prompt with one score and one true reward
    std::size_t prompt;
    double reward;
    double reference;  // P_ref(atom | prompt)
    double log_weight;
  };

  // `levels` of each prompt in order of their scores; `scores`: the law of (score, true reward) under the
  // reference as return_distribution gives it. The weights have to make it a law.
  ReweightedReference(std::vector<double> edge_score, std::vector<std::vector<Level>> levels,
                      std::span<const ReturnAtom> scores);

  double log_weight(std::size_t prompt, double score) const;
  const std::vector<double>& edge_score() const { return edge_score_; }  // [edges]
  const std::vector<Atom>& atoms() const { return atoms_; }              // prompt by prompt

 private:
  std::vector<double> edge_score_;
  std::vector<std::vector<Level>> levels_;  // [prompts]
  std::vector<Atom> atoms_;
};

using PolicyLaw = std::variant<EdgePolicy, ReweightedReference>;

// log pi on edges; null where the policy is none on edges.
const std::vector<double>* on_edges(const PolicyLaw& policy);
// Numbers that it holds, in all.
std::size_t size_of(const PolicyLaw& policy);
bool all_finite(const PolicyLaw& policy);

// Exact in both forms. `world` is the one that the policy was made in, `optimum` the plan of its true reward.
double log_probability(const World& world, const PolicyLaw& policy, std::span<const EdgeId> path);
double expected_reward(const World& world, const PolicyLaw& policy);  // E_pi[r*]
// E_s0 KL(P_pi || P_ref), KL(P_ref || P_pi), KL(P_pi || P_pi*) and KL(P_pi* || P_pi); none is negative.
double kl_to_reference(const World& world, const PolicyLaw& policy);
double kl_from_reference(const World& world, const PolicyLaw& policy);
double kl_to_optimum(const World& world, const PolicyLaw& policy, const SoftPlan& optimum);
double kl_from_optimum(const World& world, const PolicyLaw& policy, const SoftPlan& optimum);
double soft_return(const World& world, const PolicyLaw& policy);  // J_beta
// The law of the true reward (first) under the policy (p) and the reference (q), as return_distribution gives
// it. It lists as many atoms as `most_return_atoms` says at most.
std::vector<ReturnAtom> law_of_rewards(const World& world, const PolicyLaw& policy);
// P(a completion crosses e), prompts drawn from rho: [edges]. Of a law on completions it takes all of them.
std::vector<double> occupancy(const World& world, const PolicyLaw& policy);

// max_e |mu_p(e) - mu_q(e)|: the largest difference of edge occupancies; NaN when any is.
double policy_gap(const World& world, const PolicyLaw& p, const PolicyLaw& q);

}  // namespace twostage
