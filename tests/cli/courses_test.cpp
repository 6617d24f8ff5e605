// Courses on the command line: long ones, diverging ones, and what is said of one arm beside an axis of all.
#include "tests/support/small_study.hpp"

namespace twostage {
namespace {

using test::Outcome;
using test::write_text;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kStudy = R"(name = "courses"
title = "Courses"
world = { family = "tokens", horizon = 2, degree = 1, headroom = 0.5 }
penalty = { kind = "none" }
pairs = 20
measures = ["ended"]
replicates = 2
[[arms]]
name = "walked"
algorithm = "ipo"
policy = { class = "tabular" }
course = { kind = "gradient", rate = 0.1 }
[[arms]]
name = "other"
algorithm = "dpo"
policy = { class = "tabular" }
course = { kind = "gradient", rate = 0.2 }
[[arms]]
name = "exact"
algorithm = "dpo"
policy = { class = "tabular" }
[axes]
"course.steps" = [3, 6]
)";

class CourseCommands : public test::SmallStudy {
 protected:
  void SetUp() override { write_text(folder / "c.toml", kStudy); }
};

std::size_t times(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++count;
  return count;
}

const std::vector<std::string> kLong = {"course.steps=1000000000", "course.rate=1e-9"};

// Were its end waited for, a signal that cannot be caught would come after another ten seconds.
TEST_F(CourseCommands, AnInterruptDoesNotWaitForTheEndOfACourse) {
  const Outcome stopped = test::run(folder.path(), "/usr/bin/timeout",
                                    {"--preserve-status", "-s", "INT", "-k", "10", "1", TWOSTAGE_PROGRAM,
                                     "run", "c.toml", "--out", "r.h5", kLong[0], kLong[1]});
  EXPECT_EQ(stopped.code, 130) << stopped.err;
}

TEST_F(CourseCommands, TheEstimateBeforeARunEndsBeforeTheCourse) {
  const Outcome told =
      test::run(folder.path(), "/usr/bin/timeout",
                {"60", TWOSTAGE_PROGRAM, "run", "c.toml", "--out", "r.h5", "--dry-run", kLong[0], kLong[1]});
  EXPECT_EQ(told.code, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("time     more than"));
}

// A value for one arm is not undone by the axis of all arms, however it is given.
TEST_F(CourseCommands, WhatIsSaidOfOneArmHolds) {
  for (const std::vector<std::string>& order :
       {std::vector<std::string>{"arms.other.course.steps=4", "course.steps=5"},
        {"course.steps=5", "arms.other.course.steps=4"},
        {"arms.other.course.steps=4,9", "course.steps=5"}}) {
    const Outcome told = twostage({"explain", "c.toml", "--details", order[0], order[1]});
    EXPECT_THAT(told.out, AllOf(HasSubstr("rate = 0.1, steps = 5"), HasSubstr("rate = 0.2, steps = 4")))
        << order[0] << " " << told.err;
  }
  std::string reversed = kStudy;
  reversed.replace(reversed.find("\"course.steps\""), 0, "\"arms.other.course.steps\" = [4, 8]\n");
  write_text(folder / "c.toml", reversed);
  EXPECT_THAT(twostage({"explain", "c.toml", "--details"}).out,
              AllOf(HasSubstr("rate = 0.1, steps = 3"), HasSubstr("rate = 0.2, steps = 4")));
}

TEST_F(CourseCommands, AMistakeIsWhereItWasTyped) {
  expect_refused(twostage({"explain", "c.toml", "course.rate=0"}),
                 "'course.rate=0': course 'gradient': rate = 0");
  expect_refused(twostage({"explain", "c.toml", "policy.class=tabular,tabula"}),
                 "'policy.class=tabular,tabula'");
  expect_refused(twostage({"explain", "c.toml", "policy.class=tabula"}), "'policy.class=tabula'");
  expect_refused(twostage({"explain", "c.toml", "course.steps=9223372036854775807"}),
                 "steps = 9223372036854775807 is out of range");
}

TEST_F(CourseCommands, TheSummarySaysWhoWasStopped) {
  const Outcome told = twostage({"explain", "c.toml", "course.steps=1"});
  EXPECT_THAT(told.out,
              AllOf(HasSubstr("walked  policy tabular, 1 step "),
                    HasSubstr("other   policy tabular, 1 step "), HasSubstr("exact   policy tabular  ")))
      << told.out << told.err;
}

TEST_F(CourseCommands, ADivergingCourseIsToldInPlainWords) {
  const Outcome told = twostage({"explain", "c.toml", "--details", "course.rate=1e3", "course.steps=5000"});
  EXPECT_THAT(told.out, HasSubstr("its numbers grew until there were none"));
  EXPECT_THAT(twostage({"explain", "c.toml", "course.rate=1e3", "course.steps=5000"}).out,
              HasSubstr("no part in the comparison"));
}

// Theory has no word on courses, so that it says the same along all of their axes: once.
TEST_F(CourseCommands, PredictionsDoNotRepeatThemselvesAlongACourse) {
  const Outcome told = twostage({"predict", "c.toml", "--worlds", "1", "course.rate=.1,.2", "pairs=20,40"});
  EXPECT_EQ(times(told.out, "headroom 0.5"), 1u) << told.out << told.err;
  EXPECT_EQ(times(told.out, "\n  20  exact"), 1u) << told.out;
  EXPECT_EQ(times(told.out, "\n  40  exact"), 1u) << told.out;
  EXPECT_THAT(told.out, Not(HasSubstr("course.steps")));
}

}  // namespace
}  // namespace twostage
