#include "experiments/runner/study/study.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "experiments/runner/study/study_reader.hpp"
#include "experiments/runner/study/study_size.hpp"
#include "experiments/runner/study/toml_limits.hpp"

namespace twostage {
namespace {

struct Override {
  std::string key;
  Place place;  // of the key
  Node value;
};

// Of a preset: dotted in quotes, or nested tables.
void flatten(const std::string& prefix, const Node::Table& table, std::vector<Override>& out) {
  for (const Member& member : table) {
    const std::string key = prefix + member.key;
    if (member.node.table())
      flatten(key + ".", *member.node.table(), out);
    else
      out.push_back({key, member.place, member.node});
  }
}

// What decides which keys there are comes first: variants, then kinds and classes; and what is said of all
// arms before what is said of one. So the order in which overrides are written is nothing.
void apply_all(Study& study, std::vector<Override> overrides) {
  const auto rank = [](const Override& override) {
    const std::string_view key = override.key;
    return std::pair(key.ends_with(kVariantAxis) ? -1 : precedence(key),
                     narrowness(key.starts_with("axes.") ? key.substr(5) : key));
  };
  std::ranges::stable_sort(overrides, {}, rank);
  Layer layer(study);
  for (const Override& override : overrides) layer.apply(override.key, override.place, override.value);
}

// Adds what is not there yet.
void add_known(Study& study, const std::string& key, const std::vector<Value>& values) {
  std::vector<Value>& known = study.known[key];
  std::set<Value> there(known.begin(), known.end());
  for (const Value& value : values)
    if (there.insert(value).second) known.push_back(value);
}

void add_known(Study& study, const std::vector<Axis>& axes) {
  for (const Axis& axis : axes) add_known(study, axis.key, axis.values);
}

// Values that one axis may hold together.
std::string_view type_of(const Value& value) {
  if (std::holds_alternative<bool>(value)) return "true or false";
  return std::holds_alternative<std::string>(value) ? "text" : "number";
}

// Leaves what an axis of these results lacks, in order.
void settle_known(Study& study) {
  std::map<std::string, std::vector<Value>> known;
  for (Axis& axis : study.axes) {
    if (axis.key == "at_kl") {  // words everywhere, if anywhere
      std::vector<Value>& others = study.known[axis.key];
      std::vector<Value> all = axis.values;
      all.insert(all.end(), others.begin(), others.end());
      unify_in_words(all);
      const auto end = all.begin() + static_cast<std::ptrdiff_t>(axis.values.size());
      axis.values.assign(all.begin(), end);
      others.assign(end, all.end());
    }
    const std::string_view type = type_of(axis.values.front());
    std::vector<Value> all = axis.values;
    for (const Value& value : study.known[axis.key])
      if (type_of(value) == type) all.push_back(value);
    unify(all);
    const auto others = all.begin() + static_cast<std::ptrdiff_t>(axis.values.size());
    const std::set<Value> here(all.begin(), others);
    std::set<Value> further(others, all.end());
    std::erase_if(further, [&](const Value& value) { return here.contains(value); });
    if (!further.empty()) known[axis.key].assign(further.begin(), further.end());
  }
  study.known = std::move(known);
}

void choose_preset(Study& study, const Node::Table& top, const std::string& preset) {
  const Member& replicates = *find_member(top, "replicates");
  if (!replicates.node.table()) {
    apply_override(study, "replicates", replicates.place, replicates.node);
    return;
  }
  std::vector<std::string> names;
  for (const Member& member : *replicates.node.table()) names.push_back(member.key);
  if (const Member* chosen = find_member(*replicates.node.table(), preset))
    apply_override(study, "replicates", chosen->place, chosen->node);
  else
    fail_at(replicates.place, "replicates", unknown_name("preset", preset, names));
  const Member* presets = find_member(top, "presets");
  if (!presets) return;
  if (!presets->node.table()) fail_at(presets->place, "presets", "presets must be a table");
  check_keys(*presets->node.table(), names, "[presets]");
  for (const Member& member : *presets->node.table())
    if (!member.node.table()) fail_at(member.place, member.key, "a preset must be a table of overrides");
  const Study unchosen = study;
  for (const Member& member : *presets->node.table()) {
    Study other = unchosen;  // a mistake in any preset is told whichever is chosen
    std::vector<Override> overrides;
    flatten("", *member.node.table(), overrides);
    Study& changed = member.key == preset ? study : other;
    apply_all(changed, std::move(overrides));
    for (const Axis& axis : changed.axes) add_known(study, axis.key, std::vector<Value>(axis.values));
  }
}

const Variant& variant_named(const Study& study, const Value& name) {
  return *std::ranges::find(study.variants, std::get<std::string>(name), &Variant::name);
}

// How messages name an argument; a list of thousands of values is not shown in whole.
std::string in_quotes(const Argument& argument) {
  constexpr std::size_t longest = 200;
  std::string out = "'";
  out.append(argument.key).append("=").append(argument.value);
  if (out.size() > longest) out.replace(longest, out.npos, "...");
  return out.append("'");
}

const Place* find_place(const std::map<std::string, Place, std::less<>>& places, std::string_view full_key) {
  for (std::string_view key = full_key;;) {
    if (const auto it = places.find(key); it != places.end()) return &it->second;
    if (key.empty()) return nullptr;
    const auto dot = key.rfind('.');
    key = dot == key.npos ? std::string_view{} : key.substr(0, dot);
  }
}

bool sets(std::string_view key, std::string_view full_key) {
  return key == full_key || covers(key, full_key);
}

// Indices of the axes in the order in which they change a recipe.
std::vector<std::size_t> order_of(const std::vector<Axis>& axes) {
  std::vector<std::size_t> order(axes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, {}, [&](std::size_t i) { return std::pair(precedence(axes[i].key), narrowness(axes[i].key)); });
  return order;
}

}  // namespace

std::size_t Study::points() const {
  std::size_t count = 1;
  for (const Axis& axis : axes) count *= axis.values.size();
  return count;
}

Argument parse_argument(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw InputError("", "'" + text + "' is no override; write key=value, for example pairs=100,200");
  return {text.substr(0, equals), text.substr(equals + 1)};
}

Study parse_study(const std::string& name, const std::string& text, const std::string& source,
                  const std::string& preset, const std::vector<Argument>& arguments) {
  const Node document = read_toml(text, source);
  Study study = read_study(name, document);
  add_known(study, study.axes);
  choose_preset(study, *document.table(), preset);
  std::vector<Override> overrides;
  for (const Argument& argument : arguments) {
    if (const std::string wrong = key_excess(argument.key); !wrong.empty())
      throw InputError("", "an override: " + wrong);
    const Place place{in_quotes(argument), 0, 0};
    overrides.push_back({argument.key, place, read_argument(argument.value, place)});
  }
  apply_all(study, std::move(overrides));
  check_size(study);
  settle_known(study);
  return study;
}

std::vector<std::size_t> coordinates(const Study& study, std::size_t point) {
  std::vector<std::size_t> out(study.axes.size());
  for (std::size_t i = study.axes.size(); i-- > 0;) {
    const std::size_t size = study.axes[i].values.size();
    out[i] = point % size;
    point /= size;
  }
  return out;
}

std::string point_text(const Study& study, std::size_t point) {
  const auto at = coordinates(study, point);
  std::string out;
  for (std::size_t i = 0; i < at.size(); ++i)
    out += (i ? ", " : "") + study.axes[i].name + " = " + to_text(study.axes[i].values[at[i]]);
  return out;
}

std::vector<Recipe> base_recipes(const Study& study) {
  if (study.variants.empty()) return {study.recipe};
  std::vector<Recipe> recipes;
  for (const Value& name : std::ranges::find(study.axes, kVariantAxis, &Axis::key)->values) {
    recipes.push_back(study.recipe);
    vary(recipes.back(), variant_named(study, name));
  }
  return recipes;
}

const Variant* variant_at(const Study& study, std::size_t point) {
  const auto at = coordinates(study, point);
  for (std::size_t i = 0; i < at.size(); ++i)
    if (study.axes[i].key == kVariantAxis) return &variant_named(study, study.axes[i].values[at[i]]);
  return nullptr;
}

Recipe recipe_at(const Study& study, std::size_t point) {
  Recipe recipe = study.recipe;
  if (const Variant* variant = variant_at(study, point)) vary(recipe, *variant);
  const auto at = coordinates(study, point);
  for (const std::size_t i : order_of(study.axes)) {
    const Axis& axis = study.axes[i];
    if (axis.key == kVariantAxis) continue;
    try {
      assign(recipe, axis.key, axis.values[at[i]]);
    } catch (const InputError& error) {
      fail_at(axis.places[at[i]], error.key(), error.what());
    }
  }
  try {
    recipe = resolved(recipe);
  } catch (const InputError& error) {
    fail_at_point(study, error.key(), point, error.what());
  }
  for (ArmSpec& arm : recipe.arms)
    if (arm.penalty.values().empty()) arm.penalty = recipe.penalty;
  if (recipe.pairs > kMaxPairs / recipe.pairs_factor)
    fail_at_point(study, "pairs_factor", point,
                  "pairs = " + std::to_string(recipe.pairs) +
                      " times pairs_factor = " + std::to_string(recipe.pairs_factor) +
                      " is out of range; valid: a product up to " + std::to_string(kMaxPairs));
  recipe.pairs *= std::exchange(recipe.pairs_factor, 1);
  return recipe;
}

std::vector<std::size_t> same_arms(const Study& study) {
  std::vector<std::size_t> first(study.recipe.arms.size());
  std::iota(first.begin(), first.end(), std::size_t{0});
  std::vector<std::pair<std::size_t, std::size_t>> pairs;  // that were equal at every point so far
  for (std::size_t b = 1; b < first.size(); ++b)
    for (std::size_t a = 0; a < b; ++a) pairs.emplace_back(a, b);
  for (std::size_t point = 0; point < study.points() && !pairs.empty(); ++point) {
    const Recipe recipe = recipe_at(study, point);
    std::erase_if(pairs, [&](const auto& pair) {
      const ArmSpec &a = recipe.arms[pair.first], &b = recipe.arms[pair.second];
      return !same_arm(a, b);
    });
  }
  for (const auto& [a, b] : pairs) first[b] = std::min(first[b], first[a]);
  return first;
}

Place place_of(const Study& study, std::string_view full_key, std::size_t point) {
  const auto at = coordinates(study, point);
  const auto order = order_of(study.axes);
  for (std::size_t k = order.size(); k-- > 0;) {  // the last to set it
    const std::size_t i = order[k];
    if (sets(study.axes[i].key, full_key)) return study.axes[i].places[at[i]];
  }
  if (const Variant* variant = variant_at(study, point)) {
    for (auto change = variant->changes.rbegin(); change != variant->changes.rend(); ++change)
      if (sets(change->key, full_key)) return variant->places.find(change->key)->second;
    if (const Place* place = find_place(variant->places, full_key)) return *place;
  }
  const Place* place = find_place(study.places, full_key);
  return place ? *place : Place{};
}

void fail_at_point(const Study& study, std::string_view full_key, std::size_t point,
                   const std::string& message) {
  const Variant* variant = variant_at(study, point);
  fail_at(place_of(study, full_key, point), full_key,
          variant ? "variant '" + variant->name + "': " + message : message);
}

}  // namespace twostage
