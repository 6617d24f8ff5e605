// Notes on points that are the same: what is certain is told, and nothing else.
#include "experiments/runner/study/same_points.hpp"

#include <gmock/gmock.h>

#include "experiments/runner/study/study_library.hpp"
#include "tests/support/studies.hpp"

namespace twostage {
namespace {

using test::small_study;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> notes(const std::vector<Argument>& arguments) {
  return same_points(small_study(arguments));
}

TEST(SamePoints, UniformIsTheReferenceWhereThatIsUniform) {
  EXPECT_THAT(
      notes({{"sampler.kind", "reference,uniform"}}),
      ElementsAre("points sampler.kind = reference and uniform are the same: the reference is uniform"));
  EXPECT_THAT(notes({{"sampler.kind", "reference,uniform"}, {"reference", "random"}}), IsEmpty());
  EXPECT_THAT(
      notes({{"sampler.kind", "reference,uniform"}, {"reference", "uniform,random"}}),
      ElementsAre(AllOf(HasSubstr("reference and uniform are the same"), HasSubstr("reference = uniform"))));
  EXPECT_THAT(notes({{"sampler.kind", "optimal,uniform"}}), IsEmpty());
}

TEST(SamePoints, AreToldWithTheirShareOfTheOtherAxes) {
  EXPECT_THAT(notes({{"sampler.kind", "reference,uniform"}, {"reference", "uniform,random"}}),
              ElementsAre(HasSubstr("at 4 of 8 values of the other axes (the first: ")));
}

TEST(SamePoints, TheTiltThatDoesNothing) {
  EXPECT_THAT(notes({{"sampler.kind", "tempered"}, {"sampler.tilt", "0,0.5,1"}}), IsEmpty());
  EXPECT_THAT(notes({{"sampler.kind", "reference,policy-guided"}}), IsEmpty()) << "its tilt is 1";
}

TEST(SamePoints, KnobsWithoutEffect) {
  EXPECT_THAT(notes({{"reference_spread", "0.5,2"}}),
              ElementsAre(HasSubstr("a uniform reference has no spread")));
  EXPECT_THAT(notes({{"reference_spread", "0.5,2"}, {"reference", "random"}}), IsEmpty());
  EXPECT_THAT(notes({{"scale", "1,2"}}), ElementsAre(HasSubstr("the headroom sets the scale")));
  EXPECT_THAT(notes({{"scale", "1,2"}, {"headroom", "0"}}), IsEmpty());
  EXPECT_THAT(notes({{"scale", "0,1"}}), IsEmpty()) << "no truth at all, which no headroom can scale";
  EXPECT_THAT(notes({{"number", "1,2"}}), ElementsAre(HasSubstr("a world of its own")));
  EXPECT_THAT(notes({{"number", "1,2"}, {"instance", "fixed"}}), IsEmpty());
}

TEST(SamePoints, APenaltyThatNoArmHas) {
  std::string text = test::kSmallStudy;
  EXPECT_THAT(notes({{"penalty.lambda", "1,2"}}), IsEmpty());
  for (const char* arm : {"reward = { class = \"degree\" }\n", "policy = { class = \"tabular\" }\n"}) {
    const std::string line = arm;
    text.insert(text.find(line) + line.size(), "penalty = { kind = \"ridge\", lambda = 1 }\n");
  }
  const Study study = parse_study("small", text, "small.toml", "smoke", {{"penalty.lambda", "1,2"}});
  EXPECT_THAT(
      same_points(study),
      ElementsAre(
          "points penalty.lambda = 1 and 2 are the same: nothing that decides their numbers differs"));
}

TEST(SamePoints, VariantsWithEqualSettings) {
  std::string text = test::kSmallStudy;
  text.insert(text.find("[axes]"),
              "[[variants]]\nname = \"a\"\nbeta = 2\n[[variants]]\nname = \"b\"\n"
              "world = { family = \"tokens\", horizon = 3, degree = 1, headroom = 0.5, beta = 2.0 }\n"
              "[[variants]]\nname = \"c\"\nbeta = 3\n");
  EXPECT_THAT(same_points(parse_study("small", text, "small.toml", "smoke", {})),
              ElementsAre(HasSubstr("points variant = a and b are the same")));
}

TEST(SamePoints, NoStudyOfTheLibraryIsAccused) {
  for (const std::string& name : study_names())
    for (const std::string& note : same_points(load_study(name, "smoke", {})))
      ADD_FAILURE() << name << ": " << note;
}

}  // namespace
}  // namespace twostage
