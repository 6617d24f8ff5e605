// A registry: the named choices of one kind (worlds, classes, algorithms, penalties, metrics). From it
// come the study-file keys, `twostage list`, messages that name the valid choices, and completeness tests.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sim/catalog/settings.hpp"

namespace twostage {

enum class Status { exact, checked, heuristic };  // exact: proved; checked: against known values

// `Extra` holds what an entry of this kind does (a factory, usually a function pointer).
template <typename Extra>
struct Entry {
  std::string name;
  std::string summary;  // one line
  std::string source;   // paper or section
  Status status;
  std::vector<Knob> knobs;
  Extra extra;
};

template <typename Extra>
class Registry {
 public:
  Registry(std::string kind, std::vector<Entry<Extra>> entries)
      : kind_(std::move(kind)), entries_(std::move(entries)) {}

  const std::string& kind() const { return kind_; }
  const std::vector<Entry<Extra>>& entries() const { return entries_; }

  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& e : entries_) out.push_back(e.name);
    return out;
  }

  // Throws InputError naming the valid choices. `key` is the setting that held the name.
  const Entry<Extra>& at(std::string_view name, std::string_view key = {}) const {
    for (const auto& e : entries_)
      if (e.name == name) return e;
    throw InputError(std::string(key.empty() ? std::string_view(kind_) : key),
                     unknown_name(kind_, name, names()));
  }

 private:
  std::string kind_;
  std::vector<Entry<Extra>> entries_;
};

}  // namespace twostage
