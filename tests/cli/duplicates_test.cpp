// The same point twice: an error where the same value is written twice, a note where two values come to the
// same.
#include "tests/support/small_study.hpp"

namespace twostage {
namespace {

using test::edited;
using test::Outcome;
using test::write_text;
using testing::HasSubstr;
using testing::IsEmpty;

class Duplicates : public test::SmallStudy {};

TEST_F(Duplicates, AValueWrittenTwiceIsRefusedWithBothPlaces) {
  write_text(folder / "bad.toml", edited("pairs = [20, 40]", "pairs = [20, 40, 20]"));
  expect_refused(
      twostage({"show", "bad.toml", "--preset", "smoke"}),
      "bad.toml:17:18: axis 'pairs' holds 20 twice, as its values 1 and 3 (the first at bad.toml:17:10)");
  write_text(folder / "bad.toml", edited("pairs = [20, 40]", "beta = [1, 1.0]"));
  expect_refused(
      twostage({"show", "bad.toml", "--preset", "smoke"}),
      "bad.toml:17:12: axis 'beta' holds 1 twice, as its values 1 and 2 (the first at bad.toml:17:9)");
  expect_refused(run_small({"pairs=100,50,100"}),
                 "'pairs=100,50,100': axis 'pairs' holds 100 twice, as its values 1 and 3\n");
  expect_refused(run_small({"beta=1,1.0"}), "holds 1 twice, as its values 1 and 2\n");
}

TEST_F(Duplicates, ValuesThatComeToTheSameAreNamed) {
  const std::string note =
      "small: note: points sampler.kind = reference and uniform are the same: the reference is uniform\n";
  const std::vector<std::string> study = {"small.toml", "--preset", "smoke",
                                          "sampler.kind=reference,uniform"};
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"show"}, {"run", "--dry-run", "--out", "r.h5"}, {"run", "--out", "r.h5"}}) {
    std::vector<std::string> words = command;
    words.insert(words.end(), study.begin(), study.end());
    const Outcome outcome = twostage(words);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(note)) << command.front();
  }
  EXPECT_THAT(twostage({"show", "small.toml", "--preset", "smoke"}).err, IsEmpty());
}

}  // namespace
}  // namespace twostage
