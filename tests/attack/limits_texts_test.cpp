// Texts of studies and files reach terminals, tables and pages as texts: no escape sequence, no reversal of
// the direction, no end of a line, no markup and no script of theirs is obeyed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/catalog/plain_text.hpp"
#include "tests/support/small_study.hpp"

namespace twostage {
namespace {

using test::Outcome;
using test::read_text;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(PlainText, SpellsOutWhatActs) {
  EXPECT_EQ(plain_text("Regret, \xc3\xa9, \xe2\x89\xa5, \xf0\x9f\x99\x82"),
            "Regret, \xc3\xa9, \xe2\x89\xa5, \xf0\x9f\x99\x82");
  EXPECT_EQ(plain_text("a\x1b[31mb\x07"), "a\\u001b[31mb\\u0007");
  EXPECT_EQ(plain_text("a\nb\tc\rd"), "a b c d");
  EXPECT_EQ(plain_lines("a\nb\tc\rd"), "a\nb\tc\\u000dd");
  EXPECT_EQ(plain_text("\xc2\x9b\x7f"), "\\u009b\\u007f") << "CSI in one character, and DEL";
  EXPECT_EQ(plain_text("\xe2\x80\xae\xe2\x81\xa9\xd8\x9c\xef\xbb\xbf\xe2\x80\xa8"),
            "\\u202e\\u2069\\u061c\\ufeff\\u2028");
  EXPECT_EQ(plain_text(std::string("a\0b", 3)), "a\\u0000b");
}

// Not well formed: a lone byte of C1, cut, overlong, a surrogate, above U+10FFFF.
TEST(PlainText, ReplacesWhatIsNoUtf8) {
  const std::string mark = "\xef\xbf\xbd";
  EXPECT_EQ(plain_text("\x9b"), mark);
  EXPECT_EQ(plain_text("a\xe2\x80"), "a" + mark + mark);
  EXPECT_EQ(plain_text("\xc0\x9b"), mark + mark) << "ESC, overlong, would be obeyed by careless decoders";
  EXPECT_EQ(plain_text("\xed\xa0\x80"), mark + mark + mark);
  EXPECT_EQ(plain_text("\xf4\x90\x80\x80"), mark + mark + mark + mark);
}

// What a terminal must not see.
std::string hostile_bytes(const std::string& text) {
  std::string found;
  for (const std::string bad : {"\x1b", "\x07", "\x7f", "\xc2\x9b", "\xe2\x80\xae", "\xe2\x81\xa6", "\r"})
    if (text.find(bad) != std::string::npos) found += plain_text(bad) + " ";
  return found;
}

// In TOML's spelling, for titles, questions, statements and explanations.
const std::string kHostile =
    R"(\u001B]0;owned\u0007\u001B[2K\u009B31m\u202Edetufer\u2066\u007F\r\nsupported  fake <script>alert(1)</script> {{ 7 * 7 }} \"><img src=x onerror=alert(1)>)";

class HostileStudy : public test::SmallStudy {
 protected:
  void SetUp() override {
    std::string text = test::kSmallStudy;
    const auto replace = [&](const std::string& what) {
      text.replace(text.find(what), what.size(), kHostile);
    };
    text.replace(text.find("\"small\""), 7, "\"hostile\"");
    replace("Small");
    replace("Does the runner run?");
    replace("The routes agree when the verifier is as rich as the generator.");
    replace("DPO's regret is larger.");
    test::write_text(folder / "studies/hostile/study.toml", text);
    studies_ = "TWOSTAGE_STUDIES=" + test::quoted((folder / "studies").string());
  }
  Outcome hostile(const std::vector<std::string>& arguments) { return twostage(arguments, studies_); }

  std::string studies_;
};

TEST_F(HostileStudy, IsPlainOnATerminal) {
  ASSERT_EQ(hostile({"run", "hostile", "--preset", "smoke"}).code, 0);
  const std::string file = "results/out/hostile/smoke.h5";
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"list", "studies"},
                                             {"show", "hostile"},
                                             {"explain", "hostile", "--preset", "smoke"},
                                             {"predict", "hostile", "--preset", "smoke"},
                                             {"run", "hostile", "--preset", "smoke"},
                                             {"run", "hostile", "--preset", "smoke", "--dry-run"},
                                             {"info", file},
                                             {"verify", file},
                                             {"verdicts", file},
                                             {"verdicts", file, "--json"}}) {
    const Outcome outcome = hostile(command);
    SCOPED_TRACE(command[0]);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(hostile_bytes(outcome.out + outcome.err), "");
    EXPECT_THAT(outcome.out, Not(HasSubstr("\nsupported  fake"))) << "a line of a table that is none";
  }
  EXPECT_THAT(hostile({"verdicts", file}).out, HasSubstr("\\u001b]0;owned\\u0007"));
}

// The configuration says the same in plain characters: it reads back as the title that was run.
TEST_F(HostileStudy, ReadsBackFromItsConfiguration) {
  const Study study =
      parse_study("hostile", read_text(folder / "studies/hostile/study.toml"), "study.toml", "smoke", {});
  EXPECT_NE(hostile_bytes(study.title), "");
  const std::string text = configuration_text(study);
  EXPECT_EQ(hostile_bytes(text), "");
  EXPECT_EQ(parse_study("hostile", text, "configuration", "", {}).title, study.title);
}

