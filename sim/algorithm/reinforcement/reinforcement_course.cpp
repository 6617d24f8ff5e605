#include "sim/algorithm/reinforcement/reinforcement_course.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/step_rule.hpp"
#include "sim/completions/completions.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

// Long steps ask now and then whether to stop.
LearningTask task_of(const SecondStage& stage, const std::function<bool()>& ask) {
  const FittedPlan& plan = stage.plan();
  LearningTask out{
      .world = stage.world(), .edge_reward = plan.edge_reward, .edge_error = plan.fit.edge_error};
  if (ask)
    out.meanwhile = [stop = ask] {
      if (stop()) throw Stopped{};
    };
  return out;
}

double widest_range(const World& world, std::span<const double> edge_reward) {
  std::vector<double> low(world.graph.prompts()), high(world.graph.prompts());
  path_sum_range(world.graph, edge_reward, low, high);
  double widest = 0;
  for (std::size_t p = 0; p < low.size(); ++p) widest = std::fmax(widest, high[p] - low[p]);
  return widest;
}

class ReinforcementCourse final : public Learner {
 public:
  ReinforcementCourse(const ArmSpec& spec, const ArmInput& input, MakeClimb make)
      : stage_(spec, input),
        climb_(make(spec, task_of(stage_, input.stop), {input.source, input.replicate})),
        rule_(read_course(spec.course), 1, stage_.theta().size()),
        largest_(climb_.largest_advantage > 0 ? climb_.largest_advantage
                                              : widest_range(input.world, stage_.plan().edge_reward)),
        gradient_(stage_.theta().size(), 0.0) {
    if (!climb_.sampled) find_gradient();
  }

  void step() override {
    if (climb_.sampled) find_gradient();
    std::vector<double> theta = stage_.theta();
    rule_.descend(gradient_, theta);
    stage_.move_to(std::move(theta));
    ++steps_;
    if (!climb_.sampled) find_gradient();
  }
  std::uint64_t steps() const override { return steps_; }
  bool finished() const override { return !sound() || settled(); }

  ArmResult result() const override {
    ArmResult out = stage_.result();
    const bool done = sound() && settled();
    out.certificate.converged = done && stage_.plan().fit.certificate.converged;
    if (out.certificate.converged)
      out.certificate.optimum = is_the_plan() ? Optimum::global : Optimum::stationary;
    out.certificate.gradient_norm = num::norm(gradient_);
    out.certificate.iterations = iterations_of(steps_);
    out.ended = done ? Ended::optimum : sound() ? Ended::budget : Ended::failed;
    out.cost.rollouts = out.cost.reward_calls = climb_.gradient->rollouts();
    out.cost.gradient_steps = steps_;
    return out;
  }

 private:
  void find_gradient() {
    const World& world = stage_.world();
    std::vector<double> direction(world.graph.edges(), 0.0), scores(world.graph.edges());
    climb_.gradient->add(stage_.log_policy(), steps_, direction);
    for (double& d : direction) d = -d;
    softmax_pullback(world.graph, stage_.log_policy(), direction, scores);
    stage_.policies().pullback(stage_.theta(), scores, gradient_);
  }

  bool sound() const { return std::isfinite(num::norm(gradient_)) && stage_.finite(); }

  bool settled() const {
    if (climb_.sampled || climb_.unheld || !climb_.gradient->on_policy(steps_)) return false;
    if (!(num::norm(gradient_) <= 1e-12 * (stage_.world().beta + largest_))) return false;
    return all_in_sight() || is_the_plan();
  }

  // A gradient is small where there is nothing to gain, but also where a step has gone so far that actions
  // are hardly taken any more: what they are worth counts in it as often as they are taken. It tells of those
  // alone that still are.
  bool all_in_sight() const {
    constexpr double sight = 1e-6;
    const World& world = stage_.world();
    std::vector<double> taken(world.graph.edges()), before(world.graph.edges());
    occupancy(world.graph, world.rho, stage_.log_policy(), taken);
    occupancy(world.graph, world.rho, world.log_reference, before);
    for (std::size_t e = 0; e < taken.size(); ++e)
      if (!(taken[e] >= sight * before[e])) return false;
    return true;
  }

