#include "experiments/runner/commands/explain/details.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiments/runner/commands/explain/texts.hpp"
#include "experiments/runner/terminal/printing.hpp"
#include "sim/algorithm/learner.hpp"
#include "sim/catalog/plain_text.hpp"
#include "sim/numerics/elementary.hpp"
#include "sim/penalty/penalty.hpp"
#include "sim/plan/divergence.hpp"
#include "sim/preference/given_pairs.hpp"
#include "sim/preference/label_law.hpp"

namespace twostage {
namespace {

using Align = TextTable::Align;

constexpr std::size_t kRows = 6;

using Path = std::vector<EdgeId>;

std::string tokens(const TokenGraph& graph, std::span<const EdgeId> path) {
  std::string out;
  for (const EdgeId e : path) out += fmt::format("{}{}", out.empty() ? "" : " ", graph.action(e));
  return graph.prompts() > 1 ? fmt::format("prompt {}: {}", graph.source(path.front()), out) : out;
}

// The completions most worth showing: the likeliest under pi* from the weightiest prompt, found by a beam.
std::vector<Path> likeliest(const World& world, std::span<const double> log_policy) {
  struct Prefix {
    Path path;
    double log_probability;
  };
  std::vector<Prefix> beam = {{{}, 0}};
  std::vector<StateId> at = {static_cast<StateId>(std::ranges::max_element(world.rho) - world.rho.begin())};
  for (int h = 0; h < world.graph.horizon(); ++h) {
    std::vector<Prefix> next;
    for (std::size_t i = 0; i < beam.size(); ++i)
      for (EdgeId e = world.graph.edge(at[i], 0); e < world.graph.edge(at[i] + 1, 0); ++e) {
        Prefix longer = beam[i];
        longer.path.push_back(e);
        longer.log_probability += log_policy[static_cast<std::size_t>(e)];
        next.push_back(std::move(longer));
      }
    std::ranges::stable_sort(next, std::ranges::greater{}, &Prefix::log_probability);
    next.resize(std::min<std::size_t>(next.size(), 64));
    beam = std::move(next);
    at.clear();
    for (const Prefix& prefix : beam) at.push_back(world.graph.successor(prefix.path.back()));
  }
  std::vector<Path> out;
  for (std::size_t i = 0; i < std::min(kRows, beam.size()); ++i) out.push_back(beam[i].path);
  return out;
}

// A line below a heading.
void tell(const std::string& text) {
  print_text(text, "   ", 3);
}

std::string four(double x) {
  return fmt::format("{:.4f}", x);
}

double probability(std::span<const double> log_policy, const Path& path) {
  return num::exp(path_sum(log_policy, path));
}

void tell_world(const WholeReplicate& replicate, const std::vector<Path>& shown) {
  const World& w = replicate.world();
  fmt::print("1. The world: {}\n", w.family);
  tell(fmt::format(
      "{} prompt{}, horizon {}, {} tokens, {} states, {} edges, {} completions a prompt; beta = {}",
      w.graph.prompts(), w.graph.prompts() == 1 ? "" : "s", w.graph.horizon(), alphabet(w.graph),
      w.graph.states(), w.graph.edges(), completions_text(w.graph), w.beta));
  if (!w.every_prompt.empty()) tell(population_text(replicate));
  const double best = soft_return(replicate.measured(), replicate.optimum().log_policy);
  const double reference = soft_return(replicate.measured(), w.log_reference);
  tell(fmt::format("J(pi*) = {:.6g}, J(pi_ref) = {:.6g}: there are {:.6g} to gain.", best, reference,
                   best - reference));
  if (w.texts) {
    const auto p = static_cast<std::size_t>(w.graph.source(shown.front().front()));
    tell(fmt::format(
        "Prompt {} is the text {}, its reference text {}.", p, fmt::join(w.texts->prompt[p], " "),
        w.texts->reference[p].empty() ? "has no token"
                                      : fmt::format("is {}", fmt::join(w.texts->reference[p], " "))));
  }
  tell("The completions pi* likes best:");
  TextTable table(
      {{"completion", Align::text}, {"r*", Align::right}, {"P_ref", Align::right}, {"P_pi*", Align::right}},
      3);
  for (const Path& path : shown)
    table.row({tokens(w.graph, path), four(path_sum(w.reward, path)),
               four(probability(w.log_reference, path)),
               four(probability(replicate.optimum().log_policy, path))});
  print_table(table);
}

void tell_data(const WholeReplicate& replicate) {
  const World& w = replicate.world();
  const PreferenceData& data = replicate.data;
  const PairCount pairs = count_pairs(w, data);
  const Settings& sampler = replicate.point.recipe().sampler;
  fmt::print("\n");
  print_text(fmt::format("2. The data: {:.10g} pairs {}", pairs.all,
                         gives_pairs(sampler) ? "as given in the study"
                                              : fmt::format("(sampler: {}), {}", choice_text(sampler, "kind"),
                                                            labels_text(w))),
             "", 3);
  tell(fmt::format("{} distinct comparisons; in {:.10g} pairs the {} completion lost.", tabulate(data).rows(),
                   pairs.surprising, w.cycle ? "higher rewarded" : "better"));
  if (w.cycle) tell(no_reward_text(replicate));
  TextTable table({{"chosen", Align::text},
                   {"rejected", Align::text},
                   {"r* gap", Align::right},
                   {"P(chosen)", Align::right}},
                  3);
  for (std::size_t i = 0; i < std::min(kRows, data.size()); ++i) {
    const double gap = path_sum(w.reward, data.chosen_path(i)) - path_sum(w.reward, data.rejected_path(i));
    const LabelLaw law(w);
    const double log_odds = law.log_odds(law.worth(data.chosen_path(i)), law.worth(data.rejected_path(i)));
    table.row({tokens(w.graph, data.chosen_path(i)), tokens(w.graph, data.rejected_path(i)), four(gap),
               four(1 / (1 + num::exp(-log_odds)))});
  }
  print_table(table);
}

// Only the knobs in force: the strength as given, or how it was found.
std::string penalty_text(const Settings& settings, const ArmOutcome& outcome) {
  const std::string& kind = settings.text("kind");
  const auto [penalty, tuning] = read_penalty(settings);
  if (penalty.kind == PenaltyKind::none) return kind;
  if (!tuning.active) return fmt::format("{} (lambda = {})", kind, penalty.lambda);
  const std::string rule =
      fmt::format("of {} by the {}-fold loss of held-out pairs", to_text(tuning.grid), tuning.folds);
  if (outcome.status == ArmStatus::failed) return fmt::format("{} (lambda {})", kind, rule);
  return fmt::format("{} (lambda = {}, {}{})", kind, outcome.result.penalty_strength, rule,
                     outcome.result.tuned_at_edge ? "; the best is at the edge of the grid" : "");
}

const char* optimum_text(const ArmResult& fit) {
  const Optimum optimum = fit.certificate.optimum;
  return fit.ended == Ended::budget       ? "stopped where its steps ended"
         : fit.ended == Ended::unbounded  ? "no optimum: its loss falls for ever"
         : optimum == Optimum::global     ? "the global optimum, proved"
         : optimum == Optimum::stationary ? "a stationary point"
         : optimum == Optimum::not_unique ? "one of many minima"
                                          : "no optimum";
}

// A course that is no optimum and did not come to its last step either.
std::string end_text(const ArmSpec& spec, const ArmResult& fit) {
  if (!fit.why.empty()) return "it went no further, since " + fit.why;
  if (spec.course.values().empty() || fit.ended != Ended::failed) return optimum_text(fit);
  return read_course(spec).kind == CourseKind::rounds
             ? "its last round came to no minimum that is known to be one"
             : "its numbers grew until there were none; a lower rate may keep them";
}

void tell_arm(const WholeReplicate& replicate, std::size_t a, int step, const std::vector<Path>& shown) {
  const World& w = replicate.world();
  const ArmSpec& spec = replicate.point.recipe().arms[a];
  const ArmOutcome& outcome = replicate.arms[a];
  fmt::print("\n{}. Arm {}: {}\n", step, spec.name, spec.algorithm);
  if (!spec.reward.values().empty()) tell("reward class: " + choice_text(spec.reward, "class"));
  if (!spec.policy.values().empty()) tell("policy class: " + choice_text(spec.policy, "class"));
  tell("penalty: " + penalty_text(spec.penalty, outcome));
  if (!spec.sampler.values().empty())
    tell("pairs of its own, as many as the others have: sampler " + choice_text(spec.sampler, "kind"));
  if (!spec.course.values().empty()) tell("course: " + choice_text(spec.course, "kind"));
  if (outcome.status == ArmStatus::failed) {
    tell("FAILED: " + plain_text(outcome.error));
    return;
  }
  const ArmResult& r = outcome.result;
  tell(fmt::format(
      "Fit: {} parameters (they span {} dimensions of differences), {} iterations, objective {:.8g}, "
      "gradient {:.1e}: {}.",
      r.raw_parameters, r.rank, r.certificate.iterations, r.certificate.objective,
      r.certificate.gradient_norm, end_text(spec, r)));
  const double anchor_true = path_sum(w.reward, shown.front());
  const double anchor = r.edge_reward.empty() ? 0 : path_sum(r.edge_reward, shown.front());
  tell("Reward and policy beside the truth (rewards less that of the first line):");
  TextTable beside({{"completion", Align::text},
                    {"r*", Align::right},
                    {"r_hat", Align::right},
                    {"P_pi*", Align::right},
                    {"P_pi", Align::right}},
                   3);
  for (const Path& path : shown)
    beside.row({tokens(w.graph, path), four(path_sum(w.reward, path) - anchor_true),
                r.edge_reward.empty() ? "-" : four(path_sum(r.edge_reward, path) - anchor),
                four(probability(replicate.optimum().log_policy, path)),
                four(num::exp(log_probability(w, r.policy, path)))});
  print_table(beside);
  tell("Measures:");
  TextTable measures({{"", Align::left}, {"", Align::left}}, 3);
  for (std::size_t k = 0; k < replicate.values.size(); ++k) {
    const auto* entry = replicate.columns.arm[k];
    const double value = replicate.values[k][a];
    const auto& meanings = entry->extra.flag_meanings;
    const auto flag = static_cast<std::size_t>(std::isnan(value) ? 0 : value);
    measures.row({entry->name, !meanings.empty() && !std::isnan(value) && flag < meanings.size()
                                   ? meanings[flag]
                                   : fmt::format("{:.6g}", value)});
  }
  print_table(measures);
}

void tell_pairs(const WholeReplicate& replicate, int step) {
  const auto& arms = replicate.point.recipe().arms;
  if (arms.size() < 2) return;
  for (std::size_t k = 0; k < replicate.pairs.size(); ++k) {
    fmt::print("\n");
    print_text(fmt::format("{}. Between arms: {}", step, replicate.columns.pair[k]->extra.long_name), "", 3);
    std::vector<TextTable::Column> columns = {{"", Align::left}};
    for (const ArmSpec& arm : arms) columns.push_back({arm.name, Align::right});
    TextTable table(std::move(columns), 3);
    for (std::size_t a = 0; a < arms.size(); ++a) {
      std::vector<std::string> entries = {arms[a].name};
      for (std::size_t b = 0; b < arms.size(); ++b)
        entries.push_back(fmt::format("{:.3g}", replicate.pairs[k][a * arms.size() + b]));
      table.row(std::move(entries));
    }
    print_table(table);
  }
}

}  // namespace

void tell_details(const WholeReplicate& replicate) {
  const std::vector<Path> shown = likeliest(replicate.measured(), replicate.optimum().log_policy);
  tell_world(replicate, shown);
  tell_data(replicate);
  int step = 3;
  for (std::size_t a = 0; a < replicate.arms.size(); ++a) tell_arm(replicate, a, step++, shown);
  tell_pairs(replicate, step);
}

}  // namespace twostage
