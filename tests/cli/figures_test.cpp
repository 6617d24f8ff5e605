// Figures of any result: by the script beside the study, wherever that lies, else the default figure;
// overridden and broken runs get a figure that says what is the matter, never a traceback for an answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/support/process.hpp"

namespace twostage {
namespace {

using test::Outcome;
using test::read_text;
using test::write_text;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kShort = R"(
name     = "short"
title    = "RM + RL wins"
question = "Who wins?"
source   = "none"
world    = { family = "walk", truth = "terminal", headroom = 0.5 }
penalty  = { kind = "reference-kl", lambda = 4.0 }
[[arms]]
name      = "two-stages"
algorithm = "rm+plan"
reward    = { class = "terminal" }
[[arms]]
name      = "one-stage"
algorithm = "dpo"
policy    = { class = "tabular" }
[axes]
horizon = [1, 2]
pairs   = [100, 200]
[replicates]
smoke = 2
paper = 50
)";

class Figures : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("/usr/bin/python3 -c 'import matplotlib, xarray, h5py' 2>/dev/null") != 0)
      GTEST_SKIP() << "no Python that can draw";
  }
  Outcome twostage(const std::vector<std::string>& arguments) {
    return test::run(folder.path(), TWOSTAGE_PROGRAM, arguments);
  }
  // The caption of the figure that `figures` draws of a result of these arguments to `run`.
  std::string caption(std::vector<std::string> arguments, const std::string& name, const std::string& study) {
    arguments.insert(arguments.begin(), "run");
    arguments.insert(arguments.end(), {"--preset", "smoke", "--out", name + ".h5"});
    EXPECT_EQ(twostage(arguments).code, 0);
    drawn = twostage({"figures", name + ".h5"});
    EXPECT_EQ(drawn.code, 0) << drawn.err;
    EXPECT_THAT(drawn.err, Not(HasSubstr("Warning"))) << drawn.err;
    for (const char* extension : {".pdf", ".svg", ".png"})
      EXPECT_TRUE(std::filesystem::exists(folder / (name + ".figures") / (study + extension)));
    return read_text(folder / (name + ".figures") / (study + ".txt"));
  }
  test::ScratchFolder folder;
  Outcome drawn;
};

TEST_F(Figures, WithoutAScriptTheDefaultFigureIsDrawn) {
  write_text(folder / "short.toml", kShort);
  EXPECT_THAT(caption({"short.toml"}, "r", "short"),
              AllOf(HasSubstr("Who wins?"), HasSubstr("(a) pairs = 100."), HasSubstr("(b) pairs = 200."),
                    HasSubstr("2 replicates: machinery only."), Not(HasSubstr("wins."))));
  EXPECT_EQ(drawn.err, "");
}

TEST_F(Figures, AScriptBesideAStudyAnywhereDrawsItsResults) {
  const std::string script =
      "import figures as kit\n"
      "def draw(data):\n"
      "    fig, (ax,) = kit.figure()\n"
      "    kit.panel_title(ax, '', 'drawn by my own script')\n"
      "    return fig\n";
  write_text(folder / "mine" / "short.toml", kShort);
  write_text(folder / "mine" / "figure.py", script);
  EXPECT_THAT(caption({"mine/short.toml"}, "r", "short"), HasSubstr("drawn by my own script"));
  EXPECT_EQ(twostage({"figures", "r.h5", "--plain"}).code, 0);
  EXPECT_THAT(read_text(folder / "r.figures" / "short.txt"), HasSubstr("pairs = 100"));
  // Without the record of the run, the study beside the result is the one.
  std::filesystem::rename(folder / "r.h5", folder / "mine" / "moved.h5");
  EXPECT_EQ(twostage({"figures", "mine/moved.h5"}).code, 0);
  EXPECT_THAT(read_text(folder / "mine" / "moved.figures" / "short.txt"),
              HasSubstr("drawn by my own script"));
}

