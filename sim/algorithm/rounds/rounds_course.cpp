#include "sim/algorithm/rounds/rounds_course.hpp"

#include "sim/fit/limits.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/minimise/lbfgs.hpp"
#include "sim/model/dense_model.hpp"
#include "sim/numerics/interruption.hpp"
#include "sim/numerics/reduce.hpp"

namespace twostage {
namespace {

class RoundsCourse final : public Learner {
 public:
  RoundsCourse(const ArmSpec& spec, const ArmInput& input, std::unique_ptr<RoundMaker> maker,
               RoundStart start)
      : stage_(spec, input),
        maker_(std::move(maker)),
        start_(std::move(start)),
        from_{.source = input.source, .replicate = input.replicate} {
    if (!start_.theta.empty()) stage_.move_to(start_.theta);
  }

  void step() override {
    const std::vector<double> before = stage_.log_policy();
    const Round round{.world = stage_.world(),
                      .edge_reward = stage_.plan().edge_reward,
                      .edge_error = stage_.plan().fit.edge_error,
                      .log_policy = before,
                      .number = steps_,
                      .from = from_,
                      .meanwhile = num::may_interrupt};
    const std::unique_ptr<PolicyLoss> loss = maker_->loss(round);
    PolicyObjective fitted(stage_.policies(), stage_.world(), *loss, maker_->penalty());
    const num::LbfgsOptions options =
        likelihood_options(1, stage_.theta().size(), loss->slope_scale(), maker_->penalty().lambda);
    const std::vector<double> known = is_large() ? maker_->closed_form(round) : std::vector<double>{};
    num::Minimum minimum = known.empty() ? num::minimise_lbfgs(fitted, stage_.theta(), options)
                                         : minimum_at(known, fitted, options);
    stage_.move_to(minimum.x);
    const bool least = stage_.policies().every_policy() && (maker_->told_by_slope() || stage_.at_the_plan());
    last_ = certificate_of(minimum, least ? Optimum::global : Optimum::stationary);
    ++steps_;
  }
  std::uint64_t steps() const override { return steps_; }
  bool finished() const override { return steps_ > 0 && !(last_.converged && stage_.finite()); }

  ArmResult result() const override {
    ArmResult out = stage_.result();
    const double objective = out.certificate.objective;
    if (steps_ > 0) out.certificate = last_;
    out.certificate.objective = objective;
    out.certificate.iterations = iterations_of(steps_);
    out.cost.rollouts = out.cost.reward_calls = maker_->rollouts();
    out.cost.gradient_steps = start_.gradient_steps;
    if (!stage_.plan().fit.certificate.converged || !start_.sound) disown(out.certificate);
    out.ended = finished() ? Ended::failed : Ended::budget;
    return out;
  }

 private:
  // Over all policies, by so many logits that Newton's method would not do.
  bool is_large() const {
    const DenseModel* tabular = stage_.policies().every_action();
    return tabular && tabular->every_policy() && !newton_fits(*tabular, stage_.world(), true);
  }

  num::Minimum minimum_at(std::span<const double> log_policy, PolicyObjective& fitted,
                          const num::LbfgsOptions& options) const {
    num::Minimum out{.x = stage_.policies().every_action()->logits_of(log_policy)};
    std::vector<double> gradient(out.x.size());
    out.value = fitted.evaluate(out.x, gradient);
    out.gradient_norm = num::norm(gradient);
    out.converged = out.gradient_norm <= options.gradient_accepted;
    return out;
  }

  SecondStage stage_;
  std::unique_ptr<RoundMaker> maker_;
  RoundStart start_;
  RolloutSource from_;
  Certificate last_;  // of the last round
  std::uint64_t steps_ = 0;
};

}  // namespace

std::unique_ptr<Learner> rounds_course(const ArmSpec& spec, const ArmInput& input,
                                       std::unique_ptr<RoundMaker> maker, RoundStart start) {
  return std::make_unique<RoundsCourse>(spec, input, std::move(maker), std::move(start));
}

Algorithm in_rounds(std::string target, decltype(Algorithm::learner) learner) {
  Algorithm out = after_a_reward(std::move(target));
  out.learner = learner;
  out.course_kinds = {"rounds"};
  return out;
}

}  // namespace twostage
