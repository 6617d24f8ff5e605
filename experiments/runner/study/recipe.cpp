#include "experiments/runner/study/recipe.hpp"

#include <algorithm>
#include <charconv>

#include "sim/algorithm/learner.hpp"
#include "sim/model/score_model.hpp"
#include "sim/penalty/penalty.hpp"
#include "sim/preference/given_pairs.hpp"

namespace twostage {
namespace {

std::string_view choice(const Settings& settings, std::string_view selector) {
  if (!settings.has(selector)) return {};
  const auto* text = std::get_if<std::string>(&settings.values().find(selector)->second);
  return text ? std::string_view(*text) : std::string_view{};
}

// Appends the keys of a registry entry. Unknown names have none: they are reported when the recipe is
// resolved.
void add_knobs(std::vector<RecipeKey>& keys, const std::string& prefix, const std::vector<Knob>& knobs) {
  for (const Knob& knob : knobs) keys.push_back({prefix + knob.name, knob.kind() == Kind::reals});
}
template <typename Extra>
void add_knobs(std::vector<RecipeKey>& keys, const std::string& prefix, const Registry<Extra>& registry,
               std::string_view name) {
  for (const auto& entry : registry.entries())
    if (entry.name == name) add_knobs(keys, prefix, entry.knobs);
}

// The keys of one part of an arm: those of its class, penalty or algorithm.
std::vector<RecipeKey> part_keys(const ArmSpec& arm, std::string_view name, const std::string& prefix) {
  std::vector<RecipeKey> keys;
  if (name == "options") {
    add_knobs(keys, prefix, algorithms(), arm.algorithm);
  } else if (name == "course") {
    if (arm.course.values().empty()) return keys;
    add_knobs(keys, prefix, courses(), choice(arm.course, "kind"));
    keys.push_back({prefix + "kind", false});
  } else if (name == "penalty") {
    if (arm.penalty.values().empty()) return keys;
    add_knobs(keys, prefix, penalties(), choice(arm.penalty, "kind"));
    keys.push_back({prefix + "kind", false});
  } else if (name == "sampler") {
    if (arm.sampler.values().empty()) return keys;
    add_knobs(keys, prefix, pair_samplers(), choice(arm.sampler, "kind"));
    keys.push_back({prefix + "kind", false});
  } else {
    const Settings& settings = name == "reward" ? arm.reward : arm.policy;
    if (settings.values().empty()) return keys;
    add_knobs(keys, prefix, class_knobs(settings));
    keys.push_back({prefix + "class", false});
  }
  return keys;
}

bool holds(const std::vector<RecipeKey>& keys, std::string_view name) {
  return std::ranges::find(keys, name, &RecipeKey::name) != keys.end();
}

// Sets a key. Choosing another entry drops the knobs that only the former one had, so that an axis over kinds
// needs no knobs in common; what neither knows stays, and is reported as unknown.
template <typename KnobsOf>
void set_key(Settings& settings, KnobsOf knobs_of, std::string_view key, const Value& value) {
  std::vector<RecipeKey> before, after;
  add_knobs(before, "", knobs_of(settings));
  settings.set(key, value);
  add_knobs(after, "", knobs_of(settings));
  Settings kept;
  for (const auto& [name, old] : settings.values())
    if (!is_selector(key) || holds(after, name) || !holds(before, name)) kept.set(name, old);
  settings = kept;
}
template <typename Extra>
void set_key(Settings& settings, const Registry<Extra>& registry, std::string_view selector,
             std::string_view key, const Value& value) {
  const auto knobs_of = [&](const Settings& chosen) {
    for (const auto& entry : registry.entries())
      if (entry.name == choice(chosen, selector)) return entry.knobs;
    return std::vector<Knob>{};
  };
  set_key(settings, knobs_of, key, value);
}

void set_part(ArmSpec& arm, std::string_view name, std::string_view key, const Value& value) {
  if (name == "reward") set_key(arm.reward, class_knobs, key, value);
  if (name == "policy") set_key(arm.policy, class_knobs, key, value);
  if (name == "penalty") set_key(arm.penalty, penalties(), "kind", key, value);
  if (name == "options") arm.options.set(key, value);
  if (name == "course") set_key(arm.course, courses(), "kind", key, value);
  if (name == "sampler") set_key(arm.sampler, pair_samplers(), "kind", key, value);
}

// Adds the key that an error of `resolve` names to where the settings stand.
template <typename Function>
decltype(auto) under(const std::string& prefix, Function&& function) {
  try {
    return function();
  } catch (const InputError& error) {
    throw InputError(prefix + (error.key().empty() ? "" : "." + error.key()), error.what());
  }
}

// The entry that settings choose by one of their own keys ("family", "class", "kind").
template <typename Extra>
const Entry<Extra>& chosen(const Registry<Extra>& registry, const Settings& given,
                           const std::string& selector) {
  if (!given.has(selector)) {
    std::string names;
    for (const auto& name : registry.names()) names += (names.empty() ? "" : ", ") + name;
    throw InputError("", "a " + registry.kind() + " needs '" + selector + "', one of: " + names);
  }
  const auto* name = std::get_if<std::string>(&given.values().find(selector)->second);
  if (!name) throw InputError(selector, selector + " must be a text");
  return registry.at(*name, selector);
}

template <typename Extra>
Settings resolve_choice(const Registry<Extra>& registry, const Settings& given, const std::string& selector) {
  const auto& entry = chosen(registry, given, selector);
  Settings knobs;
  for (const auto& [key, value] : given.values())
    if (key != selector) knobs.set(key, value);
  Settings out = resolve(entry.knobs, knobs, registry.kind() + " '" + entry.name + "'");
  out.set(selector, entry.name);
  return out;
}

// An axis holds values of one type: numbers among words are written as words there, and are numbers still.
Value number_if_one(const Value& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (!text) return value;
  double number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  const bool one = error == std::errc{} && end == text->data() + text->size();
  return one ? Value(number) : value;
}

// The arm whose KL the others are measured at is one of them.
void check_arm_of_kl(const Recipe& recipe) {
  const std::string& arm = recipe.yardsticks.kl_of;
  if (arm.empty()) return;
  std::vector<std::string> arms;
  for (const ArmSpec& valid : recipe.arms) arms.push_back(valid.name);
  if (std::ranges::find(arms, arm) == arms.end()) throw InputError("at_kl", unknown_name("arm", arm, arms));
}

// Arms have pairs of their own where all of them are drawn.
void refuse_given_pairs(const Recipe& recipe, const ArmSpec& arm) {
  const bool own = gives_pairs(arm.sampler);
  if (!own && !gives_pairs(recipe.sampler)) return;
  throw InputError(
      "arms." + arm.name + ".sampler.kind",
      "arm '" + arm.name + "': " +
          (own ? "the pairs of one arm cannot be given; valid: a sampler that draws them, such as "
                 "'reference', or sampler = { kind = \"given\" } of the study, for all arms"
               : "the pairs of this study are given, for all arms; valid: no sampler of its own, or "
                 "a study whose sampler draws"));
}

// `arms.X.penalty.kind` of an arm that is fitted under the study's penalty: that of another arm, or of all,
// is no near choice.
void refuse_shared_penalty(const Recipe& recipe, std::string_view key) {
  for (const ArmSpec& arm : recipe.arms)
    if (arm.penalty.values().empty() && key.starts_with("arms." + arm.name + ".penalty."))
      throw InputError(
          std::string(key),
          "arm '" + arm.name +
              "' has no penalty of its own and is fitted under that of the study; valid: penalty = "
              "{ kind = ... } among its lines in the study file, or penalty.kind, which changes "
              "every arm without one of its own");
}

}  // namespace

int precedence(std::string_view key) {
  const std::string_view last = key.substr(key.rfind('.') + 1);  // npos + 1 is 0
  if (last == "family" || last == "class" || last == "kind" || last == "algorithm") return 0;
  return last == "of" ? 1 : kLastPrecedence;
}

bool is_selector(std::string_view key) {
  return precedence(key) < kLastPrecedence;
}

int narrowness(std::string_view key) {
  if (key.starts_with("arms.")) return 2;
  return key.starts_with("classes.") ? 0 : 1;
}

bool covers(std::string_view wide, std::string_view narrow) {
  if (wide.starts_with("classes.")) {
    const std::string knob(wide.substr(wide.find('.') + 1));
    return narrow == "reward." + knob || narrow == "policy." + knob || covers("reward." + knob, narrow) ||
           covers("policy." + knob, narrow);
  }
  if (narrowness(wide) != 1 || wide.starts_with("penalty.") || wide.starts_with("sampler."))
    return false;  // the arms' own is set by no other
  return narrow.starts_with("arms.") && narrow.ends_with("." + std::string(wide));
}

std::vector<RecipeKey> recipe_keys(const Recipe& recipe) {
  std::vector<RecipeKey> keys = {{"pairs", false},
                                 {"pairs_factor", false},
                                 {"population", false},
                                 {"at_kl", false},
                                 {"reference_wins", false}};
  add_knobs(keys, "world.", worlds(), choice(recipe.world, "family"));
  keys.push_back({"world.family", false});
  add_knobs(keys, "sampler.", pair_samplers(), choice(recipe.sampler, "kind"));
  keys.push_back({"sampler.kind", false});
  ArmSpec common;
  common.penalty = recipe.penalty;
  for (auto& key : part_keys(common, "penalty", "penalty.")) keys.push_back(std::move(key));
  for (const std::string part : {"reward", "policy", "options", "course"})
    for (const ArmSpec& arm : recipe.arms)
      for (auto& key : part_keys(arm, part, part + "."))
        if (!holds(keys, key.name)) keys.push_back(std::move(key));
  // A knob that reward and policy classes have alike: one dial for the complexity of both.
  for (std::size_t k = 0, end = keys.size(); k < end; ++k)
    if (const RecipeKey key = keys[k];
        key.name.starts_with("reward.") && holds(keys, "policy." + key.name.substr(7)))
      keys.push_back({"classes." + key.name.substr(7), key.takes_list});
  for (const ArmSpec& arm : recipe.arms) {
    keys.push_back({"arms." + arm.name + ".algorithm", false});
    for (const ArmPart& part : arm_parts())
      for (auto& key : part_keys(arm, part.name, "arms." + arm.name + "." + part.name + "."))
        keys.push_back(std::move(key));
  }
  return keys;
}

RecipeKey full_key(const Recipe& recipe, std::string_view key, const std::vector<std::string>& others) {
  const auto keys = recipe_keys(recipe);
  for (const auto& name : {std::string(key), "world." + std::string(key)})
    if (const auto it = std::ranges::find(keys, name, &RecipeKey::name); it != keys.end()) return *it;
  refuse_shared_penalty(recipe, key);
  std::vector<std::string> valid;
  for (const RecipeKey& k : keys) {
    if (k.name.starts_with("arms.") && !key.starts_with("arms."))
      continue;  // many, and the others say as much
    const bool shorten = k.name.starts_with("world.") && key.find('.') == key.npos;
    valid.push_back(shorten ? k.name.substr(6) : k.name);
  }
  valid.insert(valid.end(), others.begin(), others.end());
  throw InputError(std::string(key), unknown_name("key", key, valid));
}

void assign(Recipe& recipe, std::string_view full_key, const Value& value) {
  const auto dot = full_key.find('.');
  const std::string_view head = full_key.substr(0, dot);
  const std::string_view rest = dot == full_key.npos ? std::string_view{} : full_key.substr(dot + 1);
  if (full_key == "pairs" || full_key == "pairs_factor") {
    const std::string key(full_key);
    const auto* count = std::get_if<std::int64_t>(&value);
    if (!count) throw InputError(key, key + " must be an integer, not " + to_text(value));
    if (*count < 1 || *count > kMaxPairs)
      throw InputError(
          key, key + " = " + to_text(value) + " is out of range; valid: 1 to " + std::to_string(kMaxPairs));
    (full_key == "pairs" ? recipe.pairs : recipe.pairs_factor) = *count;
  } else if (full_key == "population") {
    const auto* name = std::get_if<std::string>(&value);
    if (!name) throw InputError("population", "population must be a text, not " + to_text(value));
    recipe.population = prompt_set_named(*name);
  } else if (is_yardstick_key(full_key)) {
    set_yardstick(recipe.yardsticks, full_key, full_key == "at_kl" ? number_if_one(value) : value);
  } else if (head == "world") {
    set_key(recipe.world, worlds(), "family", rest, value);
  } else if (head == "penalty") {
    set_key(recipe.penalty, penalties(), "kind", rest, value);
  } else if (head == "sampler") {
    set_key(recipe.sampler, pair_samplers(), "kind", rest, value);
  } else if (head == "arms") {
    for (ArmSpec& arm : recipe.arms) {
      if (!rest.starts_with(arm.name + ".")) continue;
      const std::string_view key = rest.substr(arm.name.size() + 1);
      if (key == "algorithm") {
        const auto* name = std::get_if<std::string>(&value);
        if (!name) throw InputError(std::string(full_key), std::string(full_key) + " must be a text");
        arm.algorithm = *name;
      } else if (const auto inner = key.find('.'); inner != key.npos) {
        set_part(arm, key.substr(0, inner), key.substr(inner + 1), value);
      }
    }
  } else if (head == "classes") {
    for (const std::string part : {"reward.", "policy."}) assign(recipe, part + std::string(rest), value);
  } else {
    for (ArmSpec& arm : recipe.arms)
      if (holds(part_keys(arm, head, ""), rest)) set_part(arm, head, rest, value);
  }
}

void check_names(const Recipe& recipe) {
  const auto check = [](const std::string& prefix, const auto& registry, const Settings& settings,
                        const std::string& selector) {
    under(prefix, [&] { chosen(registry, settings, selector); });
  };
  check("world", worlds(), recipe.world, "family");
  check("sampler", pair_samplers(), recipe.sampler, "kind");
  if (!recipe.penalty.values().empty()) check("penalty", penalties(), recipe.penalty, "kind");
  for (const ArmSpec& arm : recipe.arms) {
    const std::string prefix = "arms." + arm.name;
    under(prefix, [&] { algorithms().at(arm.algorithm, "algorithm"); });
    if (!arm.reward.values().empty()) check(prefix + ".reward", model_classes(), arm.reward, "class");
    if (!arm.policy.values().empty()) check(prefix + ".policy", model_classes(), arm.policy, "class");
    if (!arm.penalty.values().empty()) check(prefix + ".penalty", penalties(), arm.penalty, "kind");
    if (!arm.course.values().empty()) check(prefix + ".course", courses(), arm.course, "kind");
    if (!arm.sampler.values().empty()) check(prefix + ".sampler", pair_samplers(), arm.sampler, "kind");
  }
}

const Settings& sampler_of(const Recipe& recipe, const ArmSpec& arm) {
  return arm.sampler.values().empty() ? recipe.sampler : arm.sampler;
}

std::string identity(const Settings& settings) {
  std::string out;
  for (const auto& [key, value] : settings.values()) out += key + "=" + to_text(value) + "\n";
  return out + "\n";
}

std::string identity(const ArmSpec& arm) {
  std::string out = arm.algorithm + "\n";
  for (const ArmPart& part : arm_parts()) out += identity(arm.*part.settings);
  return out;
}

std::string identity_but_budget(const Recipe& recipe) {
  std::string out = identity(recipe.world) + identity(recipe.sampler);
  if (gives_pairs(recipe.sampler)) out += std::to_string(recipe.pairs) + "\n";
  for (ArmSpec arm : recipe.arms) {
    if (!arm.course.values().empty()) arm.course.set("steps", std::int64_t{0});
    out += arm.name + "\n" + identity(arm);
  }
  return out;
}

bool measured_alike(const Recipe& a, const Recipe& b) {
  return a.population == b.population && a.yardsticks == b.yardsticks;
}

Recipe resolved(const Recipe& recipe) {
  check_arm_of_kl(recipe);
  Recipe out = recipe;
  out.world = under("world", [&] { return resolve_world(recipe.world); });
  out.sampler = under("sampler", [&] { return resolve_choice(pair_samplers(), recipe.sampler, "kind"); });
  if (!recipe.penalty.values().empty())
    out.penalty = under("penalty", [&] { return resolve_choice(penalties(), recipe.penalty, "kind"); });
  for (ArmSpec& arm : out.arms) {
    const std::string prefix = "arms." + arm.name;
    const auto& algorithm = under(
        prefix, [&]() -> const auto& { return algorithms().at(arm.algorithm, "algorithm"); });
    const auto resolve_role = [&](const std::string& role, Settings& settings, bool used) {
      if (!used && !settings.values().empty())
        throw InputError(prefix + "." + role, "algorithm '" + arm.algorithm + "' uses no " + role + " class");
      if (used && settings.values().empty())
        throw InputError(prefix, "algorithm '" + arm.algorithm + "' needs " + role + " = { class = ... }");
      if (used)
        settings = under(prefix + "." + role, [&] {
          chosen(model_classes(), settings, "class");
          return resolve_class(settings);
        });
    };
    resolve_role("reward", arm.reward, algorithm.extra.uses_reward);
    resolve_role("policy", arm.policy, algorithm.extra.uses_policy);
    if (!arm.penalty.values().empty())
      arm.penalty =
          under(prefix + ".penalty", [&] { return resolve_choice(penalties(), arm.penalty, "kind"); });
    else if (out.penalty.values().empty())
      throw InputError(prefix, "arm '" + arm.name + "' has no penalty and the study states none");
    if (!arm.course.values().empty())
      arm.course = under(prefix + ".course", [&] { return resolve_choice(courses(), arm.course, "kind"); });
    if (!arm.sampler.values().empty()) {
      arm.sampler =
          under(prefix + ".sampler", [&] { return resolve_choice(pair_samplers(), arm.sampler, "kind"); });
      refuse_given_pairs(out, arm);
    }
    arm.options = under(prefix + ".options", [&] {
      return resolve(algorithm.knobs, arm.options, "algorithm '" + arm.algorithm + "'");
    });
  }
  return out;
}

}  // namespace twostage