TEST_F(Figures, ABrokenScriptLeavesTheDefaultFigureAndSaysWhy) {
  write_text(folder / "short.toml", kShort);
  write_text(folder / "short.figure.py", "def draw(data):\n    return data.no_such_metric\n");
  EXPECT_THAT(caption({"short.toml"}, "r", "short"),
              AllOf(HasSubstr("pairs = 100"), HasSubstr("the study's own cannot draw this run"),
                    HasSubstr("no_such_metric")));
  write_text(folder / "short.figure.py", "def draw(data:\n");
  EXPECT_EQ(twostage({"figures", "r.h5"}).code, 0);
  EXPECT_THAT(read_text(folder / "r.figures" / "short.txt"), HasSubstr("SyntaxError"));
}

TEST_F(Figures, MediaHaveTheirOwnFiles) {
  write_text(folder / "short.toml", kShort);
  ASSERT_EQ(twostage({"run", "short.toml", "--preset", "smoke", "--out", "r.h5"}).code, 0);
  EXPECT_EQ(twostage({"figures", "r.h5", "--for", "column"}).code, 0);
  // 3.25 inches of 72 points.
  EXPECT_THAT(read_text(folder / "r.figures" / "short-column.svg"), HasSubstr("width=\"234pt\""));
  EXPECT_EQ(twostage({"figures", "r.h5", "--for", "slides"}).code, 0);
  EXPECT_THAT(read_text(folder / "r.figures" / "short-slides.svg"),
              HasSubstr("width=\"720pt\" height=\"405pt\""));
  EXPECT_EQ(twostage({"figures", "r.h5", "--for", "icml", "--formats", "svg,png"}).code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder / "r.figures/short-icml.svg"));
  EXPECT_TRUE(std::filesystem::exists(folder / "r.figures/short-icml.png"));
  EXPECT_FALSE(std::filesystem::exists(folder / "r.figures/short-icml.pdf"));
  // What was drawn of another result does not stay beside it; of the same, it does.
  EXPECT_EQ(twostage({"figures", "--formats", "pdf", "r.h5", "r.h5", "--for", "icml"}).code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder / "r.figures/short-icml.png"));
  ASSERT_EQ(
      twostage({"run", "short.toml", "--preset", "smoke", "replicates=3", "--force", "--out", "r.h5"}).code,
      0);
  EXPECT_EQ(twostage({"figures", "r.h5", "--for", "icml", "--formats", "svg"}).code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder / "r.figures/short-icml.svg"));
  for (const char* stale : {"r.figures/short-icml.png", "r.figures/short-icml.pdf"})
    EXPECT_FALSE(std::filesystem::exists(folder / stale)) << stale;
  EXPECT_THAT(twostage({"figures", "r.h5", "--formats", "tiff"}).err, HasSubstr("svg"));
  const Outcome unknown = twostage({"figures", "r.h5", "--for", "poster"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("neurips"));
}

TEST_F(Figures, SeveralAtOnceAreThoseOfEach) {
  write_text(folder / "short.toml", kShort);
  // Its script leaves a mark on everything that is drawn after it in one process.
  write_text(folder / "mine" / "figure.py",
             "import figures as kit\n"
             "import matplotlib\n"
             "def draw(data):\n"
             "    matplotlib.rcParams['font.size'] = 20\n"
             "    return kit.figure()[0]\n");
  write_text(folder / "mine" / "short.toml", kShort);
  ASSERT_EQ(twostage({"run", "mine/short.toml", "--preset", "smoke", "--out", "a.h5"}).code, 0);
  ASSERT_EQ(twostage({"run", "short.toml", "--preset", "smoke", "--out", "b.h5"}).code, 0);
  std::map<std::string, std::string> alone;
  for (const std::string name : {"a", "b"}) {
    ASSERT_EQ(twostage({"figures", name + ".h5"}).code, 0);
    for (const std::string extension : {".pdf", ".svg", ".png", ".txt"}) {
      const std::string path = name + ".figures/short" + extension;
      alone[path] = read_text(folder / path);
      std::filesystem::remove(folder / path);
    }
  }
  const Outcome together = twostage({"figures", "a.h5", "b.h5"});
  EXPECT_EQ(together.code, 0) << together.err;
  EXPECT_EQ(together.err, "");
  EXPECT_LT(together.out.find("a.figures/short.txt"), together.out.find("b.figures/short.pdf"));
  for (const auto& [path, bytes] : alone) EXPECT_EQ(read_text(folder / path), bytes) << path;
}

