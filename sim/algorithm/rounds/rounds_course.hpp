// A second stage in rounds: each fits a policy class to its optimum anew, on a loss that is made of what the
// policy of the round before would say and of what the fitted reward thinks of it. In expectation: nothing is
// drawn.
#pragma once

#include <memory>

#include "sim/algorithm/learner.hpp"
#include "sim/algorithm/reinforcement/second_stage.hpp"
#include "sim/loss/policy_loss.hpp"
#include "sim/penalty/penalty.hpp"

namespace twostage {

// Where a round begins.
struct Round {
  const World& world;
  std::span<const double> edge_reward;  // [edges] fitted
  std::span<const double> edge_error;   // [edges] what the optimiser left undone of it; or empty
  std::span<const double> log_policy;   // [edges] of the round before; at first of theta = 0
};

class RoundMaker {
 public:
  virtual ~RoundMaker() = default;
  // An expectation over prompts: terms of order one, convex in the rewards that policies are plans of unless
  // told_by_slope() says otherwise, so that over all policies a stationary point is its minimum. World and
  // spans are referred to.
  virtual std::unique_ptr<PolicyLoss> loss(const Round& round) = 0;
  // Whether where its slope vanishes is its minimum, over all policies. Else only a round that comes to the
  // plan of the reward is known to.
  virtual bool told_by_slope() const { return true; }
  // What is added to it, of which the same is true.
  virtual Penalty penalty() const { return {.kind = PenaltyKind::none}; }
};

// Where the policy is before the first round, if not at theta = 0, and what it took to come there.
struct RoundStart {
  std::vector<double> theta = {};  // of the policy class
  std::uint64_t gradient_steps = 0;
  bool sound = true;  // whether that fit came to its end
};

// The course (kind `rounds`) of what `maker` makes. A round that does not converge ends it as failed; else it
// ends by its budget alone.
std::unique_ptr<Learner> rounds_course(const ArmSpec& spec, const ArmInput& input,
                                       std::unique_ptr<RoundMaker> maker, RoundStart start = {});

// The algorithm with such a course.
Algorithm in_rounds(std::string target, decltype(Algorithm::learner) learner);

}  // namespace twostage
