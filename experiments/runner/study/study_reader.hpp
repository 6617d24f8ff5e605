// Internal to the parsing of studies: from a Document to a Study, section by section.
#pragma once

#include "experiments/runner/study/study.hpp"

namespace twostage {

// Everything but presets and replicates, which `parse_study` applies.
Study read_study(const std::string& name, const Node& document);

// Applies one override: a scalar sets a key or narrows its axis to one value, a list makes an axis. Returns
// the full key.
std::string apply_override(Study& study, const std::string& key, const Place& key_place, const Node& value);

// Overrides from one source, where no key may be set twice, however it is written.
class Layer {
 public:
  explicit Layer(Study& study) : study_(study) {}
  void apply(const std::string& key, const Place& key_place, const Node& value);

 private:
  Study& study_;
  std::map<std::string, std::string> written_;  // by full key: the key as written
};

// One of [[claims]]; its places go to the study.
Claim read_claim(Study& study, const Node& node);

// Checks that a table has no other keys than these; the error names the nearest.
void check_keys(const Node::Table& table, const std::vector<std::string>& valid, std::string_view where);
const Member* find_member(const Node::Table& table, std::string_view key);

// The study's name, where a file states it.
std::string read_name(const Member& member);

}  // namespace twostage
