// explain --picture: one replicate drawn, and what stands in the way is told before anything is computed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/process.hpp"

namespace twostage {
namespace {

using test::Outcome;
using testing::HasSubstr;

class Picture : public testing::Test {
 protected:
  // Of one small maze.
  Outcome explain(std::vector<std::string> more) {
    std::vector<std::string> words = {"explain",   "maze",      "layout=S.G/...", "prompts=1",
                                      "horizon=3", "pairs=100", "--picture"};
    words.insert(words.end(), more.begin(), more.end());
    return test::run(folder.path(), TWOSTAGE_PROGRAM, words);
  }
  const test::ScratchFolder folder;
};

TEST_F(Picture, IsDrawnInTheFormatOfItsEndingAndTwiceTheSame) {
  if (std::system("/usr/bin/python3 -c 'import matplotlib, xarray, h5py' 2>/dev/null") != 0)
    GTEST_SKIP() << "no Python that can draw";
  for (const auto& [name, begins] : std::vector<std::pair<std::string, std::string>>{
           {"a.svg", "<?xml"}, {"a.png", "\x89PNG"}, {"a.pdf", "%PDF"}}) {
    const Outcome first = explain({name});
    EXPECT_EQ(first.code, 0) << first.err;
    EXPECT_EQ(first.err, name + ": the picture\n");
    EXPECT_THAT(first.out, HasSubstr("rm+plan"));
    const std::string drawn = test::read_text(folder / name);
    EXPECT_EQ(drawn.substr(0, begins.size()), begins);
    EXPECT_EQ(explain({name, "--force"}).code, 0);
    EXPECT_EQ(test::read_text(folder / name), drawn);
  }
}

TEST_F(Picture, ShowsTheTextsThatPoliciesWrite) {
  if (std::system("/usr/bin/python3 -c 'import matplotlib, xarray, h5py' 2>/dev/null") != 0)
    GTEST_SKIP() << "no Python that can draw";
  const Outcome drawn = test::run(folder.path(), TWOSTAGE_PROGRAM,
                                  {"explain", "rouge-l", "population=held-out", "k=1", "prompts=4",
                                   "held_out=2", "pairs=250", "--picture", "texts.svg"});
  EXPECT_EQ(drawn.code, 0) << drawn.err;
  EXPECT_EQ(drawn.err, "texts.svg: the picture\n");
  EXPECT_THAT(test::read_text(folder / "texts.svg"), HasSubstr("<svg"));
}

TEST_F(Picture, RefusalsNameWhatIsWrong) {
  EXPECT_THAT(explain({"a.jpg"}).err, HasSubstr("'a.jpg' does not end in .png, .svg or .pdf"));
  EXPECT_THAT(explain({"no/a.png"}).err, HasSubstr("its folder does not exist"));
  test::write_text(folder / "a.png", "mine");
  EXPECT_THAT(explain({"a.png"}).err, HasSubstr("replace it with --force or give another --picture"));
  const Outcome forced = explain({"a.png", "--force"});
  EXPECT_EQ(forced.code, 2);
  EXPECT_THAT(forced.err, HasSubstr("was not written by twostage"));
  EXPECT_EQ(test::read_text(folder / "a.png"), "mine");
  const Outcome other =
      test::run(folder.path(), TWOSTAGE_PROGRAM, {"explain", "horizon", "--picture", "b.png"});
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("worlds of family 'walk' have no picture; valid: maze, summary"));
}

}  // namespace
}  // namespace twostage
