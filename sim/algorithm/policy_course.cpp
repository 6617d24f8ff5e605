#include "sim/algorithm/policy_course.hpp"

#include <cmath>

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/step_rule.hpp"
#include "sim/fit/limits.hpp"
#include "sim/fit/multi_start.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

class PolicyCourse final : public Learner {
 public:
  PolicyCourse(const ArmSpec& spec, const ArmInput& input, std::unique_ptr<PolicyLoss> loss, double beta,
               double slope_scale)
      : world_(input.world),
        model_(arm_model(spec, input.world, Role::policy)),
        loss_(std::move(loss)),
        objective_(*model_, input.world, *loss_, read_penalty(spec.penalty).penalty),
        rule_(read_course(spec.course), count_pairs(input), model_->parameters()),
        beta_(beta),
        goal_(slope_scale * likelihood_options(labels_of(input), model_->parameters()).gradient_goal),
        labels_(labels_of(input)),
        theta_(starting_point(*model_, input.source, input.replicate)),
        gradient_(model_->parameters()) {
    value_ = objective_.evaluate(theta_, gradient_);
  }

  void step() override {
    rule_.descend(gradient_, theta_);
    value_ = objective_.evaluate(theta_, gradient_);
    ++steps_;
  }
  std::uint64_t steps() const override { return steps_; }
  // Below the goal of an exact fit there is nothing left to do, and where the value is no number nothing can
  // be done.
  bool finished() const override { return !std::isfinite(value_) || num::norm(gradient_) <= goal_; }

  ArmResult result() const override {
    ArmResult out;
    out.theta = theta_;
    out.policy = EdgePolicy(policy_at(*model_, world_, theta_));
    out.edge_reward = implicit_reward(world_, out.log_policy(), beta_);
    const bool sound = std::isfinite(value_);
    const bool done = sound && finished();
    out.certificate = {.converged = done,
                       .optimum = done ? Optimum::stationary : Optimum::none,
                       .gradient_norm = num::norm(gradient_),
                       .objective = value_,
                       .iterations = iterations_of(steps_)};
    out.ended = done ? Ended::optimum : sound ? Ended::budget : Ended::failed;
    out.raw_parameters = model_->parameters();
    out.rank = model_->rank();
    out.cost = {.labels = labels_, .gradient_steps = steps_};
    return out;
  }

 private:
  const World& world_;
  std::unique_ptr<ScoreModel> model_;
  std::unique_ptr<PolicyLoss> loss_;
  PolicyObjective objective_;
  StepRule rule_;
  double beta_, goal_;
  std::uint64_t labels_;
  std::uint64_t steps_ = 0;
  std::vector<double> theta_, gradient_;
  double value_ = 0;
};

}  // namespace

std::unique_ptr<Learner> policy_course(const ArmSpec& spec, const ArmInput& input,
                                       std::unique_ptr<PolicyLoss> loss, double beta, double slope_scale) {
  return std::make_unique<PolicyCourse>(spec, input, std::move(loss), beta, slope_scale);
}

}  // namespace twostage
