// Variants: named settings that belong together (a world with its classes, a sampler with its size), crossed
// with the other axes as one axis `variant`. A variant says what it changes in the study's recipe:
//   world = { family = ..., ... }, sampler, penalty, arms.NAME.reward, .policy, .penalty, .options, .course
//                               replace that part; {} takes it away. A world, sampler, penalty or class that
//                               does not say which (no family, kind, class) only has these knobs changed
//   arms.NAME.algorithm         replaces the arm: all its parts are the variant's
//   any other key               is set, as on the command line (recipe.hpp)
// Dotted keys and nested tables mean the same. Axes and overrides apply on top of a variant.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "experiments/runner/study/document.hpp"
#include "experiments/runner/study/recipe.hpp"

namespace twostage {

inline constexpr const char* kVariantAxis = "variant";

struct Change {
  std::string key;                   // full
  std::variant<Value, Settings> to;  // of a key, of a part; { algorithm } of an arm
};

struct Variant {
  std::string name;
  Place place;                  // of its name
  std::vector<Change> changes;  // in the order in which they apply
  std::map<std::string, Place, std::less<>> places;

  // Sets a key after everything else.
  void set(const std::string& full_key, const Value& value, const Place& place_of_value);
};

void vary(Recipe& recipe, const Variant& variant);

// `member` is the list of variants, or names a file beside the study that holds one. The names in them are
// checked against the study's recipe. InputErrors carry the place.
std::vector<Variant> read_variants(const Recipe& base, const Member& member);

}  // namespace twostage
