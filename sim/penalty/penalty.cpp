#include "sim/penalty/penalty.hpp"

#include "sim/catalog/choice.hpp"

#include <algorithm>

namespace twostage {
namespace {

constexpr double kSmallest = 1e-9;
constexpr double kLargest = 1e9;

std::vector<Knob> strength_knobs() {
  return {
      {"lambda", 4.0, kSmallest, kLargest, {}, "strength, fixed in the number of pairs"},
      {"tune", false, 0, 0, {}, "choose lambda from `grid` by cross-validation instead"},
      {"folds", std::int64_t{5}, 2, 100, {}, "folds of the cross-validation; pair i is in fold i mod folds"},
      {"grid", std::vector<double>{0.25, 1, 4, 16, 64}, kSmallest, kLargest, {}, "candidates, increasing"}};
}

std::vector<Knob> l1_knobs() {
  std::vector<Knob> knobs = strength_knobs();
  knobs[0].fallback = 1.0;
  knobs[0].help = "strength, in units of `scaling`";
  knobs[3].fallback = std::vector<double>{0.125, 0.25, 0.5, 1, 2};
  knobs.push_back({"scaling",
                   "universal",
                   0,
                   0,
                   {"fixed", "universal"},
                   "weight of |theta_j|: lambda, or lambda sqrt(log(2d)) |X_j|, the size of its noise"});
  knobs.push_back({"refit", false, 0, 0, {}, "fits the coefficients that are not 0 again, by likelihood"});
  return knobs;
}

}  // namespace

const Registry<PenaltyKind>& penalties() {
  static const Registry<PenaltyKind> registry(
      "penalty",
      {{"reference-kl", "lambda E KL(P_ref || P_pi): the default, the same functional in every class",
        "sim/DEFINITIONS.md: objective", Status::exact, strength_knobs(), PenaltyKind::reference_kl},
       {"variance", "lambda E Var_ref(r | prompt) / (2 beta^2)", "sim/DEFINITIONS.md: objective",
        Status::exact, strength_knobs(), PenaltyKind::variance},
       {"pooled-variance", "control: the variance over prompts and completions jointly",
        "sim/DEFINITIONS.md: objective", Status::exact, strength_knobs(), PenaltyKind::pooled_variance},
       {"ridge", "control: lambda / 2 |theta|^2 in the coordinates of the class",
        "sim/DEFINITIONS.md: objective", Status::exact, strength_knobs(), PenaltyKind::ridge},
       {"l1", "sparse rewards: lambda |theta|_1 in the coordinates of the class, of rewards only",
        "2501.18282", Status::exact, l1_knobs(), PenaltyKind::l1},
       {"none",
        "likelihood alone; the estimate need not exist",
        "sim/DEFINITIONS.md: objective",
        Status::exact,
        {},
        PenaltyKind::none}});
  return registry;
}

PenaltyChoice read_penalty(const Settings& given) {
  const auto [entry, resolved] = choose_kind(penalties(), given, "penalty", "reference-kl");
  PenaltyChoice choice{{.kind = entry.extra, .lambda = 0}, {}};
  if (entry.extra == PenaltyKind::none) return choice;
  choice.penalty.lambda = resolved.real("lambda");
  if (entry.extra == PenaltyKind::l1) {
    choice.penalty.scaling = resolved.text("scaling") == "fixed" ? L1Scaling::fixed : L1Scaling::universal;
    choice.penalty.refit = resolved.boolean("refit");
  }
  choice.tuning = {resolved.boolean("tune"), static_cast<int>(resolved.integer("folds")),
                   resolved.reals("grid")};
  const auto& grid = choice.tuning.grid;
  if (choice.tuning.active &&
      (grid.size() < 2 || std::ranges::adjacent_find(grid, std::ranges::greater_equal{}) != grid.end()))
    throw InputError("grid", "penalty '" + entry.name +
                                 "': grid must hold at least two increasing values, not " +
                                 to_text(Value(grid)));
  return choice;
}

PenaltyKind penalty_kind(const Settings& given) {
  return penalties().at(chosen_kind(given, "penalty", "reference-kl"), "kind").extra;
}

bool convex_in_reward(PenaltyKind kind) {
  return kind == PenaltyKind::reference_kl || kind == PenaltyKind::variance || kind == PenaltyKind::none;
}

bool convex_in_logits(PenaltyKind kind) {
  return kind == PenaltyKind::reference_kl || kind == PenaltyKind::ridge || kind == PenaltyKind::none;
}

bool convex_through_plan(PenaltyKind kind) {
  return convex_in_reward(kind) || kind == PenaltyKind::ridge;
}

}  // namespace twostage
