// A study back to a study file: canonical (keys in a fixed order, numbers with the fewest digits that read
// back equal), so that equal configurations are equal texts and have equal hashes.
#include <algorithm>
#include <set>

#include "experiments/runner/study/study.hpp"
#include "sim/catalog/plain_text.hpp"
#include "sim/measure/metric.hpp"

namespace twostage {
namespace {

// What a terminal would obey is spelled out, and so are tabs and ends of lines.
std::string in_quotes(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\')
      escaped += {'\\', c};
    else if (c == '\t' || c == '\n')
      escaped += c == '\t' ? "\\u0009" : "\\u000a";
    else
      escaped += c;
  }
  std::string out = "\"";
  out += plain_lines(escaped);
  return out += '"';
}

// A real keeps its point, so that it reads back as a real.
std::string real(double x) {
  std::string text = to_text(x);
  if (text.find_first_of(".einf") == std::string::npos) text += ".0";
  return text;
}

std::string value_text(const Value& value) {
  if (const auto* x = std::get_if<double>(&value)) return real(*x);
  if (const auto* text = std::get_if<std::string>(&value)) return in_quotes(*text);
  if (const auto* list = std::get_if<std::vector<double>>(&value)) {
    std::string out = "[";
    for (const double x : *list) out += (out.size() > 1 ? ", " : "") + real(x);
    return out + "]";
  }
  return to_text(value);
}

std::string table_text(const Settings& settings) {
  std::string out = "{";
  for (const auto& [key, value] : settings.values())
    out += (out.size() > 1 ? ", " : " ") + key + " = " + value_text(value);
  return out + " }";
}

void add(std::string& out, const std::string& key, const Settings& settings) {
  if (!settings.values().empty()) out += key + " = " + table_text(settings) + "\n";
}

// Filling in defaults of one class would make them unknown keys of another: an axis over classes, families
// or algorithms keeps the recipe as written.
std::vector<Recipe> stored_recipes(const Study& study) {
  std::vector<Recipe> recipes = base_recipes(study);
  for (const Axis& axis : study.axes)
    if (is_selector(axis.key)) return recipes;
  for (Recipe& recipe : recipes) {
    for (const Axis& axis : study.axes)
      if (axis.key != kVariantAxis) assign(recipe, axis.key, axis.values.front());
    recipe = resolved(recipe);
  }
  return recipes;
}

std::string population_text(const Recipe& recipe) {
  return "population = " + in_quotes(prompt_set_names()[static_cast<std::size_t>(recipe.population)]) + "\n";
}

// Those of the yardsticks that a measure asks for.
std::string yardsticks_text(const Study& study, const Yardsticks& stated) {
  std::string out;
  if (ask_for(study.measures, Yardstick::kl)) out += "at_kl = " + value_text(at_kl_value(stated)) + "\n";
  if (ask_for(study.measures, Yardstick::rival))
    out += "reference_wins = " + real(stated.reference_wins) + "\n";
  return out;
}

// A variant as what takes the first one's recipe, which stands above, to its own.
std::string variant_text(const Study& study, const std::string& name, const Recipe& first,
                         const Recipe& own) {
  std::string out = "\n[[variants]]\nname = " + in_quotes(name) + "\n";
  const auto part = [&](const std::string& key, const Settings& there, const Settings& here) {
    if (there != here) out += key + " = " + table_text(here) + "\n";
  };
  if (own.pairs != first.pairs) out += "pairs = " + std::to_string(own.pairs) + "\n";
  if (own.pairs_factor != first.pairs_factor)
    out += "pairs_factor = " + std::to_string(own.pairs_factor) + "\n";
  if (own.population != first.population) out += population_text(own);
  if (own.yardsticks != first.yardsticks) out += yardsticks_text(study, own.yardsticks);
  part("world", first.world, own.world);
  part("sampler", first.sampler, own.sampler);
  part("penalty", first.penalty, own.penalty);
  for (std::size_t a = 0; a < own.arms.size(); ++a) {
    const ArmSpec& here = own.arms[a];
    ArmSpec there = first.arms[a];
    const auto key = [&](const std::string& what) { return in_quotes("arms." + here.name + "." + what); };
    if (here.algorithm != there.algorithm) {
      out += key("algorithm") + " = " + in_quotes(here.algorithm) + "\n";
      there = {};
    }
    for (const ArmPart& of_arm : arm_parts())
      part(key(of_arm.name), there.*of_arm.settings, here.*of_arm.settings);
  }
  return out;
}

std::string list_text(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + in_quotes(word);
  return "[" + out + "]";
}

std::string header_text(const Study& study) {
  return "title = " + in_quotes(study.title) + "\nquestion = " + in_quotes(study.question) +
         "\nsource = " + in_quotes(study.source) + "\nreplicates = " + std::to_string(study.replicates) +
         "\n";
}

std::string precision_text(const Study& study) {
  if (!study.precision) return "";
  return "\n[precision]\nof = " + list_text(study.precision->of) +
         "\nrelative = " + real(study.precision->relative) +
         "\ncap = " + std::to_string(study.precision->cap) + "\n" +
         (study.precision->where.empty() ? "" : "where = " + in_quotes(study.precision->where) + "\n");
}

std::string body_text(const Study& study) {
  const std::vector<Recipe> recipes = stored_recipes(study);
  const Recipe& recipe = recipes.front();
  std::string out = "seed = " + std::to_string(study.seed) + "\nbatch = " + std::to_string(study.batch) +
                    "\npairs = " + std::to_string(recipe.pairs);
  if (recipe.pairs_factor != 1) out += "\npairs_factor = " + std::to_string(recipe.pairs_factor);
  out += "\nmeasures = " + list_text(study.measures) + "\n";
  if (recipe.population != PromptSet::train) out += population_text(recipe);
  out += yardsticks_text(study, recipe.yardsticks);
  if (!study.keep.empty()) out += "keep = " + list_text(study.keep) + "\n";
  out += std::string("predictions = ") + (study.predictions ? "true" : "false") + "\n";
  add(out, "world", recipe.world);
  add(out, "sampler", recipe.sampler);
  add(out, "penalty", recipe.penalty);
  for (const ArmSpec& arm : recipe.arms) {
    out += "\n[[arms]]\nname = " + in_quotes(arm.name) + "\nalgorithm = " + in_quotes(arm.algorithm) + "\n";
    for (const ArmPart& part : arm_parts()) add(out, part.name, arm.*part.settings);
  }
  const auto is_variant = [](const Axis& axis) { return axis.key == kVariantAxis; };
  if (!std::ranges::all_of(study.axes, is_variant)) out += "\n[axes]\n";
  for (const Axis& axis : study.axes) {
    if (is_variant(axis)) continue;
    out += in_quotes(axis.name) + " = [";
    for (std::size_t i = 0; i < axis.values.size(); ++i) out += (i ? ", " : "") + value_text(axis.values[i]);
    out += "]\n";
  }
  if (!study.variants.empty())
    for (std::size_t i = 0; i < recipes.size(); ++i)
      out += variant_text(study, to_text(study.axes.front().values[i]), recipe, recipes[i]);
  return out;
}

// The axes that the conditions of claims speak of. A claim that cannot be read has none: it is refused later.
std::set<std::string> named_axes(const Study& study) {
  std::set<std::string> names;
  for (const Claim& claim : study.claims) {
    try {
      const auto where = claim.holds.empty() ? claims::parse_interval(claim.interval).where
                                             : claims::parse_holds(claim.holds).where;
      for (const claims::Named& named : claims::names_in(where)) names.insert(named.name);
    } catch (const ClaimError&) {
      continue;
    }
  }
  return names;
}

std::string list_text(const std::vector<Value>& values) {
  std::string out;
  for (const Value& value : values) out += (out.empty() ? "" : ", ") + value_text(value);
  return "[" + out + "]";
}

// What claims may say of axes that these results have in part.
std::string known_text(const Study& study) {
  const auto named = named_axes(study);
  std::string out;
  for (const Axis& axis : study.axes)
    if (const auto known = study.known.find(axis.key);
        known != study.known.end() && named.contains(axis.name))
      out += in_quotes(axis.name) + " = " + list_text(known->second) + "\n";
  return out.empty() ? "" : "\n[verdicts.known]\n" + out;
}

std::string claims_text(const Study& study) {
  std::string out = "\n[verdicts]\nalpha = " + real(study.alpha) + "\n" + known_text(study);
  for (const Claim& claim : study.claims) out += claim_text(claim);
  return out;
}

// Not part of the configuration, and part of every random address.
std::string name_text(const Study& study) {
  return "study = " + in_quotes(study.name) + "\n";
}

}  // namespace

std::string claim_text(const Claim& claim) {
  std::string out =
      "\n[[claims]]\nid = " + in_quotes(claim.id) + "\nstatement = " + in_quotes(claim.statement) + "\n";
  out +=
      claim.holds.empty() ? "interval = " + in_quotes(claim.interval) : "holds = " + in_quotes(claim.holds);
  out += "\n";
  if (!claim.explanation.empty()) out += "explanation = " + in_quotes(claim.explanation) + "\n";
  if (claim.requires_existence) out += "requires_existence = true\n";
  return out;
}

std::string cells_text(const Study& study) {
  return name_text(study) + body_text(study);
}

std::string identity_text(const Study& study) {
  return name_text(study) + configuration_text(study);
}

std::string configuration_text(const Study& study) {
  return header_text(study) + body_text(study) + precision_text(study) + claims_text(study);
}

}  // namespace twostage
