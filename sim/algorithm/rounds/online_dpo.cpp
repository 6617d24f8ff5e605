// rm+online-dpo: fit a reward, then, round by round, fit the policy by dpo to pairs of its own completions
// that the reward labels (Guo et al. 2402.04792; 2503.01067 with n = 25, once):
//   minimise E[ softplus(-beta (u(y) - u(z))) ] + hold KL(P_ref || P_pi),   u = log pi/pi_ref,
// over the best and the worst y, z (two different ones) of n draws from the policy before
// (sim/completions/top_bottom.hpp), by summation over all pairs.
//   labels = "bt"    y is preferred with probability sigmoid(r(y) - r(z)). Then a policy whose reward is the
//                    fitted one up to a constant is a minimum, whatever n is and whoever drew: theorem 2.3.
//   labels = "best"  the best is preferred, and of equals either one. Then the sum falls for ever towards the
//                    best completion, at every beta, and only `hold` gives it a minimum.
#include <algorithm>

#include "sim/algorithm/entries.hpp"
#include "sim/algorithm/rounds/completion_pair_loss.hpp"
#include "sim/algorithm/rounds/rounds_course.hpp"
#include "sim/algorithm/target.hpp"
#include "sim/completions/score_levels.hpp"
#include "sim/completions/top_bottom.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/plan/sweeps.hpp"

namespace twostage {
namespace {

Completions listed(const World& world) {
  return list_completions(world.graph, "online dpo goes through all pairs of completions",
                          "a shorter horizon or fewer prompts");
}

class OnlineDpo final : public RoundMaker {
 public:
  OnlineDpo(double n, bool by_chance, double hold) : n_(n), by_chance_(by_chance), hold_(hold) {}

  std::unique_ptr<PolicyLoss> loss(const Round& round) override {
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
    std::size_t begin = 0;
    for (std::size_t p = 0; p < preferred.size(); ++p) {
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
          const double wins = best == worst ? 0.5
                              : by_chance_  ? num::sigmoid(reward[begin + i] - reward[begin + j])
                                            : 1;
          preferred[p][i * count + j] += both * wins;
          preferred[p][j * count + i] += both * (1 - wins);
        }
      begin += count;
    }
    return std::make_unique<CompletionPairLoss>(world, std::move(all), std::move(preferred), world.beta);
  }
  Penalty penalty() const override {
    return hold_ > 0 ? Penalty{.kind = PenaltyKind::reference_kl, .lambda = hold_}
                     : Penalty{.kind = PenaltyKind::none};
  }

 private:
  double n_;
  bool by_chance_;
  double hold_;
};

std::unique_ptr<Learner> learner(const ArmSpec& spec, const ArmInput& input) {
  const Settings options = arm_options(spec);
  return rounds_course(spec, input,
                       std::make_unique<OnlineDpo>(static_cast<double>(options.integer("n")),
                                                   options.text("labels") == "bt", options.real("hold")));
}

void check(const ArmSpec& spec, const World& world) {
  const Settings options = arm_options(spec);
  constexpr double least_hold = 1e-9;  // as of penalties
  if (options.text("labels") == "best" && !(options.real("hold") >= least_hold))
    throw InputError("hold", "arm '" + spec.name +
                                 "': where the best is always preferred there is no minimum at any beta "
                                 "but for a hold; valid: from " +
                                 to_text(least_hold) + ", such as 0.1, or labels = \"bt\"");
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
  return second_stage_bytes(spec, world) +
         of_pair * std::min(population_pairs(world.graph), kMostCompletionPairs) +
         of_completion * std::min(count_completions(world.graph), kMostCompletions);
}

}  // namespace

Entry<Algorithm> online_dpo_entry() {
  Algorithm its = in_rounds("pi* with labels \"bt\"; the best completion with labels \"best\"", learner);
  its.course_bytes = bytes;
  its.check = check;
  return {"rm+online-dpo",
          "fit a reward model, then dpo on the best and the worst of n of the policy's own completions",
          "2402.04792; 2503.01067",
          Status::exact,
          {{"hold", 0.0, 0, 1e6, {}, "weight of KL(pi_ref || pi), for each pair"},
           {"labels",
            "bt",
            0,
            0,
            {"bt", "best"},
            "who is preferred: by chance, as the reward says, or always the best"},
           {"n", std::int64_t{2}, 2, 1e6, {}, "completions of which the best meets the worst"}},
          std::move(its)};
}

}  // namespace twostage
