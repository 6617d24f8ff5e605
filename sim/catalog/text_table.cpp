#include "sim/catalog/text_table.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace twostage {
namespace {

constexpr std::size_t kGap = 2;  // between columns
constexpr std::size_t kNarrowest =
    12;  // a column of texts, unless its heading is wider or its texts are short
constexpr std::size_t kStackedIndent = 2;  // of notes, and of texts below a name

struct Span {
  std::uint32_t first, last;
};
// Marks that combine with the character before, and characters without width.
constexpr std::array<Span, 9> kNoWidth = {{{0x300, 0x36f},
                                           {0x483, 0x489},
                                           {0x591, 0x5bd},
                                           {0x64b, 0x65f},
                                           {0x1ab0, 0x1aff},
                                           {0x200b, 0x200d},
                                           {0x20d0, 0x20ff},
                                           {0xfe00, 0xfe0f},
                                           {0xfe20, 0xfe2f}}};
// East Asian width W and F (Unicode annex 11), by blocks, and emoji.
constexpr std::array<Span, 9> kTwoWide = {{{0x1100, 0x115f},
                                           {0x2e80, 0xa4cf},
                                           {0xac00, 0xd7a3},
                                           {0xf900, 0xfaff},
                                           {0xfe30, 0xfe6f},
                                           {0xff00, 0xff60},
                                           {0xffe0, 0xffe6},
                                           {0x1f300, 0x1f9ff},
                                           {0x20000, 0x3fffd}}};

bool is_in(const auto& spans, std::uint32_t code) {
  return std::ranges::any_of(spans, [code](const Span& s) { return code >= s.first && code <= s.last; });
}

std::string spaces(std::size_t count) {
  return std::string(count, ' ');
}

void trim_right(std::string& line) {
  line.erase(line.find_last_not_of(' ') + 1);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// A per cent sign goes with its number: "10 %" is one word.
std::size_t end_of_word(std::string_view text, std::size_t begin) {
  const std::size_t end = std::min(text.find(' ', begin), text.size());
  return text.substr(end).starts_with(" %") ? std::min(text.find(' ', end + 1), text.size()) : end;
}

std::size_t longest_word(std::string_view text) {
  std::size_t longest = 0;
  for (std::size_t begin = 0; (begin = text.find_first_not_of(' ', begin)) != std::string_view::npos;) {
    const std::size_t end = end_of_word(text, begin);
    longest = std::max(longest, text_width(text.substr(begin, end - begin)));
    begin = end;
  }
  return longest;
}

std::size_t leading_spaces(const std::string& text) {
  return std::min(text.find_first_not_of(' '), text.size());
}

}  // namespace

std::size_t text_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t k) { return static_cast<std::uint8_t>(text[k]); };
    // What is no UTF-8 counts byte by byte.
    const std::uint8_t lead = byte(i);
    std::size_t bytes = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    std::uint32_t code = bytes == 1 ? lead : lead & (0xffU >> (bytes + 1));
    std::size_t k = 1;
    for (; k < bytes && i + k < text.size() && (byte(i + k) & 0xc0U) == 0x80; ++k)
      code = code << 6U | (byte(i + k) & 0x3fU);
    if (k < bytes) bytes = 1, code = lead;
    width += is_in(kNoWidth, code) ? 0 : is_in(kTwoWide, code) ? 2 : 1;
    i += bytes;
  }
  return width;
}

std::string wrapped(std::string_view text, std::size_t width, std::string_view opening, std::size_t indent) {
  std::string out(opening);
  std::size_t column = text_width(opening);
  bool first = true;  // in its line
  for (std::size_t begin = 0; (begin = text.find_first_not_of(' ', begin)) != std::string_view::npos;) {
    const std::size_t end = end_of_word(text, begin);
    const std::string_view word = text.substr(begin, end - begin);
    const std::size_t places = text_width(word);
    if (column + (first ? 0 : 1) + places > width && (!first || column > indent)) {
      trim_right(out);
      out += '\n';
      out += spaces(indent);
      column = indent;
      first = true;
    }
    if (!first) {
      out += ' ';
      ++column;
    }
    out += word;
    column += places;
    first = false;
    begin = end;
  }
  trim_right(out);
  return out;
}

TextTable::TextTable(std::vector<Column> columns, std::size_t indent)
    : columns_(std::move(columns)), indent_(indent) {}

void TextTable::row(std::vector<std::string> entries) {
  row(std::move(entries), "");
}

void TextTable::row(std::vector<std::string> entries, std::string rest) {
  if (entries.size() > columns_.size()) throw std::invalid_argument("a row has more entries than columns");
  rows_.push_back({std::move(entries), std::move(rest), false});
}

void TextTable::note(std::string text) {
  rows_.push_back({{}, std::move(text), true});
}

bool TextTable::has_headings() const {
  return std::ranges::any_of(columns_, [](const Column& c) { return !c.heading.empty(); });
}

std::vector<std::size_t> TextTable::widths_for(std::size_t width) const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(text_width(column.heading));
  const std::vector<std::size_t> headings = widths;
  for (const Row& row : rows_)
    for (std::size_t c = 0; c < row.entries.size(); ++c)
      widths[c] = std::max(widths[c], text_width(row.entries[c]));
  const auto total = [&] {
    return std::accumulate(widths.begin(), widths.end(), indent_ + kGap * (widths.size() - 1));
  };
  while (total() > width) {  // the widest column of texts gives way
    std::size_t widest = widths.size();
    for (std::size_t c = 0; c < widths.size(); ++c)
      if (columns_[c].align == Align::text && widths[c] > std::max(kNarrowest, headings[c]) &&
          (widest == widths.size() || widths[c] > widths[widest]))
        widest = c;
    if (widest == widths.size()) return {};
    --widths[widest];
  }
  return words_fit(widths, width) ? widths : std::vector<std::size_t>{};
}

