#include "experiments/runner/terminal/shell_word.hpp"

#include <fmt/format.h>

#include <string_view>

#include "sim/catalog/plain_text.hpp"

namespace twostage {
namespace {

// Three digits each, so that a digit which follows is not taken for a fourth.
std::string spelled_out(const std::string& text) {
  std::string out = "$'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte > '~' || c == '\'' || c == '\\')
      out += fmt::format("\\{:03o}", byte);
    else
      out += c;
  }
  return out + "'";
}

}  // namespace

std::string shell_word(const std::string& text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.,:/@%=";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
  if (plain_text(text) != text) return spelled_out(text);
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

std::string shell_words(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    if (!out.empty()) out += ' ';
    out += shell_word(text);
  }
  return out;
}

}  // namespace twostage
