// How large and how deep a TOML text may be. The TOML library bounds nested values but neither the parts of a
// dotted key nor the size, and it, our reading and the destructors of either recurse: 15,000 parts end a
// process. So a text is scanned before it is parsed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace twostage {

inline constexpr std::size_t kLargestToml = 32'000'000;  // bytes
inline constexpr int kDeepestToml = 32;                  // nested [ ] and { }; as many parts in a key

struct TomlExcess {
  int line;
  int column;
  std::string message;
};

// The first place where the text is too large or too deep. The scan knows strings and comments; what it says
// of a text that is no TOML does not matter, since the parser stops there.
std::optional<TomlExcess> toml_excess(std::string_view text);

// Why a key that stands in quotes or on the command line ("arms.dpo.options.beta_factor") is none; empty when
// nothing is wrong.
std::string key_excess(std::string_view key);

}  // namespace twostage