TEST_F(HostileStudy, ErrorsArePlainAndOnOneLine) {
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"show", "hostile", "a\x1b[31m\nb=1"},
                                             {"show", "\x1b[31m\n.toml"},
                                             {"show", "hostile", "--preset", "\xe2\x80\xae\n"},
                                             {"info", "\x1b]0;x\x07.h5"},
                                             {"\x1b[2J"},
                                             {"run", "hostile", "--memory", "\x1b\n"}}) {
    const Outcome outcome = hostile(command);
    SCOPED_TRACE(plain_text(command.back()));
    EXPECT_EQ(hostile_bytes(outcome.err), "");
    EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.code, 2);
  }
}

TEST_F(HostileStudy, CannotHaveAHostileName) {
  std::string text = test::kSmallStudy;
  text.replace(text.find("\"small\""), 7, R"("\u001B[31m")");
  test::write_text(folder / "named.toml", text);
  expect_refused(twostage({"show", "named.toml"}), "may hold up to 100 letters, digits");
}

TEST_F(HostileStudy, IsATextInTheReport) {
  ASSERT_EQ(hostile({"run", "hostile", "--preset", "smoke"}).code, 0);
  const std::string figures = "results/out/hostile/smoke.figures/";
  const std::string head =
      "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'>";
  test::write_text(folder / (figures + "hostile.svg"), head + "<script>alert(1)</script></svg>");
  const Outcome reported = hostile({"report", "--preset", "smoke", "--out", "page"});
  if (reported.code == 2 && reported.err.find("no Python") != std::string::npos) GTEST_SKIP() << reported.err;
  ASSERT_EQ(reported.code, 0) << reported.err;
  const std::string page = read_text(folder / "page/index.html");
  EXPECT_EQ(hostile_bytes(page), "");
  EXPECT_THAT(page,
              AllOf(HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt; {{ 7 * 7 }}"), Not(HasSubstr("<script")),
                    Not(HasSubstr("<img src=x")), HasSubstr("Content-Security-Policy"),
                    HasSubstr("hostile.svg holds more than a drawing and was left out")));
  EXPECT_FALSE(std::filesystem::exists(folder / "page/hostile.svg"));
  const std::string drawing = head + "<g style='fill: url(#a)'><use xlink:href='#b'/></g></svg>";
  test::write_text(folder / (figures + "hostile.svg"), drawing);
  ASSERT_EQ(hostile({"report", "--preset", "smoke", "--out", "page"}).code, 0);
  EXPECT_EQ(read_text(folder / "page/hostile.svg"), drawing);
}

// Each of these acts when the file is opened from the page.
TEST_F(HostileStudy, ADrawingIsNothingElse) {
  const std::string head =
      "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'>";
  std::vector<std::string> files = {head + "<g style='fill: url(#a)'><use xlink:href='#b'/></g></svg>"};
  for (const std::string act :
       {"<g onload='alert(1)'/>", "<a xlink:href='javascript:alert(1)'><path/></a>", "<foreignObject/>",
        "<script/>", "<use xlink:href='http://example.org/x.svg#a'/>", "<image href='file:///etc/passwd'/>",
        "<style>@import 'http://example.org/x.css';</style>",
        "<rect style='fill: url(http://example.org/a)'/>",
        "<animate attributeName='href' to='javascript:alert(1)'/>", "<g",
        "<x:script xmlns:x='http://www.w3.org/1999/xhtml'/>"})
    files.push_back(head + act + "</svg>");
  files.push_back("<?xml version='1.0'?>\n<?xml-stylesheet href='x.xsl' type='text/xsl'?>" + head + "</svg>");
  files.push_back("<!DOCTYPE svg [<!ENTITY a 'b'>]>" + head + "</svg>");
  std::vector<std::string> command = {"-I", "-c",
                                      "import sys, pathlib\nsys.path.insert(0, sys.argv[1])\nimport drawing\n"
                                      "print([drawing.is_drawing(pathlib.Path(p)) for p in sys.argv[2:]])",
                                      TWOSTAGE_SOURCE_DIR "/results"};
  std::string expected = "[True";
  for (std::size_t i = 0; i < files.size(); ++i) {
    command.push_back((folder / (std::to_string(i) + ".svg")).string());
    test::write_text(command.back(), files[i]);
    expected += i > 0 ? ", False" : "";
  }
  const Outcome outcome = test::run(folder.path(), "/usr/bin/python3", command);
  EXPECT_EQ(outcome.out, expected + "]\n") << outcome.err;
}

// The scripts have the rule in Python.
TEST_F(HostileStudy, BothRulesAreOne) {
  std::string every;  // a character of each kind, and all of Latin-1
  for (int c = 1; c < 0x80; ++c) every += static_cast<char>(c);
  for (int c = 0x80; c < 0x100; ++c)
    every += {static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 0x3f))};
  every +=
      "\xd8\x9c\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xae\xe2\x80\xaf\xe2\x81\xa5\xe2\x81"
      "\xa6\xe2\x81\xa9\xe2\x81\xaa\xef\xbb\xbf";
  test::write_text(folder / "every.txt", every);
  const Outcome python = test::run(
      folder.path(), "/usr/bin/python3",
      {"-I", "-c",
       "import sys\nsys.path.insert(0, sys.argv[1])\nimport plain_text\n"
       "text = open('every.txt', encoding='utf-8', newline='').read()\n"
       "sys.stdout.buffer.write((plain_text.plain_text(text) + '|' + plain_text.plain_lines(text)).encode())",
       TWOSTAGE_SOURCE_DIR "/results"});
  ASSERT_EQ(python.code, 0) << python.err;
  EXPECT_EQ(python.out, plain_text(every) + "|" + plain_lines(every));
}

}  // namespace
}  // namespace twostage