  bool is_the_plan() const {
    return climb_.of_soft_return && stage_.plan().fit.certificate.optimum == Optimum::global &&
           stage_.at_the_plan();
  }

  SecondStage stage_;
  Climb climb_;
  StepRule rule_;
  double largest_;  // advantage
  std::vector<double> gradient_;
  std::uint64_t steps_ = 0;
};

}  // namespace

std::unique_ptr<Learner> reinforcement_course(const ArmSpec& spec, const ArmInput& input, MakeClimb make) {
  return std::make_unique<ReinforcementCourse>(spec, input, make);
}

void check_climb(const ArmSpec& spec, const World& world, MakeClimb make) {
  LearningTask task{world, generic_scores(spec, world), {}};
  const Climb climb = make(spec, std::move(task), {RandomSource(0, "check"), 0});
  if (climb.sampled && read_course(spec.course).steps > kMostSampledSteps)
    throw InputError("steps", "arm '" + spec.name + "': a course that samples has addresses for " +
                                  to_text(static_cast<double>(kMostSampledSteps)) + " steps, not for " +
                                  to_text(static_cast<double>(read_course(spec.course).steps)));
}

double climb_bytes(const ArmSpec& spec, const World& world) {
  constexpr double of_completion = 120;
  const Settings options = arm_options(spec);
  const double group = options.has("group") ? std::fmax(1, static_cast<double>(options.integer("group"))) : 1;
  const double completions = samples(options) ? static_cast<double>(batch_of(options)) * group
                                              : std::fmin(count_completions(world.graph), kMostCompletions);
  return second_stage_bytes(spec, world) +
         completions * (sizeof(EdgeId) * static_cast<double>(world.graph.horizon()) + of_completion);
}

std::vector<IdleOption> idle_in_expectation(const std::vector<std::string>& options) {
  std::vector<IdleOption> out;
  for (const std::string& option : options) out.push_back({option, "expectation", "exact"});
  return out;
}

Knob expectation_knob() {
  return {"expectation",
          "exact",
          0,
          0,
          {"exact", "sampled"},
          "whether a step climbs the expectation of its estimator, or an estimate from rollouts"};
}

Knob kl_knob(const std::string& fallback) {
  return {"kl",
          fallback,
          0,
          0,
          {"reward", "k2-loss", "k3-loss", "none"},
          "how beta KL(pi || pi_ref) is counted: in the reward, as a loss of the tokens sampled, or not"};
}

Knob batch_knob() {
  return {"batch", std::int64_t{16}, 1, static_cast<double>(kMostRollouts), {}, "prompts a step, if sampled"};
}

bool samples(const Settings& options) {
  return options.text("expectation") == "sampled";
}

KlTerm kl_term(const Settings& options) {
  const std::string& kl = options.text("kl");
  return kl == "reward"    ? KlTerm::in_reward
         : kl == "k2-loss" ? KlTerm::k2_loss
         : kl == "k3-loss" ? KlTerm::k3_loss
                           : KlTerm::none;
}

std::size_t batch_of(const Settings& options) {
  return static_cast<std::size_t>(options.integer("batch"));
}

Climb climb_with(const Settings& options, LearningTask task, const Estimator& estimator,
                 const RolloutSource& from) {
  Climb out{.gradient = nullptr,
            .sampled = samples(options),
            .unheld = estimator.kl == KlTerm::none,
            .of_soft_return = estimator.kl == KlTerm::in_reward && (estimator.baseline != Baseline::group ||
                                                                    estimator.group.spread == Spread::none)};
  if (!out.sampled) {
    out.gradient = exact_gradient(std::move(task), estimator);
    return out;
  }
  const std::size_t groups = batch_of(options);
  if (groups * estimator.group.size > kMostRollouts)
    throw InputError("batch", "a step would draw " + std::to_string(groups) + " groups of " +
                                  std::to_string(estimator.group.size) + " completions; valid: up to " +
                                  std::to_string(kMostRollouts) + " completions in all");
  out.gradient = sampled_gradient(std::move(task), estimator, groups, from);
  return out;
}

}  // namespace twostage
