#include "experiments/runner/study/variants.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "experiments/runner/study/given_file.hpp"
#include "experiments/runner/study/study_reader.hpp"
#include "results/file/regular_file.hpp"

namespace twostage {
namespace {

// Puts a member where its dotted key says, into tables that are made as needed.
void insert(Node::Table& tree, const std::string& path, const Member& member) {
  const auto dot = path.find('.');
  const std::string head = path.substr(0, dot);
  auto at = std::ranges::find(tree, head, &Member::key);
  const bool is_new = at == tree.end();
  if (is_new) at = tree.insert(tree.end(), {head, member.place, {Node::Table{}, member.node.place}});
  auto* inner = std::get_if<Node::Table>(&at->node.value);
  if (!inner) fail_at(member.place, member.key, "'" + member.key + "' is set twice");
  if (dot != path.npos) {
    insert(*inner, path.substr(dot + 1), member);
  } else if (const auto* table = member.node.table()) {
    for (const Member& item : *table) insert(*inner, item.key, item);
  } else if (is_new) {
    at->node = member.node;
  } else {
    fail_at(member.place, member.key, "'" + member.key + "' is set twice");
  }
}

Node::Table nested(const Node::Table& table) {
  Node::Table tree;
  for (const Member& member : table) insert(tree, member.key, member);
  return tree;
}

std::string selector_of(const std::string& part) {
  if (part == "world") return "family";
  if (part == "sampler") return "kind";
  return std::ranges::find(arm_parts(), part.substr(part.rfind('.') + 1), &ArmPart::name)->selector;
}

struct Leaf {
  std::string key;
  Place place;
  Node node;
};

class VariantReader {
 public:
  VariantReader(const Recipe& base, const std::string& name, const Place& place) : recipe_(base) {
    variant_.name = name;
    variant_.place = place;
  }

  Variant read(const Node::Table& table) {
    for (const Member& member : nested(table)) {
      if (member.key == "name") continue;
      if (member.key == "world" || member.key == "sampler" || member.key == "penalty")
        read_part(member.key, member);
      else if (member.key == "arms")
        for (const Member& arm : table_of(member)) read_arm(arm);
      else
        read_keys(member.key, member);
    }
    // What an arm is comes before its parts, and parts before single keys.
    std::ranges::stable_sort(variant_.changes, std::ranges::greater{},
                             [](const Change& change) { return is_arm(change.key); });
    vary(recipe_, variant_);
    located([&] { check_names(recipe_); }, variant_.place);
    std::ranges::stable_sort(leaves_, {}, [](const Leaf& leaf) { return narrowness(leaf.key); });
    for (const Leaf& leaf : leaves_) {
      std::string full;
      located([&] { full = full_key(recipe_, leaf.key).name; }, leaf.place);
      variant_.set(full, to_value(leaf.node, leaf.key), leaf.place);
      located([&] { assign(recipe_, full, std::get<Value>(variant_.changes.back().to)); }, leaf.place);
    }
    located([&] { check_names(recipe_); }, variant_.place);
    return std::move(variant_);
  }

 private:
  static bool is_arm(std::string_view key) {
    return key.starts_with("arms.") && std::ranges::count(key, '.') == 1;
  }

  const Node::Table& table_of(const Member& member) const {
    if (!member.node.table())
      fail_at(member.node.place, member.key,
              "variant '" + variant_.name + "': " + member.key + " must be a table, not " +
                  std::string(member.node.kind()));
    return *member.node.table();
  }

  // Adds the variant to the message and, where one is known, the place of the key at fault.
  template <typename Function>
  void located(Function&& function, const Place& otherwise) const {
    try {
      function();
    } catch (const InputError& error) {
      const auto it = variant_.places.find(error.key());
      fail_at(it == variant_.places.end() ? otherwise : it->second, error.key(),
              "variant '" + variant_.name + "': " + error.what());
    }
  }

  void read_part(const std::string& part, const Member& member) {
    const Node::Table& table = table_of(member);
    const std::string selector = selector_of(part);
    if (!table.empty() && !selector.empty() && !find_member(table, selector)) {
      read_keys(part, member);
      return;
    }
    Settings settings;
    variant_.places[part] = member.place;
    for (const Member& item : table) {
      settings.set(item.key, to_value(item.node, item.key));
      variant_.places[part + "." + item.key] = item.place;
    }
    if (const Member* file = find_member(table, "file"))
      read_given_file(settings, part, *file, variant_.places);
    variant_.changes.push_back({part, std::move(settings)});
  }

