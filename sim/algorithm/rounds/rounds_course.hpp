// A second stage in rounds: each fits a policy class to its optimum anew, on a loss that is made of what the
// policy of the round before would say, in expectation or drawn (round_draws.hpp), and of what the fitted
// reward thinks of it.
#pragma once

#include <memory>

#include "sim/algorithm/learner.hpp"
#include "sim/algorithm/reinforcement/second_stage.hpp"
#include "sim/completions/rollouts.hpp"
#include "sim/loss/policy_loss.hpp"
#include "sim/penalty/penalty.hpp"

namespace twostage {

// Where a round begins.
struct Round {
  const World& world;
  std::span<const double> edge_reward;  // [edges] fitted
  std::span<const double> edge_error;   // [edges] what the optimiser left undone of it; or empty
  std::span<const double> log_policy;   // [edges] of the round before; at first of theta = 0
  std::uint64_t number;                 // from 0 on
  const RolloutSource& from;
  std::function<void()> meanwhile;  // for draw_rollouts
};

class RoundMaker {
 public:
  virtual ~RoundMaker() = default;
  // An expectation over prompts: terms of order one, convex in the rewards that policies are plans of unless
  // told_by_slope() says otherwise, so that over all policies a stationary point is its minimum. World and
  // spans are referred to.
  virtual std::unique_ptr<PolicyLoss> loss(const Round& round) = 0;
  // [edges] log pi of its minimum over all policies, where that is known without looking for it: instead of
  // fits that would take longest. Empty: it is not.
  virtual std::vector<double> closed_form(const Round&) { return {}; }
  // Whether where its slope vanishes is its minimum, over all policies. Else only a round that comes to the
  // plan of the reward is known to.
  virtual bool told_by_slope() const { return true; }
  // What is added to it, of which the same is true.
  virtual Penalty penalty() const { return {.kind = PenaltyKind::none}; }
  // Completions drawn so far, each of them scored once.
  virtual std::uint64_t rollouts() const { return 0; }
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
