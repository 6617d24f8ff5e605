// The registry of algorithms, what all arms have in common, and the order of work in one arm.
#include <algorithm>
#include <cmath>

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/existence_record.hpp"
#include "sim/algorithm/learned_prompts.hpp"
#include "sim/algorithm/learner.hpp"
#include "sim/algorithm/tuning.hpp"
#include "sim/algorithm/unpenalised.hpp"
#include "sim/fit/limits.hpp"
#include "sim/numerics/interruption.hpp"
#include "sim/numerics/reduce.hpp"
#include "sim/random/draw.hpp"

namespace twostage {
namespace {

bool finite(std::span<const double> x) {
  return std::ranges::all_of(x, [](double v) { return std::isfinite(v); });
}

template <typename Member>
std::string names_of(Member Algorithm::*property) {
  std::string out;
  for (const auto& entry : algorithms().entries())
    if (entry.extra.*property) out += (out.empty() ? "" : ", ") + entry.name;
  return out;
}

void require_linear_rewards(const ArmSpec& spec, const World& world, const std::string& here) {
  if (arm_model(spec, world, Role::reward)->linear()) return;
  throw InputError("reward.class", "arm '" + spec.name + "': class '" + spec.reward.text("class") +
                                       "': its scores are not linear in its parameters, as they have to be " +
                                       here + "; valid: a linear class, such as dense, or one of " +
                                       names_of(&Algorithm::any_rewards) + " with another penalty");
}

// What the algorithm cannot do.
void refuse(const ArmSpec& spec, const Algorithm& algorithm, const PenaltyChoice& choice) {
  if (choice.penalty.kind == PenaltyKind::l1 && !algorithm.takes_l1)
    throw InputError("penalty.kind",
                     "arm '" + spec.name + "': penalty 'l1' does not go with algorithm '" + spec.algorithm +
                         "', whose loss is a function of the policy: |theta|_1 depends on the coordinates "
                         "of its logits; valid: " +
                         names_of(&Algorithm::takes_l1) + ", or penalty reference-kl");
  if (!spec.course.values().empty() && !algorithm.learner)
    throw InputError("course", "arm '" + spec.name + "': algorithm '" + spec.algorithm +
                                   "' is fitted to its optimum and has no course; valid: " +
                                   names_of(&Algorithm::learner));
  if (spec.course.values().empty() && !algorithm.run)
    throw InputError(
        "course",
        "arm '" + spec.name + "': algorithm '" + spec.algorithm +
            "' goes step by step and has to be told how far; valid: course = { kind = \"" +
            (algorithm.course_kinds.empty() ? "gradient\", rate = 0.1, steps = 100" : "rounds\", steps = 1") +
            " }, or one of " + names_of(&Algorithm::run));
  if (choice.tuning.active && !algorithm.held_out_loss)
    throw InputError("penalty.tune",
                     "arm '" + spec.name + "': algorithm '" + spec.algorithm +
                         "' has no loss of held-out pairs to choose a strength by; valid: a lambda, such as "
                         "lambda = 4, without 'tune'");
}

std::function<void()> asking(const std::function<bool()>& stop) {
  if (!stop) return {};
  return [&stop] {
    if (stop()) throw Stopped{};
  };
}

// What `check` names by a key alone is a setting of that part of the arm.
template <typename Check>
void within(const std::string& part, Check check) {
  try {
    check();
  } catch (const InputError& error) {
    throw InputError(part + "." + error.key(), error.what());
  }
}

// An algorithm's own check names its options, the kind of the penalty, or the course.
std::string path_of(const Entry<Algorithm>& entry, const std::string& key) {
  const auto is_it = [&](const Knob& knob) { return knob.name == key; };
  if (std::ranges::any_of(entry.knobs, is_it)) return "options." + key;
  return key == "kind" ? "penalty.kind" : key == "steps" ? "course.steps" : key;
}

void refuse_idle(const ArmSpec& spec, const Entry<Algorithm>& entry) {
  const Settings options = arm_options(spec);
  for (const IdleOption& idle : entry.extra.idle) {
    const auto given = spec.options.values().find(idle.option);
    if (given == spec.options.values().end() || options.values().at(idle.beside) != idle.at) continue;
    const auto knob = std::ranges::find(entry.knobs, idle.option, &Knob::name);
    if (to_text(given->second) == to_text(knob->fallback)) continue;
    throw InputError("options." + idle.option, "arm '" + spec.name + "': '" + idle.option +
                                                   "' has no effect where " + idle.beside + " is " +
                                                   to_text(idle.at) + "; valid: without '" + idle.option +
                                                   "', or another '" + idle.beside + "'");
  }
}

ArmResult fitted(const Algorithm& algorithm, const ArmSpec& spec, const ArmInput& input,
                 std::unique_ptr<Learner>* kept) {
  if (spec.course.values().empty()) {
    ArmResult result = algorithm.run(spec, input);
    result.cost.labels = labels_of(input);
    result.ended = Ended::optimum;  // until something speaks against it
    return result;
  }
  std::unique_ptr<Learner> own;
  std::unique_ptr<Learner>& learner = kept ? *kept : own;
  if (!learner) learner = algorithm.learner(spec, input);
  follow(*learner, read_course(spec.course), input.stop);
  return learner->result();
}

}  // namespace

const std::vector<ArmPart>& arm_parts() {
  static const std::vector<ArmPart> parts = {
      {"reward", &ArmSpec::reward, "class"},  {"policy", &ArmSpec::policy, "class"},
      {"penalty", &ArmSpec::penalty, "kind"}, {"options", &ArmSpec::options, ""},
      {"course", &ArmSpec::course, "kind"},   {"sampler", &ArmSpec::sampler, "kind"}};
  return parts;
}

bool same_arm(const ArmSpec& a, const ArmSpec& b) {
  return a.algorithm == b.algorithm && std::ranges::all_of(arm_parts(), [&](const ArmPart& part) {
           return a.*part.settings == b.*part.settings;
         });
}

const Registry<Algorithm>& algorithms() {
  static const Registry<Algorithm> registry(
      "algorithm", {rm_plan_entry(),       dpo_entry(),       ipo_entry(),           planned_dpo_entry(),
                    sft_entry(),           slic_entry(),      simpo_entry(),         cpo_entry(),
                    rdpo_entry(),          exo_entry(),       chipo_entry(),         hypo_entry(),
                    orpo_entry(),          kto_entry(),       nca_entry(),           bco_entry(),
                    sppo_entry(),          apo_entry(),       alphapo_entry(),       fdpo_entry(),
                    rm_project_entry(),    reinforce_entry(), rloo_entry(),          grpo_entry(),
                    ppo_entry(),           rwr_entry(),       raft_entry(),          rebel_entry(),
                    online_dpo_entry(),    best_of_n_entry(), spin_entry(),          iterative_dpo_entry(),
                    iterative_ipo_entry(), xpo_entry(),       ensemble_plan_entry(), ensemble_best_entry(),
                    rm_exo_entry(),        rm_distil_entry(), rm_draw_entry(),       dpo_best_of_n_entry()});
  return registry;
}

const std::vector<double>& ArmResult::log_policy() const {
  const std::vector<double>* edges = on_edges(policy);
  if (!edges) throw std::logic_error("log_policy: the policy is a law on completions, and none on edges");
  return *edges;
}

double count_pairs(const ArmInput& input) {
  return num::sum(input.table->wins) + num::sum(input.table->losses);
}

std::uint64_t labels_of(const ArmInput& input) {
  return static_cast<std::uint64_t>(std::floor(count_pairs(input) + 0.5));
}

Knob starts_knob() {
  return {"starts", std::int64_t{3}, 1, 100, {}, "starting points where no proof says that one suffices"};
}

Knob unstated_starts_knob() {
  Knob out = starts_knob();
  out.unstated = true;
  return out;
}

Starts starts_of(const ArmSpec& spec, const ArmInput& input) {
  const Settings options = arm_options(spec);
  const std::int64_t count =
      options.has("starts") ? options.integer("starts") : std::get<std::int64_t>(starts_knob().fallback);
  return {.count = static_cast<int>(count), .source = input.source, .replicate = input.replicate};
}

std::unique_ptr<ScoreModel> arm_model(const ArmSpec& spec, const World& world, Role role) {
  const Settings& settings = role == Role::reward ? spec.reward : spec.policy;
  auto model = make_model(settings, world, role);
  check_size(model->parameters(), "class", settings.text("class"));
  return model;
}

std::unique_ptr<const LinearModel> arm_rewards(const ArmSpec& spec, const World& world) {
  auto model = make_linear_model(spec.reward, world, Role::reward);
  check_size(model->parameters(), "class", spec.reward.text("class"));
  return model;
}

std::vector<double> generic_parameters(const ScoreModel& model) {
  std::vector<double> any(model.parameters());
  Philox4x64 engine = RandomSource(0, "generic scores").stream(Purpose::optimiser, 0, 0, 0);
  for (double& parameter : any) parameter = draw_uniform(engine);  // no sums coincide
  return any;
}

std::vector<double> generic_scores(const ArmSpec& spec, const World& world) {
  const auto model = arm_model(spec, world, Role::reward);
  std::vector<double> out(world.graph.edges());
  model->scores(generic_parameters(*model), out);
  return out;
}

Settings arm_options(const ArmSpec& spec) {
  return resolve(algorithms().at(spec.algorithm, "algorithm").knobs, spec.options,
                 "algorithm '" + spec.algorithm + "'");
}

TheoryRoute plan_route(const ArmSpec& spec) {
  return {.kind = TheoryRoute::Kind::plan, .fitted = spec.reward};
}

TheoryRoute no_route(const ArmSpec& spec) {
  return {.why_none = "no formula for the algorithm '" + spec.algorithm + "'"};
}

void validate_arm(const ArmSpec& spec, const World& world, std::optional<std::uint64_t> pairs) {
  const auto& entry = algorithms().at(spec.algorithm, "algorithm");
  const auto check_role = [&](Role role, const Settings& settings, bool used, const std::string& key) {
    if (used) {
      if (role == Role::reward && !entry.extra.any_rewards)
        require_linear_rewards(spec, world, "for algorithm '" + spec.algorithm + "'");
      else
        arm_model(spec, world, role);
    } else if (!settings.values().empty()) {
      throw InputError(
          key, "arm '" + spec.name + "': algorithm '" + spec.algorithm + "' uses no " + key + " class");
    }
  };
  check_role(Role::reward, spec.reward, entry.extra.uses_reward, "reward");
  check_role(Role::policy, spec.policy, entry.extra.uses_policy, "policy");
  within("options", [&] { arm_options(spec); });
  refuse_idle(spec, entry);
  PenaltyChoice penalty;
  within("penalty", [&] { penalty = read_penalty(spec.penalty); });
  if (penalty.penalty.kind == PenaltyKind::l1 && entry.extra.takes_l1)
    require_linear_rewards(spec, world, "under penalty 'l1'");
  refuse(spec, entry.extra, penalty);
  if (!spec.course.values().empty()) within("course", [&] { read_course(spec); });
  try {
    check_learned_prompts(spec, world);
    if (entry.extra.check) entry.extra.check(spec, world);
    if (pairs && entry.extra.check_pairs) entry.extra.check_pairs(spec, *pairs);
  } catch (const InputError& error) {
    throw InputError(path_of(entry, error.key()), error.what());
  }
}

ArmResult run_arm(const ArmSpec& spec, const ArmInput& given, std::unique_ptr<Learner>* kept) {
  const Algorithm& algorithm = algorithms().at(spec.algorithm, "algorithm").extra;
  const PenaltyChoice choice = read_penalty(spec.penalty);
  refuse(spec, algorithm, choice);
  // Whatever iterates from here on asks, tests of existence and fits of rewards included.
  const num::Interruptible meanwhile(asking(given.stop));
  const bool alone = choice.penalty.kind == PenaltyKind::none;
  const KnownExistence existence = !given.exact_existence || !algorithm.existence ? KnownExistence{}
                                   : given.existence_record && algorithm.existence_lasts
                                       ? given.existence_record->of(algorithm, spec, given)
                                       : algorithm.existence(spec, given);
  ArmInput input = given;
  if (alone && existence.outcome == Existence::flat) input.flat_rank = existence.rank;
  ArmResult result;
  if (choice.tuning.active) {
    Cost tries;
    const auto fit = [&](const ArmSpec& tried, const ArmInput& kept_pairs) {
      if (algorithm.first_stage) return algorithm.first_stage(tried, kept_pairs);
      ArmResult one = fitted(algorithm, tried, kept_pairs, nullptr);
      tries.rollouts += one.cost.rollouts;
      tries.reward_calls += one.cost.reward_calls;
      tries.gradient_steps += one.cost.gradient_steps;
      return one;
    };
    const Tuned tuned = tune_penalty(spec, input, choice.tuning, fit, algorithm.held_out_loss);
    result = fitted(algorithm, with_strength(spec, tuned.lambda), input, nullptr);
    result.penalty_strength = tuned.lambda;
    result.tuned_at_edge = tuned.at_edge;
    result.cost.rollouts += tries.rollouts;  // the labels are the same ones
    result.cost.reward_calls += tries.reward_calls;
    result.cost.gradient_steps += tries.gradient_steps;
  } else {
    result = fitted(algorithm, spec, input, kept);
    result.penalty_strength = choice.penalty.lambda;
  }
  if (!finite(result.theta) || !all_finite(result.policy) || !std::isfinite(result.certificate.objective))
    disown(result.certificate);
  if (algorithm.existence) result.existence = existence.outcome;  // else the arm may know of it
  if (!spec.course.values().empty()) {
    // Where there is no minimum, a small gradient is that of a budget that ended far out.
    if (alone && existence.outcome == Existence::not_attained && result.ended == Ended::optimum) {
      result.ended = Ended::budget;
      disown(result.certificate);
    }
    return result;
  }
  if (alone) judge_unpenalised(algorithm, spec, input, result);
  if (!result.certificate.converged) {
    const bool nowhere =
        result.existence == Existence::not_attained || result.existence == Existence::diverging;
    result.ended = result.unbounded ? Ended::unbounded : nowhere ? Ended::not_attained : Ended::failed;
  }
  return result;
}

}  // namespace twostage
