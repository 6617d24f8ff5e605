// Texts that others wrote (titles, questions, claims, names in files, paths) on their way to a terminal, a
// table or a page. A character that acts on what shows it instead of being shown is spelled out as \u001b:
// controls (C0, DEL, C1), the marks that reverse the direction of writing, and separators of lines. So no
// title moves the cursor, recolours a verdict or turns "refuted" round. What is no UTF-8 becomes U+FFFD.
#pragma once

#include <string>
#include <string_view>

namespace twostage {

// On one line: tabs and ends of lines become spaces.
std::string plain_text(std::string_view text);

// The same for a text of several lines, whose ends and tabs stay. In a JSON or TOML document every other such
// character stands inside a string, where the spelling means the character again.
std::string plain_lines(std::string_view text);

}  // namespace twostage
