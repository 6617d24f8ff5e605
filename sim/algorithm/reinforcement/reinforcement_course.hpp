// The second stage as it is done in practice: a reward is fitted to the pairs, then a policy class climbs a
// policy gradient for it, step by step, from theta = 0.
#pragma once

#include <memory>

#include "sim/algorithm/learner.hpp"
#include "sim/algorithm/reinforcement/second_stage.hpp"
#include "sim/policy_gradient/policy_gradient.hpp"

namespace twostage {

// What an algorithm climbs, and what is known of where that leads.
struct Climb {
  std::unique_ptr<PolicyGradient> gradient;
  bool sampled = false;
  // Nothing holds the policy near the reference: the course has no end but its budget.
  bool unheld = false;
  // The direction is the gradient of J_beta for the fitted reward, or of a multiple of it.
  bool of_soft_return = false;
  // No advantage is larger than that of the whole range of rewards, or than this, if given.
  double largest_advantage = 0;
};
using MakeClimb = Climb (*)(const ArmSpec& spec, LearningTask task, const RolloutSource& from);

// World and source are referred to. `result().certificate.objective` is minus the soft value of the policy
// for the fitted reward, whatever was climbed; where the policy has been drawn from, the gradient norm is
// that of the last estimate.
std::unique_ptr<Learner> reinforcement_course(const ArmSpec& spec, const ArmInput& input, MakeClimb make);

// For Algorithm::check: makes the climb of a reward whose completions tell apart whatever the class can, so
// that what is too large is refused before there are data.
void check_climb(const ArmSpec& spec, const World& world, MakeClimb make);

// For Algorithm::course_bytes, with the completions drawn or listed.
double climb_bytes(const ArmSpec& spec, const World& world);

// The algorithm whose climb `make` makes.
template <MakeClimb make>
Algorithm climbing(std::string target) {
  Algorithm out = after_a_reward(std::move(target));
  out.learner = [](const ArmSpec& spec, const ArmInput& input) {
    return reinforcement_course(spec, input, make);
  };
  out.course_bytes = climb_bytes;
  out.check = [](const ArmSpec& spec, const World& world) { check_climb(spec, world, make); };
  return out;
}

// What only says how to draw, where nothing is drawn.
std::vector<IdleOption> idle_in_expectation(const std::vector<std::string>& options);

// The knobs that these algorithms have in common.
Knob expectation_knob();
Knob kl_knob(const std::string& fallback);
Knob batch_knob();
bool samples(const Settings& options);  // expectation = "sampled"
KlTerm kl_term(const Settings& options);
std::size_t batch_of(const Settings& options);
// From the estimator that options describe; refuses more rollouts a step than can be addressed.
Climb climb_with(const Settings& options, LearningTask task, const Estimator& estimator,
                 const RolloutSource& from);

}  // namespace twostage
