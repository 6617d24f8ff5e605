// What the program printed: its lines, how wide it is, and whether pandas reads it.
#pragma once

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "sim/catalog/text_table.hpp"
#include "tests/support/process.hpp"

namespace twostage::test {

inline std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Without its line breaks and indents: one space between words.
inline std::string unwrapped(const std::string& text) {
  std::istringstream in(text);
  std::string out;
  for (std::string word; in >> word;) out += (out.empty() ? "" : " ") + word;
  return out;
}

// The widest line, but for those with a word that fits nowhere (hashes, paths): words are never cut.
inline std::size_t widest(const std::string& text) {
  std::size_t width = 0;
  for (const std::string& line : lines_of(text)) {
    std::istringstream words(line);
    bool has_long_word = false;
    for (std::string word; words >> word;) has_long_word = has_long_word || word.size() > 45;
    if (!has_long_word) width = std::max(width, text_width(line));
  }
  return width;
}

inline bool has_pandas(const ScratchFolder& folder) {
  return run(folder.path(), "/usr/bin/python3", {"-c", "import pandas"}).code == 0;
}

// Reads the CSV text with pandas as `t` and runs `checks`.
inline Outcome in_pandas(const ScratchFolder& folder, const std::string& csv, const std::string& checks) {
  write_text(folder / "t.csv", csv);
  return run(folder.path(), "/usr/bin/python3",
             {"-c", "import pandas\nt = pandas.read_csv('t.csv')\n" + checks});
}

}  // namespace twostage::test
