#include "sim/catalog/plain_text.hpp"

#include <cstddef>
#include <cstdint>

namespace twostage {
namespace {

struct Character {
  std::uint32_t code = 0xfffd;
  std::size_t bytes = 1;
  bool valid = false;
};

// The first character of a text that is not empty, by the table of well-formed sequences in Unicode 3.9
// (D92): no overlong forms, no surrogates, nothing above U+10FFFF.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  if (lead < 0xc2 || lead > 0xf4) return {};
  const std::size_t bytes = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (text.size() < bytes) return {};
  std::uint32_t code = lead & (0xffu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3fu);
  }
  const bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  if (overlong || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {code, bytes, true};
}

bool acts(std::uint32_t c) {
  const auto between = [c](std::uint32_t first, std::uint32_t last) { return c >= first && c <= last; };
  return c < 0x20 || between(0x7f, 0x9f) || c == 0x61c || between(0x200e, 0x200f) ||
         between(0x2028, 0x202e) || between(0x2066, 0x2069) || c == 0xfeff;
}

std::string spelled(std::uint32_t code) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += digits[code >> shift & 15];
  return out;
}

std::string plain(std::string_view text, bool one_line) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character c = first_character(text);
    if (c.code == '\t' || c.code == '\n' || (one_line && c.code == '\r'))
      out += one_line ? ' ' : text[0];
    else if (!c.valid)
      out += "\xef\xbf\xbd";
    else if (acts(c.code))
      out += spelled(c.code);
    else
      out += text.substr(0, c.bytes);
    text.remove_prefix(c.bytes);
  }
  return out;
}

}  // namespace

std::string plain_text(std::string_view text) {
  return plain(text, true);
}

std::string plain_lines(std::string_view text) {
  return plain(text, false);
}

}  // namespace twostage
