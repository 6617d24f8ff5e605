// What the program says on stderr. Saying something decides nothing: a terminal that went away, a closed pipe
// or a full disk behind stderr changes neither a result nor an exit code. Every message goes through here.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <type_traits>

#include "sim/catalog/plain_text.hpp"

namespace twostage {

// Writes the text as it is. What cannot be written is lost, and no signal comes of it.
void say_text(std::string_view text) noexcept;

// Texts among the parts (names, paths, what went wrong) are made plain.
template <typename Part>
constexpr bool is_text_part = std::is_convertible_v<const Part&, std::string_view>;
template <typename Part>
using PlainPart = std::conditional_t<is_text_part<Part>, std::string, Part>;

template <typename Part>
PlainPart<Part> plain_part(const Part& part) {
  if constexpr (is_text_part<Part>)
    return plain_text(part);
  else
    return part;
}

template <typename... Parts>
void say(fmt::format_string<PlainPart<Parts>...> format, const Parts&... parts) noexcept {
  try {
    say_text(fmt::format(format, plain_part(parts)...));
  } catch (...) {  // no memory for a message
  }
}

// Whether stderr takes text without waiting. A terminal stopped by Ctrl-S does not.
bool can_say() noexcept;

// Descriptors 0 to 2 that came closed are taken, so that no file opened later gets such a number and, with
// it, our messages. Whatever is read or written there fails, as on a closed one.
void keep_standard_descriptors() noexcept;

}  // namespace twostage
