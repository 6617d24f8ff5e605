// Overrides: one key of a study set from outside, by the file's own presets or by `key=value` arguments.
#include <algorithm>
#include <map>

#include "experiments/runner/study/study_reader.hpp"
#include "experiments/runner/study/study_size.hpp"

namespace twostage {
namespace {

// The items of a list, or the single value as a list of one.
std::vector<Node> items_of(const Node& node) {
  return node.list() ? *node.list() : std::vector<Node>{node};
}

std::vector<std::string> read_words(const std::string& key, const Node& node) {
  std::vector<std::string> words;
  for (const Node& item : items_of(node)) {
    const auto* word = std::get_if<std::string>(&item.value);
    if (!word)
      fail_at(item.place, key, key + " must be a list of names; it holds " + std::string(item.kind()));
    words.push_back(*word);
  }
  return words;
}

std::int64_t read_count(const std::string& key, const Node& node, std::int64_t min, std::int64_t max) {
  const auto* count = std::get_if<std::int64_t>(&node.value);
  const std::string valid = "; valid: " + std::to_string(min) + " to " + std::to_string(max);
  if (const auto* text = std::get_if<std::string>(&node.value);
      text && text->size() > 18 && text->find_first_not_of("0123456789") == text->npos)
    fail_at(node.place, key, key + " = " + *text + " is out of range" + valid);  // of 64 bits, too
  if (!count) fail_at(node.place, key, key + " must be an integer, not " + std::string(node.kind()));
  if (*count < min || *count > max)
    fail_at(node.place, key, key + " = " + std::to_string(*count) + " is out of range" + valid);
  return *count;
}

// A key of [precision]; `precision = false` takes it away.
void set_precision(Study& study, const std::string& key, const Place& place, const Node& value) {
  if (key == "precision") {
    const auto* wanted = std::get_if<bool>(&value.value);
    if (!wanted || *wanted)
      fail_at(value.place, key,
              "precision must be a table with of, relative, cap and where, or false for none");
    study.precision.reset();
    return;
  }
  if (!study.precision) study.precision.emplace();
  study.places[key] = value.place;
  if (key == "precision.of") {
    study.precision->of = read_words(key, value);
    for (std::size_t i = 0; i < study.precision->of.size(); ++i)
      study.places[key + "." + std::to_string(i)] = items_of(value)[i].place;
  } else if (key == "precision.relative") {
    const Value relative = to_value(value, key);
    const auto* real = std::get_if<double>(&relative);
    if (!real || !(*real > 0 && *real <= 1))  // NaN is neither
      fail_at(value.place, key, "relative must be a number above 0 and at most 1");
    study.precision->relative = *real;
  } else if (key == "precision.cap") {
    study.precision->cap = read_count(key, value, 1, kMostReplicates);
  } else if (key == "precision.where") {
    const auto* text = std::get_if<std::string>(&value.value);
    if (!text) fail_at(value.place, key, "where must be a text, not " + std::string(value.kind()));
    study.precision->where = *text;
  } else {
    fail_at(
        place, key,
        unknown_name("key", key, {"precision.of", "precision.relative", "precision.cap", "precision.where"}));
  }
}

// " (the first at study.toml:3:9)"; nothing for two values of one argument.
std::string first_place(const Place& first, const Place& second) {
  return first.text() == second.text() ? "" : " (the first at " + first.text() + ")";
}

// Equal for equal values; -0 is 0.
std::string identity(Value value) {
  if (auto* real = std::get_if<double>(&value)) *real += 0.0;
  return to_text(value);
}

void set_axis(Study& study, const std::string& name, const std::string& key, const Node& node) {
  Axis axis{name, key, {}, {}};
  for (const Node& item : items_of(node)) {
    if (item.list()) fail_at(item.place, name, "axis '" + name + "' holds single values, not lists");
    axis.values.push_back(to_value(item, name));
    axis.places.push_back(item.place);
  }
  if (axis.values.empty()) fail_at(node.place, name, "axis '" + name + "' is empty");
  unify(axis.values);
  if (key == "at_kl") unify_in_words(axis.values);
  std::map<std::string, std::size_t> seen;
  for (std::size_t i = 0; i < axis.values.size(); ++i) {
    if (axis.values[i].index() != axis.values[0].index())
      fail_at(axis.places[i], name, "the values of axis '" + name + "' must be of one type");
    const auto [before, fresh] = seen.try_emplace(identity(axis.values[i]), i);
    if (!fresh)
      fail_at(axis.places[i], name,
              "axis '" + name + "' holds " + to_text(axis.values[i]) + " twice, as its values " +
                  std::to_string(before->second + 1) + " and " + std::to_string(i + 1) +
                  first_place(axis.places[before->second], axis.places[i]));
  }
  const auto same = std::ranges::find(study.axes, key, &Axis::key);
  if (same == study.axes.end()) {
    study.axes.push_back(std::move(axis));
  } else {
    axis.name = same->name;  // the name the claims use
    *same = std::move(axis);
  }
}

// The values of the axis `variant`: names of variants, each once.
void choose_variants(Study& study, const Node& node) {
  std::vector<std::string> names;
  for (const Variant& variant : study.variants) names.push_back(variant.name);
  Node words{Node::List{}, node.place};
  for (const Node& item : items_of(node)) {
    const std::string name = to_text(to_value(item, kVariantAxis));
    if (std::ranges::find(names, name) == names.end())
      fail_at(item.place, kVariantAxis, unknown_name("variant", name, names));
    std::get<Node::List>(words.value).push_back({name, item.place});
  }
  set_axis(study, kVariantAxis, kVariantAxis, words);
}

// The full key, which every recipe that is run must have.
RecipeKey common_key(const Study& study, const std::string& name, const std::string& key,
                     const Place& place) {
  const auto recipes = base_recipes(study);
  RecipeKey full;
  for (std::size_t i = 0; i < recipes.size(); ++i) {
    try {
      full = full_key(
          recipes[i], name,
          {"replicates", "seed", "batch", "measures", "keep", "predictions", "precision", "verdicts.alpha"});
    } catch (const InputError& error) {
      // Variants are the slowest axis.
      const std::string variant =
          study.variants.empty() ? "" : "variant '" + to_text(study.axes.front().values[i]) + "': ";
      fail_at(place, key, variant + error.what());
    }
  }
  return full;
}

// Sets a key below the axes: in the study's recipe, or on top of every variant that has it.
void set_recipe(Study& study, const std::string& full_key, const Value& value, const Place& place) {
  if (study.variants.empty()) {
    study.places[full_key] = place;
    assign(study.recipe, full_key, value);
    for (const RecipeKey& key : recipe_keys(study.recipe))
      if (covers(full_key, key.name)) study.places[key.name] = place;
    return;
  }
  for (Variant& variant : study.variants) {
    Recipe recipe = study.recipe;
    vary(recipe, variant);
    const auto keys = recipe_keys(recipe);
    if (std::ranges::find(keys, full_key, &RecipeKey::name) == keys.end()) continue;
    assign(recipe, full_key, value);  // throws for a wrong value
    variant.set(full_key, value, place);
  }
}

}  // namespace

void unify_in_words(std::vector<Value>& values) {
  const auto is_word = [](const Value& value) { return std::holds_alternative<std::string>(value); };
  if (std::ranges::none_of(values, is_word)) return;
  for (Value& value : values) {
    if (auto* real = std::get_if<double>(&value)) *real += 0.0;  // -0 is 0
    if (!is_word(value)) value = to_text(value);
  }
}

void unify(std::vector<Value>& values) {
  const auto is_real = [](const Value& v) { return std::holds_alternative<double>(v); };
  if (std::ranges::none_of(values, is_real)) return;
  for (Value& value : values)
    if (const auto* integer = std::get_if<std::int64_t>(&value)) value = static_cast<double>(*integer);
}

std::string apply_override(Study& study, const std::string& key, const Place& key_place, const Node& value) {
  if (key == "replicates") {
    study.replicates = read_count(key, value, 1, kMostReplicates);
    study.places[key] = value.place;
  } else if (key == "batch") {
    study.batch = read_count(key, value, 1, 1'000'000);
  } else if (key == "seed") {
    study.seed = read_count(key, value, 0, (std::int64_t{1} << 53) - 1);
  } else if (key == "measures" || key == "keep") {
    (key == "keep" ? study.keep : study.measures) = read_words(key, value);
    study.places[key] = value.place;
  } else if (key == "predictions") {
    const Value truth = to_value(value, key);
    if (!std::holds_alternative<bool>(truth)) fail_at(value.place, key, "predictions must be true or false");
    study.predictions = std::get<bool>(truth);
  } else if (key == "precision" || key.starts_with("precision.")) {
    set_precision(study, key, key_place, value);
  } else if (key == "verdicts.alpha") {
    const Value alpha = to_value(value, key);
    const auto* real = std::get_if<double>(&alpha);
    if (!real || !(*real > 0 && *real < 1))  // NaN is neither
      fail_at(value.place, key, "alpha must be a number between 0 and 1");
    study.alpha = *real;
  } else {
    const bool axis = key.starts_with("axes.");
    const std::string name = axis ? key.substr(5) : key;
    if (name == kVariantAxis && !study.variants.empty()) {
      choose_variants(study, value);
      return kVariantAxis;
    }
    const RecipeKey full = common_key(study, name, key, key_place);
    // What an axis of all arms sets is set anew at every point: one arm's own value goes on top of that.
    const bool on_axis = std::ranges::any_of(study.axes, [&](const Axis& other) {
      return other.key == full.name || covers(other.key, full.name);
    });
    if (axis || on_axis || (value.list() && !full.takes_list)) {
      set_axis(study, name, full.name, value);
    } else {
      const Value single = to_value(value, name);
      try {
        set_recipe(study, full.name, single, value.place);
      } catch (const InputError& error) {
        fail_at(value.place, error.key(), error.what());
      }
    }
    return full.name;
  }
  return key;
}

void Layer::apply(const std::string& key, const Place& key_place, const Node& value) {
  const std::string full = apply_override(study_, key, key_place, value);
  const auto [before, fresh] = written_.try_emplace(full, key);
  if (!fresh)
    fail_at(
        key_place, key,
        "'" + key + "' is set twice" + (before->second == key ? "" : ", as '" + before->second + "' too"));
}

}  // namespace twostage
