#include "sim/catalog/text_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <vector>

namespace twostage {
namespace {

using Align = TextTable::Align;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(TextWidth, CountsWhatATerminalShows) {
  EXPECT_EQ(text_width(""), 0U);
  EXPECT_EQ(text_width("dpo"), 3U);
  EXPECT_EQ(text_width("π* − π"), 6U);
  EXPECT_EQ(text_width("e\u0301tude"), 5U) << "e and an acute accent that combines with it";
  EXPECT_EQ(text_width("世界"), 4U);
  EXPECT_EQ(text_width("🎲"), 2U);
  EXPECT_EQ(text_width("\xff\xc3"), 2U) << "no UTF-8: byte by byte";
}

TEST(Wrapped, BreaksAtSpacesUnderAHangingIndent) {
  EXPECT_EQ(wrapped("one two three", 80), "one two three");
  EXPECT_EQ(wrapped("one two three", 7), "one two\nthree");
  EXPECT_EQ(wrapped("one two three", 12, "key  ", 5), "key  one two\n     three");
  EXPECT_EQ(wrapped("π π π", 3), "π π\nπ") << "places, not bytes";
  EXPECT_EQ(wrapped("a indivisible b", 6, "", 2), "a\n  indivisible\n  b") << "never cut";
  EXPECT_EQ(wrapped("one", 4, "a-long-key ", 2), "a-long-key\n  one");
  EXPECT_EQ(wrapped("lies within 10 %, as told", 15), "lies within\n10 %, as told");
  EXPECT_EQ(wrapped("  ", 4, "key ", 2), "key");
}

// Whatever the width: no word is lost, cut or moved, and a line is longer than the width only when it is one
// word, which cannot be shorter.
TEST(Wrapped, KeepsEveryWordAtEveryWidth) {
  const std::string text = "With horizon 1 the two routes return the same policy, beyond_doubt_of_anybody.";
  for (std::size_t width = 1; width < 100; ++width) {
    const std::string out = wrapped(text, width, "  ", 2);
    EXPECT_EQ(words_of(out), words_of(text));
    for (const std::string& line : lines_of(out))
      EXPECT_TRUE(text_width(line) <= width || words_of(line).size() == 1) << width << ": " << line;
  }
}

TextTable sample_table() {
  TextTable table({{"arm", Align::left}, {"claim", Align::text}, {"n", Align::right}});
  table.row({"dpo", "one two three four five", "10"});
  table.row({"πολιτική", "six", "5"});
  table.note("a note of several words");
  return table;
}

TEST(TextTable, IsAlignedWhereItFits) {
  EXPECT_EQ(sample_table().text(80),
            "arm       claim                     n\n"
            "dpo       one two three four five  10\n"
            "πολιτική  six                       5\n"
            "          a note of several words\n");
}

TEST(TextTable, WrapsItsTextsFirst) {
  EXPECT_EQ(sample_table().text(30),
            "arm       claim              n\n"
            "dpo       one two three     10\n"
            "          four five\n"
            "πολιτική  six                5\n"
            "          a note of several\n"
            "          words\n");
}

TEST(TextTable, IsStackedWhereNothingElseFits) {
  EXPECT_EQ(sample_table().text(20),
            "arm    dpo\n"
            "claim  one two three\n"
            "       four five\n"
            "n      10\n"
            "\n"
            "arm    πολιτική\n"
            "claim  six\n"
            "n      5\n"
            "  a note of several\n"
            "  words\n");
}

TEST(TextTable, AWordThatIsTooLongTakesALineOfItsOwn) {
  TextTable table({{"", Align::left}, {"claim", Align::text}, {"n", Align::right}, {"", Align::text}}, 2);
  table.row({"a", "planned-equals-two-stage", "123456", "x"});
  table.row({"b", "short", "7"});
  EXPECT_EQ(table.text(28),
            "     claim              n\n"
            "  a  planned-equals-two-stage\n"
            "                   123456  x\n"
            "  b  short              7\n");
}

TEST(TextTable, ANamesListHangsAndStacksWithoutHeadings) {
  TextTable table({{"", Align::left}, {"", Align::text}}, 2);
  table.row({"walk", "a walk of some steps"});
  table.row({"    horizon", "how many"});
  EXPECT_EQ(table.text(30),
            "  walk         a walk of some\n"
            "               steps\n"
            "      horizon  how many\n");
  EXPECT_EQ(table.text(20),
            "  walk\n"
            "    a walk of some\n"
            "      steps\n"
            "      horizon\n"
            "        how many\n");
}

TEST(TextTable, ARestStandsInPlaceOfTheOtherColumns) {
  TextTable table({{"arm", Align::left}, {"floor", Align::right}, {"slope", Align::right}});
  table.row({"dpo", "0.1", "2"});
  table.row({"rm"}, "has no theory, since it fails");
  EXPECT_EQ(table.text(24),
            "arm  floor  slope\n"
            "dpo    0.1      2\n"
            "rm   has no theory,\n"
            "     since it fails\n");
}

TEST(TextTable, IsStackedWhereAWordWouldReachBeyondTheWidth) {
  TextTable table({{"", Align::left}, {"", Align::text}}, 2);
  table.row({"regime", "one of: within, estimate_may_not_exist"});
  EXPECT_EQ(table.text(30),
            "  regime\n"
            "    one of: within,\n"
            "      estimate_may_not_exist\n");
  EXPECT_EQ(table.text(33),
            "  regime  one of: within,\n"
            "          estimate_may_not_exist\n");
}

// Numbers are never broken, and nothing is lost.
TEST(TextTable, HoldsEverythingAtEveryWidth) {
  TextTable table({{"verdict", Align::left}, {"claim", Align::text}, {"interval", Align::right}});
  table.row({"supported", "the ratio grows", "[1.221, 3.257]"});
  table.note("With horizon 1 the two routes agree.");
  for (std::size_t width = 1; width < 90; ++width) {
    const std::string out = table.text(width);
    EXPECT_NE(out.find("[1.221, 3.257]"), std::string::npos) << width;
    for (const std::string& word : words_of("supported the ratio grows With horizon 1 two routes agree."))
      EXPECT_NE(out.find(word), std::string::npos) << width << word;
    if (width < 26) continue;  // the longest line that cannot break: heading and interval, stacked
    for (const std::string& line : lines_of(out)) EXPECT_LE(text_width(line), width) << line;
  }
}

}  // namespace
}  // namespace twostage
