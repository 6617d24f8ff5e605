// What every second stage has that goes step by step: a reward fitted to the pairs, a policy class, and the
// policy that it has come to.
#pragma once

#include <memory>
#include <string>

#include "sim/algorithm/arm.hpp"
#include "sim/fit/reward_fit.hpp"
#include "sim/model/score_model.hpp"

namespace twostage {

class SecondStage {
 public:
  // The reward is fitted here; the policy begins where its class does. World and source are referred to;
  // where the policy is learned on other prompts than those with data, that world is kept here
  // (learned_prompts.hpp).
  SecondStage(const ArmSpec& spec, const ArmInput& input);

  const World& world() const { return *world_; }    // where the policy is learned
  const FittedPlan& plan() const { return plan_; }  // of the reward, its exact plan
  const ScoreModel& policies() const { return *model_; }
  const std::vector<double>& theta() const { return theta_; }
  const std::vector<double>& log_policy() const { return log_policy_; }
  void move_to(std::vector<double> theta);
  bool finite() const;  // every log-probability is a number
  // What is lost of the soft value is beta KL(pi || plan): here that KL is at most 1e-10.
  bool at_the_plan() const;

  // The policy with its reward; `certificate.objective` is minus its soft value for that reward, and what the
  // second stage has proved and used up is for its course to say.
  ArmResult result() const;

 private:
  std::shared_ptr<const World> world_;
  std::unique_ptr<ScoreModel> reward_;
  std::unique_ptr<ScoreModel> model_;
  FittedPlan plan_;
  std::uint64_t labels_;
  std::vector<double> theta_, log_policy_;
};

// For Algorithm::first_stage: a strength of the penalty is chosen by the reward alone.
ArmResult first_stage(const ArmSpec& spec, const ArmInput& input);

// What algorithms with such a stage answer alike; how they go on, and what they refuse, is theirs.
Algorithm after_a_reward(std::string target);

// Of what a course holds: bytes of the policy class and of what is known on edges and states.
double second_stage_bytes(const ArmSpec& spec, const World& world);

}  // namespace twostage
