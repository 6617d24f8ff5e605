// A document: a tree of keys and values, each with the place where it was written, so that an error found
// much later (a knob out of range, an unknown class) is still shown at its line and column. Study files and
// `key=value` arguments are read into this form; the TOML library stays behind `read_toml`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/catalog/settings.hpp"

namespace twostage {

struct Place {
  std::string source;  // a file, or what stands in for one ("command line")
  int line = 0;        // 0: the source has no lines
  int column = 0;

  std::string text() const;  // "study.toml:3:9"
  bool known() const { return !source.empty(); }
};

struct Member;

struct Node {
  using List = std::vector<Node>;
  using Table = std::vector<Member>;  // in the order written
  std::variant<bool, std::int64_t, double, std::string, List, Table> value;
  Place place;

  const Table* table() const { return std::get_if<Table>(&value); }
  const List* list() const { return std::get_if<List>(&value); }
  std::string_view kind() const;  // "an integer", "a table", ...
};

struct Member {
  std::string key;
  Place place;
  Node node;
};

// InputError "place: message".
[[noreturn]] void fail_at(const Place& place, std::string_view key, const std::string& message);

// The value of a scalar or of a list of numbers (or of rows of them, read one after the other); fails at its
// place for anything else.
Value to_value(const Node& node, std::string_view key);

// Parse errors are InputErrors with line and column. `source` names the text in messages.
Node read_toml(std::string_view text, const std::string& source);

// The right side of `key=value`: a TOML value, or a comma list of them. Words need no quotes.
Node read_argument(std::string_view text, const Place& place);

}  // namespace twostage
