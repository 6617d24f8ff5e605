// rm+online-dpo: fit a reward, then, round by round, fit the policy by dpo to pairs of its own completions
// that the reward labels (Guo et al. 2402.04792; 2503.01067 with n = 25, once):
//   minimise E[ softplus(-beta (u(y) - u(z))) ] + hold KL(P_ref || P_pi),   u = log pi/pi_ref,
// over the best and the worst y, z (two different ones) of n draws from the policy before
// (sim/completions/top_bottom.hpp), by summation over all pairs, or of each of `batch` groups that are drawn.
//   labels = "bt"    y is preferred with probability sigmoid(r(y) - r(z)). Then a policy whose reward is the
//                    fitted one up to a constant is a minimum, whatever n is and whoever drew: theorem 2.3.
//   labels = "best"  the best is preferred, and of equals either one. Then the sum falls for ever towards the
//                    best completion, at every beta, and only `hold` gives it a minimum, or a number of steps
//                    an end.
// A reward says how likely either label is, so that labels are never drawn: a pair counts as both, each as
// often as it is to be expected.
// In steps (course `gradient` or `adam`) the pairs are asked of the policy before the first one, once, or
// before each. Policy and pairs begin at the reference or, as in the paper's second row, at offline dpo.
#include <algorithm>
#include <cmath>

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/learned_prompts.hpp"
#include "sim/algorithm/rounds/completion_pair_loss.hpp"
#include "sim/algorithm/rounds/round_draws.hpp"
#include "sim/algorithm/rounds/round_steps.hpp"
#include "sim/algorithm/rounds/rounds_course.hpp"
#include "sim/algorithm/target.hpp"
#include "sim/completions/score_levels.hpp"
#include "sim/completions/top_bottom.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/preference/path_index.hpp"

namespace twostage {
namespace {

Completions listed(const World& world) {
  return list_completions(world.graph, "online dpo goes through all pairs of completions",
                          "a shorter horizon or fewer prompts");
}

class OnlineDpo final : public DrawingRounds {
 public:
  OnlineDpo(const RoundDraws& draws, double n, bool by_chance, const Penalty& hold)
      : DrawingRounds(draws), n_(n), by_chance_(by_chance), hold_(hold) {}
  Penalty penalty() const override { return hold_; }

 protected:
  std::unique_ptr<PolicyLoss> expected(const Round& round) override {
    const World& world = round.world;
    Completions all = listed(world);
    const ScoreLevels levels(world, round.edge_reward, round.edge_error);
    const std::vector<double> mass = levels.masses(round.log_policy);
    const std::vector<std::size_t> level = levels.of(all);
    std::vector<double> probability(all.rows()), reward(all.prompt.size());
    path_sums(round.log_policy, all.edges, all.horizon, probability);
    num::exp(probability, probability);
    path_sums(round.edge_reward, all.edges, all.horizon, reward);

    std::vector<std::vector<double>> preferred(world.graph.prompts());
    for (std::size_t p = 0; p < preferred.size(); ++p) {
      if (world.rho[p] == 0) continue;  // held out
      const std::size_t begin = all.first(p);
      const std::span<const double> of_level = levels.of_prompt(mass, p);
      const std::vector<double> pairs = top_bottom_law(of_level, n_);
      const std::size_t count = all.count(p);
      preferred[p].assign(count * count, 0.0);
      for (std::size_t i = 0; i < count; ++i)
        for (std::size_t j = 0; j < count; ++j) {
          const std::size_t best = level[begin + i], worst = level[begin + j];
          if (best < worst || i == j) continue;
          if (of_level[best] == 0 || of_level[worst] == 0) continue;  // too rare for a number
          const double both = pairs[best * of_level.size() + worst] * probability[begin + i] /
                              of_level[best] * probability[begin + j] / of_level[worst];
          const double wins = wins_of(best == worst, reward[begin + i] - reward[begin + j]);
          preferred[p][i * count + j] += both * wins;
          preferred[p][j * count + i] += both * (1 - wins);
        }
    }
    return std::make_unique<CompletionPairLoss>(world, std::move(all), std::move(preferred), world.beta);
  }

