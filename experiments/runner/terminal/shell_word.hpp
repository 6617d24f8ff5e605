// Texts as words of a shell, in quotes where they need them. A word is one line, and what acts on a terminal
// is spelled out, so that it can be shown, copied, and put into a script whatever it holds. That spelling,
// $'\012', is bash's and of POSIX 2024.
#pragma once

#include <string>
#include <vector>

namespace twostage {

std::string shell_word(const std::string& text);
std::string shell_words(const std::vector<std::string>& texts);  // with a space between any two

}  // namespace twostage
