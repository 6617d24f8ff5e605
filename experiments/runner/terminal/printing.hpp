// Texts and tables on stdout, laid out (sim/catalog/text_table.hpp) for the width that there is: what COLUMNS
// says, else that of the terminal behind stdout, else 80.
#pragma once

#include <cstddef>
#include <string_view>

#include "sim/catalog/text_table.hpp"

namespace twostage {

// From 20 on. A COLUMNS that is no whole number from 20 to 1 000 000 says nothing.
std::size_t output_width();

// In lines of that width; the first opens with `opening`, the others with `indent` spaces.
void print_text(std::string_view text, std::string_view opening = "", std::size_t indent = 0);
void print_table(const TextTable& table);

}  // namespace twostage
