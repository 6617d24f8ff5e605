// Reading TOML into a Document. The only file that sees the TOML library: it costs seconds to compile.
#include <toml++/toml.h>

#include <algorithm>

#include "experiments/runner/study/document.hpp"
#include "experiments/runner/study/toml_limits.hpp"
#include "experiments/runner/study/typed_number.hpp"

namespace twostage {
namespace {

Place place_of(const toml::source_region& region, const std::string& source) {
  return {source, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

Node convert(const toml::node& node, const std::string& source) {
  Node out{false, place_of(node.source(), source)};
  if (const auto* table = node.as_table()) {
    Node::Table members;
    for (const auto& [key, value] : *table) {
      Node child = convert(value, source);
      if (const std::string wrong = key_excess(key.str()); !wrong.empty())
        fail_at(place_of(key.source(), source), "", wrong);
      // A table that exists only through the keys below it ([a.b], a.b = 1) has no place of its own.
      const Place place = key.source().begin.line > 0 ? place_of(key.source(), source) : child.place;
      members.push_back({std::string(key.str()), place, std::move(child)});
    }
    // toml++ sorts by key; axes and arms keep the order of the file.
    std::ranges::stable_sort(members, [](const Member& a, const Member& b) {
      return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
    });
    out.value = std::move(members);
  } else if (const auto* array = node.as_array()) {
    Node::List items;
    for (const auto& item : *array) items.push_back(convert(item, source));
    out.value = std::move(items);
  } else if (const auto* text = node.as_string()) {
    out.value = text->get();
  } else if (const auto* integer = node.as_integer()) {
    out.value = integer->get();
  } else if (const auto* real = node.as_floating_point()) {
    out.value = real->get();
  } else if (const auto* boolean = node.as_boolean()) {
    out.value = boolean->get();
  } else {
    fail_at(out.place, "", "dates and times mean nothing here");
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// One item of an argument: a TOML value if it reads as one, else a word.
Node read_item(std::string_view text, const Place& place) {
  Node node{std::string(text), place};
  const std::string line = "v = " + std::string(text);
  if (const auto excess = toml_excess(line)) fail_at(place, "", excess->message);
  try {
    const toml::table parsed = toml::parse(line);
    if (parsed.size() == 1) node = convert(*parsed.get("v"), place.source);
  } catch (const toml::parse_error&) {
    if (text.find_first_of("[]{}\"'") != std::string_view::npos)
      fail_at(place, "", "'" + std::string(text) + "' is not a value");
  }
  return node;
}

// The values that one item stands for: several where it is a range.
std::vector<Node> read_items(std::string_view text, const Place& place) {
  if (text.find(':') != std::string_view::npos)  // before TOML takes it for a time of day
    if (auto range = typed_numbers(text, place)) return *std::move(range);
  Node node = read_item(text, place);
  const bool understood = std::holds_alternative<std::int64_t>(node.value) ||
                          (std::holds_alternative<double>(node.value) && text.find('.') != text.npos);
  if (!understood)
    if (auto number = typed_numbers(text, place)) return *std::move(number);
  return {std::move(node)};
}

void set_place(Node& node, const Place& place) {
  node.place = place;
  if (auto* list = std::get_if<Node::List>(&node.value))
    for (Node& item : *list) set_place(item, place);
}

}  // namespace

Node read_toml(std::string_view text, const std::string& source) {
  if (const auto excess = toml_excess(text))
    fail_at({source, excess->line, excess->column}, "", excess->message);
  try {
    return convert(toml::parse(text), source);
  } catch (const toml::parse_error& error) {
    fail_at(place_of(error.source(), source), "", std::string(error.description()));
  }
}

Node read_argument(std::string_view text, const Place& place) {
  text = trimmed(text);
  Node node{false, place};
  if (text.empty()) fail_at(place, "", "a value is missing after '='");
  if (text.front() == '[' || text.front() == '"' || text.front() == '{') {
    node = read_item(text, place);
  } else {
    Node::List items;
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      const std::string_view item = trimmed(text.substr(begin, end - begin));
      if (item.empty()) fail_at(place, "", "a value is missing between commas");
      for (Node& value : read_items(item, place)) items.push_back(std::move(value));
      begin = end + 1;
    }
    if (items.size() == 1)
      node = std::move(items.front());
    else
      node.value = std::move(items);
  }
  set_place(node, place);
  return node;
}

}  // namespace twostage
