// A recipe: everything that decides the numbers of a replicate before a world exists. A study is a base
// recipe and axes that change one of its keys each. A key is a dotted path:
//   pairs                     the number of preference pairs n
//   pairs_factor              n is pairs times this: an axis for variants that each state their own pairs
//   population                the prompts that policies are measured on: train, held-out or all
//   at_kl, reference_wins     what measures hold the policies against (sim/measure/yardsticks.hpp)
//   world.horizon             a knob of the world (short form: horizon)
//   penalty.lambda            the penalty of the arms that state none of their own
//   sampler.tilt              what the pairs are drawn from (sim/preference/pair_sampler.hpp), but for the
//                             arms that state a sampler of their own
//   reward.degree           a knob of every arm that has it in its reward class (policy., options. and
//   course.
//                           likewise)
//   classes.k               the same for reward and policy classes at once
//   arms.dpo.policy.degree  a knob of one arm (also .reward. .penalty. .options. .course. .sampler. and
//   .algorithm)
// What is said of one arm holds against what is said of all, wherever the two are written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/algorithm/arm.hpp"
#include "sim/measure/yardsticks.hpp"
#include "sim/preference/pair_sampler.hpp"
#include "sim/world/prompt_set.hpp"

namespace twostage {

inline constexpr std::int64_t kMaxPairs = 1'000'000'000;

struct Recipe {
  Settings world;    // "family" and its knobs
  Settings penalty;  // "kind" and its knobs
  Settings sampler = default_pair_sampler();
  std::vector<ArmSpec> arms;
  std::int64_t pairs = 100;
  std::int64_t pairs_factor = 1;            // recipe_at (study.hpp) multiplies it in
  PromptSet population = PromptSet::train;  // what metrics and predictions are of
  Yardsticks yardsticks = {};               // of those of the metrics that are told by one
};

struct RecipeKey {
  std::string name;  // in its full form
  bool takes_list;   // its single value is a list of numbers
};

// In which order keys are set: first those whose value decides which others there are (a family, class, kind
// or algorithm: 0; what a class is made `of`: 1), then the others.
inline constexpr int kLastPrecedence = 2;
int precedence(std::string_view key);
// Does its value decide which other keys there are?
bool is_selector(std::string_view key);

// 0 for classes., 1 for the keys of all arms, 2 for those of one: in this order they are applied.
int narrowness(std::string_view key);

// Does setting the wide key set the narrow one, too (reward.degree that of every arm)?
bool covers(std::string_view wide, std::string_view narrow);

// All keys this recipe has.
std::vector<RecipeKey> recipe_keys(const Recipe& recipe);

// The key in its full form ("horizon" -> "world.horizon"). InputError naming the nearest key if there is
// none; `others` are further names a user may have meant.
RecipeKey full_key(const Recipe& recipe, std::string_view key, const std::vector<std::string>& others = {});

// Sets the value under a full key. Ranges are checked later, when the settings are resolved.
void assign(Recipe& recipe, std::string_view full_key, const Value& value);

// What the pairs of an arm are drawn from: its own sampler, or that of the recipe.
const Settings& sampler_of(const Recipe& recipe, const ArmSpec& arm);

// Checks the names that decide which keys there are: family, classes, algorithms, kinds of penalty.
// InputError with the full key.
void check_names(const Recipe& recipe);

// Texts that are equal where what they are of is: settings; all that the fit of an arm depends on but world
// and data (not its name); and all of a recipe but what is spent (its pairs, unless those are given, and the
// steps of courses) and how the outcome is measured.
std::string identity(const Settings& settings);
std::string identity(const ArmSpec& arm);
std::string identity_but_budget(const Recipe& recipe);

// Whether the outcome is measured on the same prompts and against the same yardsticks.
bool measured_alike(const Recipe& a, const Recipe& b);

// Fills in the defaults of every knob, so that nothing is left to later versions' defaults. InputError for
// what no world can change: unknown names, wrong types, values out of range. The error's key() is a full key.
Recipe resolved(const Recipe& recipe);

}  // namespace twostage
