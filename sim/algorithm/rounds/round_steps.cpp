#include "sim/algorithm/rounds/round_steps.hpp"

#include <cmath>

#include "sim/algorithm/step_rule.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/numerics/interruption.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

class RoundStepsCourse final : public Learner {
 public:
  RoundStepsCourse(const ArmSpec& spec, const ArmInput& input, std::unique_ptr<RoundMaker> maker,
                   Refresh refresh, RoundStart start)
      : stage_(spec, input),
        maker_(std::move(maker)),
        refresh_(refresh),
        start_(std::move(start)),
        from_{.source = input.source, .replicate = input.replicate},
        rule_(read_course(spec), 1, stage_.theta().size()),
        gradient_(stage_.theta().size(), 0.0) {
    if (!start_.theta.empty()) stage_.move_to(start_.theta);
  }

  void step() override {
    if (!loss_ || refresh_ == Refresh::every_step) ask();
    std::vector<double> theta = stage_.theta();
    value_ = PolicyObjective(stage_.policies(), stage_.world(), *loss_, maker_->penalty())
                 .evaluate(theta, gradient_);
    rule_.descend(gradient_, theta);
    stage_.move_to(std::move(theta));
    ++steps_;
  }
  std::uint64_t steps() const override { return steps_; }
  bool finished() const override {
    constexpr double nothing = 1e-16;
    return steps_ > 0 && (!sound() || num::norm(gradient_) <= nothing);
  }

  ArmResult result() const override {
    ArmResult out = stage_.result();
    out.certificate.gradient_norm = num::norm(gradient_);
    out.certificate.iterations = iterations_of(steps_);
    out.cost.rollouts = out.cost.reward_calls = maker_->rollouts();
    out.cost.gradient_steps = start_.gradient_steps + steps_;
    const bool usable = sound() && start_.sound && stage_.plan().fit.certificate.converged;
    out.ended = usable ? Ended::budget : Ended::failed;
    return out;
  }

 private:
  void ask() {
    asked_policy_ = stage_.log_policy();
    loss_ = maker_->loss({.world = stage_.world(),
                          .edge_reward = stage_.plan().edge_reward,
                          .edge_error = stage_.plan().fit.edge_error,
                          .log_policy = asked_policy_,
                          .number = steps_,
                          .from = from_,
                          .meanwhile = num::may_interrupt});
  }
  bool sound() const { return std::isfinite(value_) && stage_.finite(); }

  SecondStage stage_;
  std::unique_ptr<RoundMaker> maker_;
  Refresh refresh_;
  RoundStart start_;
  RolloutSource from_;
  StepRule rule_;
  std::vector<double> asked_policy_;  // [edges] outlives the loss, which refers to it
  std::unique_ptr<PolicyLoss> loss_;
  std::vector<double> gradient_;  // of the last step's loss
  double value_ = 0;              // of it
  std::uint64_t steps_ = 0;
};

}  // namespace

std::unique_ptr<Learner> round_steps(const ArmSpec& spec, const ArmInput& input,
                                     std::unique_ptr<RoundMaker> maker, Refresh refresh, RoundStart start) {
  return std::make_unique<RoundStepsCourse>(spec, input, std::move(maker), refresh, std::move(start));
}

}  // namespace twostage