TEST_F(Figures, OneThatCannotBeDrawnKeepsNoOtherFromIt) {
  write_text(folder / "short.toml", kShort);
  for (const std::string name : {"a", "b", "c"})
    ASSERT_EQ(twostage({"run", "short.toml", "--preset", "smoke", "--out", name + ".h5"}).code, 0);
  write_text(folder / "b.figures", "a file where the folder of figures would be");
  const Outcome drawn = twostage({"figures", "a.h5", "b.h5", "c.h5"});
  EXPECT_EQ(drawn.code, 2);
  EXPECT_THAT(drawn.err, AllOf(HasSubstr("b.figures: cannot write"),
                               HasSubstr("not every figure could be drawn"), Not(HasSubstr("Traceback"))));
  for (const std::string name : {"a", "c"})
    EXPECT_TRUE(std::filesystem::exists(folder / (name + ".figures/short.pdf"))) << name;
  // What is not there is told before anything is drawn.
  EXPECT_EQ(twostage({"figures", "a.h5", "absent.h5"}).out, "");
}

TEST_F(Figures, AScriptThatEndsItsProcessIsNamed) {
  for (const std::string name : {"a", "b"}) {
    write_text(folder / name / "short.toml", kShort);
    ASSERT_EQ(twostage({"run", name + "/short.toml", "--preset", "smoke", "--out", name + ".h5"}).code, 0);
  }
  for (const auto& [ending, said] :
       std::map<std::string, std::string>{{"os._exit(3)", "a.h5: drawing ended with code 3"},
                                          {"os.kill(os.getpid(), 9)", "a.h5: drawing ended by signal 9"}}) {
    write_text(folder / "a" / "figure.py", "import os\ndef draw(data):\n    " + ending + "\n");
    const Outcome drawn = twostage({"figures", "a.h5", "b.h5"});
    EXPECT_EQ(drawn.code, 2);
    EXPECT_THAT(drawn.err, HasSubstr(said));
    EXPECT_THAT(drawn.out, HasSubstr("b.figures/short.txt"));
  }
}

TEST_F(Figures, TheLaboratoryDrawsAndJudgesSeveralStudies) {
  const std::string laboratory = std::string(TWOSTAGE_SOURCE_DIR) + "/.ci/laboratory";
  const Outcome done =
      test::run(folder.path(), "/bin/bash", {laboratory, TWOSTAGE_PROGRAM, "smoke", "horizon", "crossing"});
  if (done.err.find("no Python") != std::string::npos) GTEST_SKIP() << done.err;
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_THAT(done.out, AllOf(HasSubstr("smoke.figures/horizon.svg"), HasSubstr("smoke.figures/crossing.svg"),
                              HasSubstr("Report: results/out/report/index.html")));
}

TEST_F(Figures, AReportTakesResultsFromAnywhere) {
  write_text(folder / "short.toml", kShort);
  ASSERT_EQ(twostage({"run", "short.toml", "--preset", "smoke", "--out", "here/r.h5"}).code, 0);
  ASSERT_EQ(twostage({"figures", "here/r.h5"}).code, 0);
  const Outcome reported = twostage({"report", "here/r.h5", "--out", "page"});
  if (reported.code == 2 && reported.err.find("no Python") != std::string::npos) GTEST_SKIP() << reported.err;
  ASSERT_EQ(reported.code, 0) << reported.err;
  EXPECT_EQ(reported.err, "");
  EXPECT_THAT(read_text(folder / "page/index.html"),
              AllOf(HasSubstr("id=\"short\""), HasSubstr("<img src=\"short.svg\""), HasSubstr("here/r.h5"),
                    HasSubstr("twostage run short.toml"), HasSubstr("Who wins?"), HasSubstr("revision")));
}

}  // namespace
}  // namespace twostage
