#include "sim/algorithm/rounds/round_draws.hpp"

#include <cmath>

#include "sim/algorithm/entries.hpp"
#include "sim/plan/sweeps.hpp"
#include "sim/plan/ties.hpp"

namespace twostage {

RoundDraws RoundDraws::of(const ArmSpec& spec) {
  const Settings options = arm_options(spec);
  return {.sampled = options.text("expectation") == "sampled",
          .batch = static_cast<std::size_t>(options.integer("batch")),
          .hold = options.real("hold")};
}

Rollouts RoundDraws::draw(const Round& round, std::size_t group) const {
  return draw_rollouts(round.world, round.log_policy, batch, group, round.from, round.number,
                       round.meanwhile);
}

Penalty DrawingRounds::penalty() const {
  return draws_.hold > 0 ? Penalty{.kind = PenaltyKind::reference_kl, .lambda = draws_.hold}
                         : Penalty{.kind = PenaltyKind::none};
}

Rollouts DrawingRounds::draw(const Round& round, std::size_t group) {
  Rollouts out = draws_.draw(round, group);
  rollouts_ += out.size();
  return out;
}

std::vector<BestAndWorst> best_and_worst(const Round& round, const Rollouts& rollouts) {
  const double rounding = rounding_of(round.world.graph, round.edge_reward);
  const auto score = [&](std::size_t i) { return path_sum(round.edge_reward, rollouts.path(i)); };
  const auto error = [&](std::size_t i) {
    return round.edge_error.empty() ? 0 : path_sum(round.edge_error, rollouts.path(i));
  };
  std::vector<BestAndWorst> out;
  for (std::size_t g = 0; g < rollouts.prompt.size(); ++g) {
    const std::size_t first = g * rollouts.group;
    BestAndWorst of{.best = first, .worst = first, .equal = true};
    for (std::size_t i = first + 1; i < first + rollouts.group; ++i) {
      if (score(i) - score(of.best) > tie_tolerance(rounding, error(i), error(of.best))) of.best = i;
      if (score(of.worst) - score(i) > tie_tolerance(rounding, error(i), error(of.worst))) of.worst = i;
    }
    of.equal = of.best == of.worst;
    if (of.equal && rollouts.group > 1) of.worst = first + 1;
    out.push_back(of);
  }
  return out;
}

Knob round_expectation_knob() {
  return {"expectation",
          "exact",
          0,
          0,
          {"exact", "sampled"},
          "whether a round is fitted to all completions, as often as is to be expected, or to drawn ones"};
}

Knob round_batch_knob() {
  return {
      "batch", std::int64_t{64}, 1, static_cast<double>(kMostRollouts), {}, "prompts a round, if sampled"};
}

Knob hold_knob() {
  return {"hold", 0.0, 0, 1e6, {}, "weight of KL(pi_ref || pi), for each prompt"};
}

void check_draws(const ArmSpec& spec, double group, bool held) {
  const RoundDraws draws = RoundDraws::of(spec);
  if (!draws.sampled) return;
  const std::string arm = "arm '" + spec.name + "': ";
  constexpr double least_hold = 1e-9;  // as of penalties
  if (!held && !(draws.hold >= least_hold))
    throw InputError("hold", arm +
                                 "where completions are drawn, nothing says what becomes of the others but a "
                                 "hold; valid: from " +
                                 to_text(least_hold) + ", such as 0.01, or expectation = \"exact\"");
  const auto most = static_cast<double>(kMostRollouts);
  if (const double all = group * static_cast<double>(draws.batch); all > most)
    throw InputError("batch", arm + "a round would draw " + to_text(static_cast<double>(draws.batch)) +
                                  " groups of " + to_text(group) + " completions; valid: up to " +
                                  to_text(most) + " completions in all, or expectation = \"exact\"");
}

double draws_bytes(const ArmSpec& spec, const World& world, double group) {
  const RoundDraws draws = RoundDraws::of(spec);
  if (!draws.sampled) return 0;
  constexpr double of_completion = 120;
  return group * static_cast<double>(draws.batch) *
         (3 * sizeof(EdgeId) * static_cast<double>(world.graph.horizon()) + of_completion);
}

}  // namespace twostage
