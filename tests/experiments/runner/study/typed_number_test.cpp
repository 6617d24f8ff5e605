// Numbers and ranges as they are typed on a command line.
#include "experiments/runner/study/typed_number.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace twostage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Place kPlace{"command line"};

// Integers as integers, everything else as a real: "1 2.5".
std::string shown(const std::string& text) {
  std::string out;
  const Node node = read_argument(text, kPlace);
  for (const Node& item : node.list() ? *node.list() : std::vector<Node>{node}) {
    const Value value = to_value(item, "v");
    if (!out.empty()) out += " ";
    out += to_text(value);
    if (std::holds_alternative<double>(value)) out += "r";
  }
  return out;
}

void expect_refused(const std::string& text, const std::string& why) {
  try {
    read_argument(text, kPlace);
    ADD_FAILURE() << text << " is accepted";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr(why));
  }
}

TEST(TypedNumber, IsReadAsPeopleWriteIt) {
  EXPECT_EQ(shown("1e3"), "1000");
  EXPECT_EQ(shown("+5"), "5");
  EXPECT_EQ(shown("1_000"), "1000");
  EXPECT_EQ(shown(".5"), "0.5r");
  EXPECT_EQ(shown("-.25"), "-0.25r");
  EXPECT_EQ(shown("1.5e3"), "1500r");  // a point says that it is a real
  EXPECT_EQ(shown("1e-3"), "0.001r");
  EXPECT_EQ(shown("100,1e3,.5"), "100 1000 0.5r");
}

TEST(TypedNumber, RangesHoldBothEnds) {
  EXPECT_EQ(shown("100:500:100"), "100 200 300 400 500");
  EXPECT_EQ(shown("1:4"), "1 2 3 4");
  EXPECT_EQ(shown("3:1:-1"), "3 2 1");
  EXPECT_EQ(shown("1e2:3e2:1e2"), "100 200 300");
  EXPECT_EQ(shown("7:7"), "7");
  EXPECT_EQ(shown("10:20:5,1000"), "10 15 20 1000") << "and no time of day";
  // 0.1 + 2 * 0.1 is 0.30000000000000004; a range holds the number that a reader would write.
  EXPECT_EQ(shown("0.1:0.5:0.1"), "0.1r 0.2r 0.3r 0.4r 0.5r");
}

TEST(TypedNumber, RangesThatLeadNowhereAreRefused) {
  expect_refused("1:5:0", "never ends");
  expect_refused("5:1", "never ends");
  expect_refused("1:2:0.3", "does not reach its end in whole steps; its last value would be 1.9");
  expect_refused("0:1e300", "more than 1000000 values");
  expect_refused("0:1:1e-300", "more than 1000000 values");
}

// What is no number stays a word, and what TOML reads stays what it is.
TEST(TypedNumber, LeavesOthersAlone) {
  for (const char* text : {"e", ".", "+", "-", "e5", "1:", ":1", "1:2:3:4", "1:x", "0x10", "nan", "a:b"})
    EXPECT_FALSE(typed_numbers(text, kPlace)) << text;
  EXPECT_EQ(shown("terminal"), "terminal");
  EXPECT_EQ(shown("99999999999999999999"), "99999999999999999999")
      << "too large for an integer: told where it is used";
}

}  // namespace
}  // namespace twostage