// Whether no word reaches beyond the width that would not do so if the table were stacked.
bool TextTable::words_fit(const std::vector<std::size_t>& widths, std::size_t width) const {
  std::size_t headings = 0;
  for (const Column& column : columns_) headings = std::max(headings, text_width(column.heading));
  const std::size_t stacked_start = indent_ + (headings > 0 ? headings + kGap : 2 * kStackedIndent);
  std::size_t start = indent_;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    for (const Row& row : rows_) {
      if (columns_[c].align != Align::text || row.entries.size() <= c) continue;
      const std::size_t word = longest_word(row.entries[c]);
      if (start + word > width && stacked_start + word <= width) return false;
    }
    start += widths[c] + kGap;
  }
  return true;
}

std::string TextTable::aligned(const Row& row, const std::vector<std::size_t>& widths,
                               std::size_t width) const {
  std::vector<std::string> lines(1);
  std::size_t base = 0;  // the line that the row is at
  const auto place = [&](std::size_t line, std::size_t column, const std::string& entry) {
    if (lines.size() <= line) lines.resize(line + 1);
    const std::size_t there = text_width(lines[line]);
    lines[line] += spaces(column > there ? column - there : 0) + entry;
  };
  std::size_t start = indent_;
  for (std::size_t c = 0; c < row.entries.size(); ++c) {
    const std::string& entry = row.entries[c];
    const std::size_t places = text_width(entry);
    if (columns_[c].align == Align::text && places > widths[c]) {
      const std::size_t hanging = leading_spaces(entry);
      const auto parts = lines_of(wrapped(entry, widths[c], spaces(hanging), hanging));
      for (std::size_t k = 0; k < parts.size(); ++k) place(base + k, start, parts[k]);
      const bool fits =
          std::ranges::all_of(parts, [&](const std::string& part) { return text_width(part) <= widths[c]; });
      if (!fits) base += parts.size();
    } else if (places > 0) {
      place(base, start + (columns_[c].align == Align::right ? widths[c] - places : 0), entry);
    }
    start += widths[c] + kGap;
  }
  if (row.is_note) {
    start = note_indent_ > 0 ? note_indent_ : indent_ + (widths.size() > 1 ? widths[0] + kGap : 0);
    return wrapped(row.rest, width, spaces(start), start) + '\n';
  }
  std::string out;
  if (lines.size() <= base) lines.resize(base + 1);
  if (!row.rest.empty()) {
    place(base, start, "");
    lines[base] = wrapped(row.rest, width, lines[base], start);
  }
  for (std::string& line : lines) {
    trim_right(line);
    if (line.empty() && lines.size() > 1) continue;
    out += line;
    out += '\n';
  }
  return out;
}

std::string TextTable::stacked(const Row& row, std::size_t headings, std::size_t width) const {
  std::string out;
  const auto add = [&](const std::string& text, const std::string& opening, std::size_t hanging) {
    out += wrapped(text, width, opening, hanging);
    out += '\n';
  };
  if (row.is_note) {
    const std::size_t start = indent_ + kStackedIndent;
    add(row.rest, spaces(start), start);
    return out;
  }
  if (headings > 0) {
    const std::size_t start = indent_ + headings + kGap;
    for (std::size_t c = 0; c < row.entries.size(); ++c) {
      if (row.entries[c].empty()) continue;
      const std::string& heading = columns_[c].heading;
      std::string opening = spaces(indent_) + heading;
      opening += spaces(start - indent_ - text_width(heading));
      if (columns_[c].align == Align::right)
        out += opening + row.entries[c] + '\n';
      else
        add(row.entries[c], opening, start);
    }
    if (!row.rest.empty()) add(row.rest, spaces(indent_ + kStackedIndent), indent_ + kStackedIndent);
    return out;
  }
  std::size_t start = indent_;
  for (std::size_t c = 0; c < row.entries.size(); ++c) {
    if (row.entries[c].empty()) continue;
    const std::size_t inner = start + leading_spaces(row.entries[c]);
    add(row.entries[c], spaces(inner), inner + kStackedIndent);
    if (c == 0) start = inner + kStackedIndent;
  }
  if (!row.rest.empty()) add(row.rest, spaces(start), start);
  return out;
}

std::string TextTable::stacked(std::size_t width) const {
  std::size_t headings = 0;
  for (const Column& column : columns_) headings = std::max(headings, text_width(column.heading));
  std::string out;
  for (const Row& row : rows_) {
    if (!out.empty() && headings > 0 && !row.is_note) out += '\n';
    out += stacked(row, headings, width);
  }
  return out;
}

std::string TextTable::text(std::size_t width) const {
  const std::vector<std::size_t> widths = widths_for(width);
  if (widths.empty()) return stacked(width);
  std::string out;
  if (has_headings()) {
    Row headings;
    for (const Column& column : columns_) headings.entries.push_back(column.heading);
    out += aligned(headings, widths, width);
  }
  for (const Row& row : rows_) out += aligned(row, widths, width);
  return out;
}

}  // namespace twostage
