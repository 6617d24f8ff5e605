// Settings that choose an entry of a registry by their own key "kind", and hold its knobs.
#pragma once

#include <string>
#include <variant>

#include "sim/catalog/registry.hpp"

namespace twostage {

template <typename Extra>
struct Choice {
  const Entry<Extra>& entry;
  Settings resolved;  // its knobs, defaults filled in
};

// The name of the kind, `fallback` when there is none; `what` names the settings in errors. InputError.
inline std::string chosen_kind(const Settings& given, const std::string& what, const std::string& fallback) {
  const auto at = given.values().find("kind");
  if (at == given.values().end()) return fallback;
  if (const auto* text = std::get_if<std::string>(&at->second)) return *text;
  throw InputError("kind", what + ": kind must be a text, not " + to_text(at->second));
}

// The entry of that name, and its knobs. InputError.
template <typename Extra>
Choice<Extra> choose_kind(const Registry<Extra>& registry, const Settings& given, const std::string& what,
                          const std::string& fallback) {
  const std::string kind = chosen_kind(given, what, fallback);
  Settings knobs;
  for (const auto& [key, value] : given.values())
    if (key != "kind") knobs.set(key, value);
  const auto& entry = registry.at(kind, "kind");
  return {entry, resolve(entry.knobs, knobs, what + " '" + kind + "'")};
}

}  // namespace twostage
