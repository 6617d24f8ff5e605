// Texts as words of a POSIX shell, in quotes where they need them.
#pragma once

#include <string>
#include <vector>

namespace twostage {

std::string shell_word(const std::string& text);
std::string shell_words(const std::vector<std::string>& texts);  // with a space between any two

}  // namespace twostage
