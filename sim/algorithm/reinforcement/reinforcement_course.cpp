#include "sim/algorithm/reinforcement/reinforcement_course.hpp"

#include <algorithm>
#include <cmath>

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/step_rule.hpp"
#include "sim/fit/limits.hpp"
#include "sim/fit/reward_fit.hpp"
#include "sim/loss/policy_objective.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/policy_gradient/completions.hpp"

namespace twostage {
namespace {

constexpr std::uint64_t kMostIterations = 2'000'000'000;  // that a certificate counts

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
      : world_(input.world),
        reward_(arm_rewards(spec, world_)),
        model_(arm_model(spec, world_, Role::policy)),
        plan_(fit_and_plan(*reward_, world_, *input.table, read_penalty(spec.penalty).penalty,
                           input.flat_rank)),
        climb_(
            make(spec, {world_, plan_.edge_reward, plan_.fit.edge_error}, {input.source, input.replicate})),
        rule_(read_course(spec.course), 1, model_->parameters()),
        labels_(labels_of(input)),
        largest_(climb_.largest_advantage > 0 ? climb_.largest_advantage
                                              : widest_range(world_, plan_.edge_reward)),
        theta_(model_->parameters(), 0.0),
        gradient_(model_->parameters(), 0.0),
        log_policy_(policy_at(*model_, world_, theta_)) {
    if (!climb_.sampled) find_gradient();
  }

  void step() override {
    if (climb_.sampled) find_gradient();
    rule_.descend(gradient_, theta_);
    log_policy_ = policy_at(*model_, world_, theta_);
    ++steps_;
    if (!climb_.sampled) find_gradient();
  }
  std::uint64_t steps() const override { return steps_; }
  bool finished() const override { return !sound() || settled(); }

  ArmResult result() const override {
    ArmResult out;
    out.theta = plan_.fit.theta;
    out.edge_reward = plan_.edge_reward;
    out.edge_error = plan_.fit.edge_error;
    out.policy = EdgePolicy(log_policy_);
    const bool done = sound() && settled();
    out.certificate = {.converged = done && plan_.fit.certificate.converged,
                       .optimum = Optimum::none,
                       .gradient_norm = num::norm(gradient_),
                       .objective = -soft_value(),
                       .iterations = static_cast<int>(std::min<std::uint64_t>(steps_, kMostIterations))};
    if (out.certificate.converged)
      out.certificate.optimum = is_the_plan() ? Optimum::global : Optimum::stationary;
    out.ended = done ? Ended::optimum : sound() ? Ended::budget : Ended::failed;
    out.raw_parameters = reward_->parameters();
    out.rank = reward_->rank();
    out.cost = {.labels = labels_,
                .rollouts = climb_.gradient->rollouts(),
                .reward_calls = climb_.gradient->rollouts(),
                .gradient_steps = steps_};
    return out;
  }

 private:
  void find_gradient() {
    std::vector<double> direction(world_.graph.edges(), 0.0), scores(world_.graph.edges());
    climb_.gradient->add(log_policy_, steps_, direction);
    for (double& d : direction) d = -d;
    softmax_pullback(world_.graph, log_policy_, direction, scores);
    model_->pullback(theta_, scores, gradient_);
  }

  bool sound() const {
    return std::isfinite(num::norm(gradient_)) &&
           std::ranges::all_of(log_policy_, [](double x) { return std::isfinite(x); });
  }

  // A gradient is small where there is nothing to gain, but also where a step has gone so far that actions
  // are hardly taken any more. At a point where the gradient vanishes no log-ratio is larger than advantages
  // over beta allow, in classes that hold all policies; twice that and something more is taken for a bound.
  bool settled() const {
    constexpr double something = 30;
    if (climb_.sampled || climb_.unheld || !climb_.gradient->on_policy(steps_)) return false;
    if (!(num::norm(gradient_) <= 1e-12 * (world_.beta + largest_))) return false;
    const double most = something + 2 * largest_ / world_.beta;
    for (std::size_t e = 0; e < log_policy_.size(); ++e)
      if (!(std::fabs(log_policy_[e] - world_.log_reference[e]) <= most)) return false;
    return true;
  }

  // What is lost of the soft value is beta KL(pi || plan).
  bool is_the_plan() const {
    constexpr double lost = 1e-10;
    return climb_.of_soft_return && plan_.fit.certificate.optimum == Optimum::global &&
           kl_divergence(world_.graph, world_.rho, log_policy_, plan_.log_policy) <= lost;
  }

  double soft_value() const {
    return expected_value(world_.graph, world_.rho, log_policy_, plan_.edge_reward) -
           world_.beta * kl_divergence(world_.graph, world_.rho, log_policy_, world_.log_reference);
  }

  const World& world_;
  std::unique_ptr<const LinearModel> reward_;
  std::unique_ptr<ScoreModel> model_;
  FittedPlan plan_;
  Climb climb_;
  StepRule rule_;
  std::uint64_t labels_;
  std::uint64_t steps_ = 0;
  double largest_;  // advantage
  std::vector<double> theta_, gradient_, log_policy_;
};

}  // namespace

std::unique_ptr<Learner> reinforcement_course(const ArmSpec& spec, const ArmInput& input, MakeClimb make) {
  return std::make_unique<ReinforcementCourse>(spec, input, make);
}

void check_climb(const ArmSpec& spec, const World& world, MakeClimb make) {
  const auto model = arm_rewards(spec, world);
  std::vector<double> any(model->parameters());
  for (std::size_t k = 0; k < any.size(); ++k) any[k] = 1 / static_cast<double>(k + 2);  // no sums coincide
  LearningTask task{world, std::vector<double>(world.graph.edges()), {}};
  model->scores(any, task.edge_reward);
  const Climb climb = make(spec, std::move(task), {RandomSource(0, "check"), 0});
  if (climb.sampled && read_course(spec.course).steps > kMostSampledSteps)
    throw InputError("steps", "arm '" + spec.name + "': a course that samples has addresses for " +
                                  to_text(static_cast<double>(kMostSampledSteps)) + " steps, not for " +
                                  to_text(static_cast<double>(read_course(spec.course).steps)));
}

double climb_bytes(const ArmSpec& spec, const World& world) {
  constexpr double number = sizeof(double);
  constexpr double on_edges = 16, on_states = 4, of_parameters = 8, of_completion = 120;
  const TokenGraph& graph = world.graph;
  const Settings options = arm_options(spec);
  const double group = options.has("group") ? std::fmax(1, static_cast<double>(options.integer("group"))) : 1;
  const double completions = samples(options) ? static_cast<double>(batch_of(options)) * group
                                              : std::fmin(count_completions(graph), kMostCompletions);
  return number * (on_edges * static_cast<double>(graph.edges()) +
                   on_states * static_cast<double>(graph.states()) +
                   of_parameters * static_cast<double>(arm_model(spec, world, Role::policy)->parameters())) +
         completions * (sizeof(EdgeId) * static_cast<double>(graph.horizon()) + of_completion);
}

ArmResult first_stage(const ArmSpec& spec, const ArmInput& input) {
  const auto model = arm_rewards(spec, input.world);
  RewardFit fit =
      fit_reward(*model, input.world, *input.table, read_penalty(spec.penalty).penalty, input.flat_rank);
  ArmResult out;
  out.edge_reward.resize(input.world.graph.edges());
  model->scores(fit.theta, out.edge_reward);
  out.theta = std::move(fit.theta);
  out.certificate = fit.certificate;
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
