#include "experiments/runner/study/study_reader.hpp"

#include <algorithm>

#include "experiments/runner/study/given_file.hpp"

namespace twostage {
namespace {

const std::string& text_of(const Member& member) {
  const auto* text = std::get_if<std::string>(&member.node.value);
  if (!text)
    fail_at(member.node.place, member.key,
            member.key + " must be a text, not " + std::string(member.node.kind()));
  return *text;
}

const Node::Table& table_of(const Member& member) {
  if (!member.node.table())
    fail_at(member.node.place, member.key,
            member.key + " must be a table, not " + std::string(member.node.kind()));
  return *member.node.table();
}

const Node::List& list_of(const Member& member) {
  if (!member.node.list())
    fail_at(member.node.place, member.key,
            member.key + " must be a list, not " + std::string(member.node.kind()));
  return *member.node.list();
}

Settings read_settings(Study& study, const Member& member, const std::string& prefix) {
  Settings settings;
  study.places[prefix] = member.place;
  for (const Member& item : table_of(member)) {
    settings.set(item.key, to_value(item.node, item.key));
    study.places[prefix + "." + item.key] = item.place;
  }
  if (const Member* file = find_member(table_of(member), "file"))
    read_given_file(settings, prefix, *file, study.places);
  return settings;
}

bool is_arm_name(std::string_view name) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_()";
  return !name.empty() && name.find_first_not_of(allowed) == name.npos;
}

ArmSpec read_arm(Study& study, const Node& node) {
  if (!node.table()) fail_at(node.place, "arms", "an arm must be a table, not " + std::string(node.kind()));
  std::vector<std::string> keys = {"name", "algorithm"};
  for (const ArmPart& part : arm_parts()) keys.push_back(part.name);
  check_keys(*node.table(), keys, "an arm");
  ArmSpec arm;
  const Member* name = find_member(*node.table(), "name");
  if (!name) fail_at(node.place, "name", "an arm needs a name");
  arm.name = text_of(*name);
  if (!is_arm_name(arm.name))
    fail_at(name->node.place, "name",
            "arm name '" + arm.name + "' may hold letters, digits and + - _ ( ) only");
  for (const ArmSpec& other : study.recipe.arms)
    if (other.name == arm.name) fail_at(name->node.place, "name", "two arms are named '" + arm.name + "'");
  const std::string prefix = "arms." + arm.name;
  study.places[prefix] = name->node.place;
  for (const Member& member : *node.table()) {
    if (member.key == "algorithm") {
      arm.algorithm = text_of(member);
      study.places[prefix + ".algorithm"] = member.place;
    } else if (member.key != "name") {
      const auto part = std::ranges::find(arm_parts(), member.key, &ArmPart::name);
      arm.*part->settings = read_settings(study, member, prefix + "." + member.key);
    }
  }
  if (arm.algorithm.empty())
    fail_at(name->node.place, "algorithm", "arm '" + arm.name + "' needs an algorithm");
  return arm;
}

bool truth_of(const Member& member) {
  const auto* truth = std::get_if<bool>(&member.node.value);
  if (!truth)
    fail_at(member.node.place, member.key,
            member.key + " must be true or false, not " + std::string(member.node.kind()));
  return *truth;
}

void read_verdicts(Study& study, const Member& member) {
  check_keys(table_of(member), {"alpha", "known"}, "[verdicts]");
  if (const Member* alpha = find_member(table_of(member), "alpha"))
    apply_override(study, "verdicts.alpha", alpha->place, alpha->node);
}

// [verdicts.known]: values that claims may name though the axis, which is there by now, lacks them.
void read_known(Study& study, const Member& member) {
  std::vector<std::string> names;
  for (const Axis& axis : study.axes) names.push_back(axis.name);
  for (const Member& item : table_of(member)) {
    const auto axis = std::ranges::find(study.axes, item.key, &Axis::name);
    if (axis == study.axes.end())
      fail_at(item.place, item.key, "[verdicts.known]: " + unknown_name("axis", item.key, names));
    for (const Node& value : list_of(item)) {
      if (value.list()) fail_at(value.place, item.key, "an axis holds single values, not lists");
      study.known[axis->key].push_back(to_value(value, item.key));
    }
  }
}

// It becomes a folder of results/out, and an argument on command lines.
bool is_study_name(std::string_view name) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_.";
  return !name.empty() && name.size() <= 100 && name.find_first_not_of(allowed) == name.npos &&
         name.front() != '.' && name.front() != '-';
}

}  // namespace

