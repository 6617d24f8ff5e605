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

// `fallback` is chosen when there is no kind; `what` names the settings in errors. InputError.
template <typename Extra>
Choice<Extra> choose_kind(const Registry<Extra>& registry, const Settings& given, const std::string& what,
                          const std::string& fallback) {
  std::string kind = fallback;
  Settings knobs;
  for (const auto& [key, value] : given.values()) {
    if (key != "kind") {
      knobs.set(key, value);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      kind = *text;
    } else {
      throw InputError("kind", what + ": kind must be a text, not " + to_text(value));
    }
  }
  const auto& entry = registry.at(kind, "kind");
  return {entry, resolve(entry.knobs, knobs, what + " '" + kind + "'")};
}

}  // namespace twostage
