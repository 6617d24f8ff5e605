// Texts and tables for people, laid out for a given width. Texts break at spaces (not before a
// per cent sign) and go on under a hanging indent; numbers and names never break. What does not fit is
// wrapped or stacked, never cut.
//
// A table is drawn in the first of these ways that fits:
//   aligned   every column as wide as its widest entry
//   wrapped   columns of texts are narrower and their entries take several lines; after one that holds a
//             longer word than fits, the row goes on in the next line, under its headings
//   stacked   one entry a line, beside its heading
//
// The width of a text is what a terminal with fixed-width type makes of it: code points, two places for the
// wide characters of East Asia and emoji, none for marks that combine with the character before.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace twostage {

std::size_t text_width(std::string_view text);

// The words of `text` in lines of at most `width` places, unless one word is longer. The first line opens
// with `opening`, which counts, the others with `indent` spaces. No end of line at the end.
std::string wrapped(std::string_view text, std::size_t width, std::string_view opening = "",
                    std::size_t indent = 0);

class TextTable {
 public:
  enum class Align {
    left,   // names, never broken
    right,  // numbers, never broken
    text    // breaks at spaces
  };
  struct Column {
    std::string heading;
    Align align = Align::left;
  };

  // All of it stands `indent` places from the left. Without any heading there is no line of headings.
  explicit TextTable(std::vector<Column> columns, std::size_t indent = 0);

  // Entries from the left; those that are not given are empty. Spaces before the first stay.
  void row(std::vector<std::string> entries);
  // The same with a text in place of all other columns.
  void row(std::vector<std::string> entries, std::string rest);
  // A text below the last row, as far from the left as the second column, or as `note_indent` says.
  void note(std::string text);
  void set_note_indent(std::size_t indent) { note_indent_ = indent; }

  // Every line ends with an end of line.
  std::string text(std::size_t width) const;

 private:
  struct Row {
    std::vector<std::string> entries;
    std::string rest;
    bool is_note = false;
  };
  // Per column; empty when the table has to be stacked.
  std::vector<std::size_t> widths_for(std::size_t width) const;
  bool words_fit(const std::vector<std::size_t>& widths, std::size_t width) const;
  std::string aligned(const Row& row, const std::vector<std::size_t>& widths, std::size_t width) const;
  std::string stacked(std::size_t width) const;
  std::string stacked(const Row& row, std::size_t headings, std::size_t width) const;
  bool has_headings() const;

  std::vector<Column> columns_;
  std::size_t indent_;
  std::size_t note_indent_ = 0;  // 0: the second column's
  std::vector<Row> rows_;
};

}  // namespace twostage