Claim read_claim(Study& study, const Node& node) {
  if (!node.table())
    fail_at(node.place, "claims", "a claim must be a table, not " + std::string(node.kind()));
  check_keys(*node.table(), {"id", "statement", "explanation", "holds", "interval", "requires_existence"},
             "a claim");
  Claim claim;
  Place place = node.place;
  for (const Member& member : *node.table()) {
    if (member.key == "id") claim.id = text_of(member), place = member.node.place;
    if (member.key == "statement") claim.statement = text_of(member);
    if (member.key == "explanation") claim.explanation = text_of(member);
    if (member.key == "holds") claim.holds = text_of(member);
    if (member.key == "interval") claim.interval = text_of(member);
    if (member.key == "requires_existence") claim.requires_existence = truth_of(member);
  }
  if (claim.id.empty()) fail_at(place, "id", "a claim needs an id");
  if (claim.statement.empty()) fail_at(place, "statement", "claim '" + claim.id + "' needs a statement");
  if (claim.holds.empty() == claim.interval.empty())
    fail_at(place, "holds", "claim '" + claim.id + "' needs either 'holds' or 'interval'");
  study.places["claims." + claim.id] = place;
  for (const Member& member : *node.table())
    study.places["claims." + claim.id + "." + member.key] = member.node.place;
  return claim;
}

std::string read_name(const Member& member) {
  const std::string& name = text_of(member);
  if (!is_study_name(name))
    fail_at(member.node.place, "name",
            "study name '" + name +
                "' may hold up to 100 letters, digits and + - _ . only, and starts with none of - .");
  return name;
}

void check_keys(const Node::Table& table, const std::vector<std::string>& valid, std::string_view where) {
  for (const Member& member : table)
    if (std::ranges::find(valid, member.key) == valid.end())
      fail_at(member.place, member.key, std::string(where) + ": " + unknown_name("key", member.key, valid));
}

const Member* find_member(const Node::Table& table, std::string_view key) {
  const auto it = std::ranges::find(table, key, &Member::key);
  return it == table.end() ? nullptr : &*it;
}

Study read_study(const std::string& name, const Node& document) {
  const Node::Table& top = *document.table();
  check_keys(top,
             {"name",      "title",   "question",       "source",     "world",       "sampler", "penalty",
              "measures",  "at_kl",   "reference_wins", "keep",       "predictions", "arms",    "variants",
              "axes",      "pairs",   "pairs_factor",   "population", "replicates",  "batch",   "seed",
              "precision", "presets", "verdicts",       "claims"},
             "study");
  Study study;
  const Member* stated = find_member(top, "name");
  study.name = stated ? read_name(*stated) : name;
  study.places[""] = {document.place.source, 1, 1};
  for (const std::string key : {"title", "world", "arms", "replicates"})
    if (!find_member(top, key)) fail_at(study.places[""], key, "a study needs '" + key + "'");
  // Arms, world and penalty first: axes and presets name their keys.
  for (const Member& member : top) {
    if (member.key == "title") study.title = text_of(member);
    if (member.key == "question") study.question = text_of(member);
    if (member.key == "source") study.source = text_of(member);
    if (member.key == "world") study.recipe.world = read_settings(study, member, "world");
    if (member.key == "sampler") study.recipe.sampler = read_settings(study, member, "sampler");
    if (member.key == "penalty") study.recipe.penalty = read_settings(study, member, "penalty");
    if (member.key == "arms") {
      study.places["arms"] = member.place;
      for (const Node& arm : list_of(member)) study.recipe.arms.push_back(read_arm(study, arm));
      if (study.recipe.arms.empty()) fail_at(member.node.place, "arms", "a study needs at least one arm");
    }
  }
  try {
    check_names(study.recipe);
  } catch (const InputError& error) {
    fail_at(place_of(study, error.key(), 0), error.key(), error.what());
  }
  for (const std::string key : {"pairs", "pairs_factor", "population", "at_kl", "reference_wins"})
    if (const Member* count = find_member(top, key))
      apply_override(study, count->key, count->place, count->node);
  if (const Member* variants = find_member(top, "variants")) {
    study.variants = read_variants(study.recipe, *variants);
    Axis axis{kVariantAxis, kVariantAxis, {}, {}};
    for (const Variant& variant : study.variants) {
      axis.values.emplace_back(variant.name);
      axis.places.push_back(variant.place);
    }
    study.axes.push_back(std::move(axis));
  }
  for (const Member& member : top) {
    if (member.key == "axes") {
      Layer axes(study);
      for (const Member& axis : table_of(member)) {
        if (axis.node.table())
          fail_at(axis.place, axis.key, "write a dotted axis in quotes: \"" + axis.key + "....\" = [...]");
        axes.apply("axes." + axis.key, axis.place, axis.node);
      }
    }
    const std::vector<std::string> plain = {"seed", "batch", "measures", "keep"};
    if (std::ranges::find(plain, member.key) != plain.end())
      apply_override(study, member.key, member.place, member.node);
    if (member.key == "predictions") study.predictions = truth_of(member);
    if (member.key == "precision") {
      if (!find_member(table_of(member), "of"))
        fail_at(member.place, "precision", "[precision] needs 'of', a list of formulas");
      for (const Member& item : table_of(member))
        apply_override(study, "precision." + item.key, item.place, item.node);
    }
    if (member.key == "verdicts") read_verdicts(study, member);
    if (member.key == "claims")
      for (const Node& claim : list_of(member)) study.claims.push_back(read_claim(study, claim));
  }
  if (const Member* verdicts = find_member(top, "verdicts"))
    if (const Member* known = find_member(table_of(*verdicts), "known")) read_known(study, *known);
  return study;
}

}  // namespace twostage
