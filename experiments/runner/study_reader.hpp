// Internal to the parsing of studies: from a Document to a Study, section by section.
#pragma once

#include "experiments/runner/study.hpp"

namespace twostage {

// Everything but presets and replicates, which `parse_study` applies.
Study read_study(const std::string& name, const Node& document);

// Applies one override: a scalar sets a key or narrows its axis to one value, a list makes an axis.
void apply_override(Study& study, const std::string& key, const Place& key_place, const Node& value);

// Checks that a table has no other keys than these; the error names the nearest.
void check_keys(const Node::Table& table, const std::vector<std::string>& valid, std::string_view where);
const Member* find_member(const Node::Table& table, std::string_view key);

}  // namespace twostage