  std::unique_ptr<PolicyLoss> drawn(const Round& round) override {
    const Rollouts rollouts = draw(round, static_cast<std::size_t>(n_));
    PairTable pairs;
    pairs.horizon = rollouts.horizon;
    PathIndex completions(pairs.horizon, pairs.completions);
    for (const BestAndWorst& group : best_and_worst(round, rollouts)) {
      const auto best = rollouts.path(group.best), worst = rollouts.path(group.worst);
      pairs.first.push_back(completions.number(best));
      pairs.second.push_back(completions.number(worst));
      const double wins =
          wins_of(group.equal, path_sum(round.edge_reward, best) - path_sum(round.edge_reward, worst));
      pairs.wins.push_back(wins / prompts());
      pairs.losses.push_back((1 - wins) / prompts());
    }
    pairs.pairs = pairs.rows();
    return std::make_unique<DpoLoss>(round.world, std::move(pairs), round.world.beta);
  }

 private:
  double wins_of(bool equal, double margin) const {
    return equal ? 0.5 : by_chance_ ? num::sigmoid(margin) : 1;
  }

  double n_;
  bool by_chance_;
  Penalty hold_;
};

bool in_rounds_of_fits(const ArmSpec& spec) {
  return read_course(spec).kind == CourseKind::rounds;
}

// Offline dpo on the same pairs, in the same class and under the same penalty.
ArmSpec offline(const ArmSpec& spec) {
  ArmSpec out{.name = spec.name, .algorithm = "dpo", .policy = spec.policy, .penalty = spec.penalty};
  if (const std::int64_t steps = arm_options(spec).integer("dpo_steps"); steps > 0) {
    out.course = spec.course;
    out.course.set("steps", steps);
  }
  return out;
}

RoundStart start_of(const ArmSpec& spec, const ArmInput& input) {
  if (arm_options(spec).text("start") == "reference") return {};
  ArmInput without_tests = input;
  without_tests.exact_existence = false;
  ArmResult fit = run_arm(offline(spec), without_tests);
  const bool sound = fit.certificate.converged || fit.ended == Ended::budget;
  return {.theta = std::move(fit.theta), .gradient_steps = fit.cost.gradient_steps, .sound = sound};
}

bool held_by_the_penalty(const ArmSpec& spec) {
  return arm_options(spec).text("held_by") == "penalty";
}

// What is added to the mean loss of a pair: the arm's penalty then weighs as much as it does for dpo, where
// it is added to the sum over the data.
Penalty hold_of(const ArmSpec& spec, const ArmInput& input) {
  const double hold = arm_options(spec).real("hold");
  if (!held_by_the_penalty(spec))
    return hold > 0 ? Penalty{.kind = PenaltyKind::reference_kl, .lambda = hold}
                    : Penalty{.kind = PenaltyKind::none};
  Penalty out = read_penalty(spec.penalty).penalty;
  out.lambda /= std::fmax(count_pairs(input), 1);
  return out;
}

double n_of(const ArmSpec& spec) {
  return static_cast<double>(arm_options(spec).integer("n"));
}

std::unique_ptr<Learner> learner(const ArmSpec& spec, const ArmInput& input) {
  const Settings options = arm_options(spec);
  auto maker = std::make_unique<OnlineDpo>(RoundDraws::of(spec), n_of(spec), options.text("labels") == "bt",
                                           hold_of(spec, input));
  if (in_rounds_of_fits(spec)) return rounds_course(spec, input, std::move(maker), start_of(spec, input));
  const Refresh refresh = options.text("asked") == "once" ? Refresh::never : Refresh::every_step;
  return round_steps(spec, input, std::move(maker), refresh, start_of(spec, input));
}

// Options that mean nothing beside the others.
void check_options(const ArmSpec& spec) {
  const Settings options = arm_options(spec);
  const auto refuse = [&](const std::string& option, const std::string& why) {
    throw InputError(option, "arm '" + spec.name + "': " + why);
  };
  const bool fitted = in_rounds_of_fits(spec);
  const bool by_penalty = held_by_the_penalty(spec);
  const PenaltyKind penalty = penalty_kind(spec.penalty);
  constexpr double least_hold = 1e-9;  // as of penalties
  if (by_penalty && (penalty == PenaltyKind::none || !convex_in_reward(penalty)))
    refuse("held_by",
           "its penalty holds no policy by what is convex in rewards; valid: held_by = \"hold\", or a "
           "penalty of kind 'reference-kl' or 'variance'");
  if (fitted && options.text("labels") == "best" && !by_penalty && !(options.real("hold") >= least_hold))
    refuse("hold",
           "where the best is always preferred there is no minimum at any beta but for a hold; valid: from " +
               to_text(least_hold) +
               ", such as 0.1, or held_by = \"penalty\", or labels = \"bt\", or a course in steps");
  if (fitted && options.text("asked") == "once")
    refuse("asked", "every round asks for its own pairs; valid: in a course of kind 'gradient' or 'adam'");
  if (options.text("start") == "dpo" && learns_on_all_prompts(spec))
    refuse(
        "start",
        "offline dpo has a policy for prompts with data alone, and that of all prompts does not begin there; "
        "valid: start = \"reference\", or prompts = \"train\"");
  if (fitted && options.integer("dpo_steps") > 0)
    refuse("dpo_steps",
           "rounds begin at the optimum of dpo; valid: 0, or a course of kind 'gradient' or 'adam'");
}

void check(const ArmSpec& spec, const World& world) {
  check_options(spec);
  if (arm_options(spec).text("start") == "dpo") validate_arm(offline(spec), world);
  check_draws(spec, n_of(spec), held_by_the_penalty(spec) || !in_rounds_of_fits(spec));
  if (RoundDraws::of(spec).sampled) return;
  if (const double all = count_completions(world.graph); !(all <= kMostCompletions))
    throw InputError("algorithm", "arm '" + spec.name + "': online dpo lists all completions, " +
                                      to_text(all) + " here; valid: up to " + to_text(kMostCompletions) +
                                      ": lower the horizon or the number of prompts");
  if (const double pairs = population_pairs(world.graph); !(pairs <= kMostCompletionPairs))
    throw InputError("algorithm",
                     "arm '" + spec.name + "': online dpo goes through all pairs of completions, " +
                         to_text(pairs) + " here; valid: up to " + to_text(kMostCompletionPairs) +
                         ": lower the horizon or the number of prompts");
}

double bytes(const ArmSpec& spec, const World& world) {
  constexpr double of_completion = 200;
  constexpr double of_pair = 2.5 * sizeof(double);  // the law of best and worst, who is preferred, some slack
  if (RoundDraws::of(spec).sampled)
    return second_stage_bytes(spec, world) + draws_bytes(spec, world, n_of(spec));
  return second_stage_bytes(spec, world) +
         of_pair * std::min(population_pairs(world.graph), kMostCompletionPairs) +
         of_completion * std::min(count_completions(world.graph), kMostCompletions);
}

}  // namespace

Entry<Algorithm> online_dpo_entry() {
  Algorithm its = in_rounds("pi* with labels \"bt\"; the best completion with labels \"best\"", learner);
  its.course_kinds = {"rounds", "gradient", "adam"};
  its.idle = idle_in_expectation({"batch"});
  its.idle.push_back({"dpo_steps", "start", "reference"});
  its.idle.push_back({"hold", "held_by", "penalty"});
  its.course_bytes = bytes;
  its.check = check;
  return {"rm+online-dpo",
          "fit a reward model, then dpo on the best and the worst of n of the policy's own completions",
          "2402.04792; 2503.01067",
          Status::exact,
          {{"asked",
            "every-step",
            0,
            0,
            {"once", "every-step"},
            "in steps: whether the policy is asked for its pairs before the first or before each"},
           round_batch_knob(),
           {"dpo_steps",
            std::int64_t{0},
            0,
            1'000'000'000,
            {},
            "of a start at dpo: as many steps of the same kind; 0: its optimum"},
           round_expectation_knob(),
           {"held_by",
            "hold",
            0,
            0,
            {"hold", "penalty"},
            "what is added to a pair: hold, or the penalty over the number of pairs in the data"},
           hold_knob(),
           {"labels",
            "bt",
            0,
            0,
            {"bt", "best"},
            "who is preferred: by chance, as the reward says, or always the best"},
           {"n", std::int64_t{2}, 2, 1e6, {}, "completions of which the best meets the worst"},
           learned_prompts_knob(),
           {"start",
            "reference",
            0,
            0,
            {"reference", "dpo"},
            "the policy that is asked first: theta = 0, or offline dpo on the data"}},
          std::move(its)};
}

}  // namespace twostage
