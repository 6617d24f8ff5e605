#include "sim/algorithm/interactive/pair_steps.hpp"

#include <cmath>

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/step_rule.hpp"
#include "sim/fit/multi_start.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

class PairStepsCourse final : public Learner {
 public:
  PairStepsCourse(const ArmSpec& spec, const ArmInput& input, std::unique_ptr<PairMaker> maker)
      : world_(input.world),
        penalty_(read_penalty(spec.penalty).penalty),
        model_(arm_model(spec, input.world, Role::policy)),
        maker_(std::move(maker)),
        rule_(read_course(spec), 1, model_->parameters()),
        theta_(starting_point(*model_, input.source, input.replicate)),
        gradient_(model_->parameters(), 0.0),
        log_policy_(policy_at(*model_, world_, theta_)) {}

  void step() override {
    const PairRound round = maker_->make(log_policy_, steps_);
    why_ = round.impossible;
    if (!why_.empty()) return;
    PairRoundLoss loss(round);
    value_ = PolicyObjective(*model_, world_, loss, penalty_).evaluate(theta_, gradient_);
    const PairTable& table = round.pairs->table();
    const double pairs = round.asked > 0 ? round.asked : num::sum(table.wins) + num::sum(table.losses);
    for (double& g : gradient_) g /= pairs;
    rule_.descend(gradient_, theta_);
    log_policy_ = policy_at(*model_, world_, theta_);
    ++steps_;
  }
  std::uint64_t steps() const override { return steps_; }
  bool finished() const override {
    constexpr double nothing = 1e-16;
    return !why_.empty() || (steps_ > 0 && (!std::isfinite(value_) || num::norm(gradient_) <= nothing));
  }

  ArmResult result() const override {
    ArmResult out;
    out.theta = theta_;
    out.policy = EdgePolicy(log_policy_);
    out.edge_reward = implicit_reward(world_, log_policy_, world_.beta);
    out.certificate = {
        .gradient_norm = num::norm(gradient_), .objective = value_, .iterations = iterations_of(steps_)};
    out.raw_parameters = model_->parameters();
    out.rank = model_->rank();
    out.cost = maker_->cost();
    out.cost.gradient_steps = steps_;
    out.ended = std::isfinite(value_) && why_.empty() ? Ended::budget : Ended::failed;
    out.why = why_;
    return out;
  }

 private:
  const World& world_;
  Penalty penalty_;
  std::unique_ptr<ScoreModel> model_;
  std::unique_ptr<PairMaker> maker_;
  StepRule rule_;
  std::vector<double> theta_, gradient_, log_policy_;  // the gradient of the last step's mean loss
  double value_ = 0;                                   // of its sum
  std::uint64_t steps_ = 0;
  std::string why_;  // there is no next step
};

}  // namespace

std::unique_ptr<Learner> pair_steps(const ArmSpec& spec, const ArmInput& input,
                                    std::unique_ptr<PairMaker> maker) {
  return std::make_unique<PairStepsCourse>(spec, input, std::move(maker));
}

std::unique_ptr<Learner> pair_course(const ArmSpec& spec, const ArmInput& input,
                                     std::unique_ptr<PairMaker> maker) {
  return in_rounds_of_fits(spec) ? pair_rounds(spec, input, std::move(maker))
                                 : pair_steps(spec, input, std::move(maker));
}

}  // namespace twostage
