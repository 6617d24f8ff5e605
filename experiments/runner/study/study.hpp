// A study: the question, what is crossed, and what is claimed about the outcome. Read from
// a study file, then changed by the presets of that file and by `key=value` arguments.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "experiments/runner/study/document.hpp"
#include "experiments/runner/study/recipe.hpp"
#include "experiments/runner/study/variants.hpp"
#include "results/verdict/precision.hpp"
#include "results/verdict/verdict.hpp"

namespace twostage {

// One dimension of the result file: a key of the recipe and the values it takes.
struct Axis {
  std::string name;  // as written in the study
  std::string key;   // full key
  std::vector<Value> values;
  std::vector<Place> places;  // of the values
};

struct Study {
  std::string name;  // address of its random streams
  std::string title;
  std::string question;
  std::string source;
  Recipe recipe;
  std::vector<std::string> measures;   // on-request metrics
  std::vector<std::string> keep;       // metrics and predictions that are stored; all when empty
  bool predictions = true;             // store theory's beside the measurements
  std::vector<Variant> variants;       // those on the axis `variant` are run
  std::vector<Axis> axes;              // slowest first
  std::int64_t replicates = 1;         // of every point
  std::optional<Precision> precision;  // more, where it asks for them
  std::int64_t batch = 100;            // replicates per unit of work
  std::int64_t seed = 1;
  double alpha = 0.01;  // family-wise error of the interval claims
  std::vector<Claim> claims;

  // By key of an axis: further values that it has in the study without presets, in one of its presets, or by
  // [verdicts.known]. Claims may name them; these results lack them.
  std::map<std::string, std::vector<Value>> known;

  std::map<std::string, Place, std::less<>> places;  // of keys, in their full form

  std::size_t points() const;  // combinations of the axes' values; few enough in a study that was read
};

// Integers beside reals become reals, so that the values of an axis have one type.
void unify(std::vector<Value>& values);
// Numbers beside words become words: of at_kl, where they set the same.
void unify_in_words(std::vector<Value>& values);

// One `key=value` of the command line.
struct Argument {
  std::string key;
  std::string value;
};
Argument parse_argument(const std::string& text);

// `text` is a study file, or the configuration that a result file stores: that states no name, and gets
// `name`. `preset` chooses among its replicates and presets (empty: `replicates` must be one number).
// InputErrors carry file, line and column, or the argument at fault.
Study parse_study(const std::string& name, const std::string& text, const std::string& source,
                  const std::string& preset, const std::vector<Argument>& arguments);

// The study as a study file with every default filled in: what a result file stores. Reads back to an equal
// study. With the name, which random numbers are addressed by, it says whose results these are:
// `identity_text`. `cells_text` is the part of that which decides the numbers of the replicates; resume asks
// for its agreement.
std::string configuration_text(const Study& study);
std::string identity_text(const Study& study);
std::string cells_text(const Study& study);
// One [[claims]] of it.
std::string claim_text(const Claim& claim);

// The recipe at a point of the axes (row-major index), defaults filled in and the common penalty handed to
// the arms that state none. InputError at the place of the key.
Recipe recipe_at(const Study& study, std::size_t point);
// Per arm, the first arm that has the same recipe, defaults filled in, at every point; itself if there is
// none.
std::vector<std::size_t> same_arms(const Study& study);

// Before axes: the study's own recipe, or that of each variant that is run. The variant of a point, or null.
std::vector<Recipe> base_recipes(const Study& study);
const Variant* variant_at(const Study& study, std::size_t point);

// The coordinate of each axis at a point: indices into Axis::values.
std::vector<std::size_t> coordinates(const Study& study, std::size_t point);

// "horizon = 2, pairs = 400"
std::string point_text(const Study& study, std::size_t point);

// Where the value that a key has at a point was written (or the nearest thing above it), for errors found
// when a replicate is built.
Place place_of(const Study& study, std::string_view full_key, std::size_t point);

// InputError at that place; it names the variant where there is one.
[[noreturn]] void fail_at_point(const Study& study, std::string_view full_key, std::size_t point,
                                const std::string& message);

}  // namespace twostage
