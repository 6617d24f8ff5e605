// The direction in which reinforcement learning moves a policy, one step at a time: an estimate of the
// gradient of E_pi[r] - beta KL(pi || pi_ref), in expectation or from rollouts.
//
// A step asks the policy for groups of G completions of one prompt. A completion counts with its advantage,
//   g = 1/N sum_i A_i grad log pi(xi_i)  [+ the gradient of a KL term at each of its tokens].
//   baseline none, value:      A = R, A = R - E_pi[R | prompt]          REINFORCE
//   baseline leave_one_out:    A = R - mean of the others               RLOO, Ahmadian et al. 2402.14740
//   baseline group:            A = (R - mean) / spread of the group     GRPO, Shao et al. 2402.03300
// The first three have the gradient of E_pi[R] for their expectation.
//
// KL terms, c = log pi/pi_ref of a token (Zhang et al. 2510.01555 on what they amount to):
//   in_reward   R = r - beta sum c: the gradient of the reverse KL of completions;
//   k2_loss     beta c^2 / 2 at each sampled token: in expectation the reverse KL of the states visited; it
//               does not look ahead, and is the same at H = 1;
//   k3_loss     beta (exp(-c) - 1 + c) likewise: in expectation KL(pi_ref || pi) of each state visited.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "sim/completions/rollouts.hpp"
#include "sim/policy_gradient/group_advantage.hpp"
#include "sim/world/world.hpp"

namespace twostage {

// What is climbed: a reward on edges, with what an optimiser left undone of it (both [edges], the second may
// be empty), for the world's reference and beta. `meanwhile`, if any, is called now and then while a step is
// being found, which can take minutes; what it throws ends the step.
struct LearningTask {
  const World& world;
  std::vector<double> edge_reward;
  std::vector<double> edge_error;
  std::function<void()> meanwhile = {};
};

enum class KlTerm { none, in_reward, k2_loss, k3_loss };
enum class Baseline { none, value, leave_one_out, group };

struct Estimator {
  Baseline baseline = Baseline::value;
  GroupRule group = {};  // its size is that of all baselines; spread and epsilon belong to Baseline::group
  KlTerm kl = KlTerm::in_reward;
};

class PolicyGradient {
 public:
  virtual ~PolicyGradient() = default;
  // Adds to `direction` [edges] the direction in log pi, each edge on its own, in which step `step` (0, 1,
  // ...) moves the policy `log_policy` [edges]. Steps come in order, each asked for once.
  virtual void add(std::span<const double> log_policy, std::uint64_t step, std::span<double> direction) = 0;
  // Completions drawn, and scored, so far; none where expectations are exact.
  virtual std::uint64_t rollouts() const { return 0; }
  // Whether the direction at step `step` is one of the policy there, not of an older one that was sampled.
  virtual bool on_policy(std::uint64_t) const { return true; }
};

// In expectation. With a spread, completions are told apart by their scores: levels of equal scores are
// listed, and groups gone through. InputError, with the number, where there are too many.
std::unique_ptr<PolicyGradient> exact_gradient(LearningTask task, const Estimator& estimator);

// From `groups` groups a step.
std::unique_ptr<PolicyGradient> sampled_gradient(LearningTask task, const Estimator& estimator,
                                                 std::size_t groups, const RolloutSource& from);

}  // namespace twostage