  void read_arm(const Member& member) {
    std::vector<std::string> names;
    for (const ArmSpec& arm : recipe_.arms) names.push_back(arm.name);
    if (std::ranges::find(names, member.key) == names.end())
      fail_at(member.place, member.key,
              "variant '" + variant_.name + "': " + unknown_name("arm", member.key, names));
    const std::string prefix = "arms." + member.key;
    std::vector<std::string> keys = {"algorithm"};
    for (const ArmPart& part : arm_parts()) keys.push_back(part.name);
    check_keys(table_of(member), keys, "variant '" + variant_.name + "', arm '" + member.key + "'");
    for (const Member& part : table_of(member)) {
      const std::string key = prefix + "." + part.key;
      if (part.key != "algorithm") {
        read_part(key, part);
        continue;
      }
      if (!std::holds_alternative<std::string>(part.node.value))
        fail_at(part.node.place, key, key + " must be a text, not " + std::string(part.node.kind()));
      Settings algorithm;
      algorithm.set("algorithm", to_value(part.node, key));
      variant_.places[prefix] = variant_.places[key] = part.place;
      variant_.changes.push_back({prefix, std::move(algorithm)});
    }
  }

  void read_keys(const std::string& key, const Member& member) {
    if (const auto* table = member.node.table())
      for (const Member& item : *table) read_keys(key + "." + item.key, item);
    else
      leaves_.push_back({key, member.place, member.node});
  }

  Recipe recipe_;  // as far as it is known
  Variant variant_;
  std::vector<Leaf> leaves_;
};

bool is_variant_name(std::string_view name) {
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_.:/()";
  return !name.empty() && name.find_first_not_of(allowed) == name.npos;
}

std::vector<Variant> read_list(const Recipe& base, const Member& member) {
  if (!member.node.list())
    fail_at(member.node.place, member.key,
            "variants must be a list of tables or the name of a file that holds one, not " +
                std::string(member.node.kind()));
  std::vector<Variant> variants;
  std::set<std::string> names;
  for (const Node& node : *member.node.list()) {
    if (!node.table())
      fail_at(node.place, member.key, "a variant must be a table, not " + std::string(node.kind()));
    const Member* name = find_member(*node.table(), "name");
    if (!name) fail_at(node.place, "name", "a variant needs a name");
    const auto* text = std::get_if<std::string>(&name->node.value);
    if (!text || !is_variant_name(*text))
      fail_at(name->node.place, "name",
              "the name of a variant may hold letters, digits and + - _ . : / ( ) only");
    if (!names.insert(*text).second)
      fail_at(name->node.place, "name", "two variants are named '" + *text + "'");
    variants.push_back(VariantReader(base, *text, name->node.place).read(*node.table()));
  }
  if (variants.empty()) fail_at(member.node.place, member.key, "there is no variant in the list");
  return variants;
}

}  // namespace

void Variant::set(const std::string& full_key, const Value& value, const Place& place_of_value) {
  places[full_key] = place_of_value;
  changes.push_back({full_key, value});
}

void vary(Recipe& recipe, const Variant& variant) {
  for (const Change& change : variant.changes) {
    const auto* settings = std::get_if<Settings>(&change.to);
    if (!settings) {
      assign(recipe, change.key, std::get<Value>(change.to));
    } else if (change.key == "world") {
      recipe.world = *settings;
    } else if (change.key == "sampler") {
      recipe.sampler = *settings;
    } else if (change.key == "penalty") {
      recipe.penalty = *settings;
    } else {
      for (ArmSpec& arm : recipe.arms) {
        const std::string prefix = "arms." + arm.name;
        if (change.key == prefix) arm = {.name = arm.name, .algorithm = settings->text("algorithm")};
        for (const ArmPart& part : arm_parts())
          if (change.key == prefix + "." + part.name) arm.*part.settings = *settings;
      }
    }
  }
}

std::vector<Variant> read_variants(const Recipe& base, const Member& member) {
  const auto* name = std::get_if<std::string>(&member.node.value);
  if (!name) return read_list(base, member);
  const auto path = std::filesystem::path(member.node.place.source).parent_path() / *name;
  if (!std::filesystem::exists(path) || std::filesystem::is_directory(path))
    fail_at(member.node.place, member.key, path.string() + ": no such file of variants");
  const std::string text = read_text_file(path);
  const Node document = read_toml(text, path.string());
  check_keys(*document.table(), {"variants"}, "a file of variants");
  const Member* list = find_member(*document.table(), "variants");
  if (!list) fail_at({path.string(), 1, 1}, "variants", "a file of variants holds [[variants]]");
  return read_list(base, *list);
}

}  // namespace twostage
